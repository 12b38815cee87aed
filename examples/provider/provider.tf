terraform {
  required_providers {
    governed = {
      source = "nhi-governance/governed"
    }
  }
}

provider "governed" {
  # Credentials come from the AWS SDK's own chain.
  aws = {
    region = "eu-west-1"
  }

  # And from azidentity's own chain.
  azure = {
    tenant_id       = "3f1a9c52-7d04-4e6b-9a58-c2d1e0f4b7a6"
    subscription_id = "6b2e8d14-90c7-4f35-8a1d-57e3c0b9f2d8"
  }

  policy = {
    max_lifetime_days             = 365
    max_lifetime_days_by_category = { external = 90 }
    required_metadata             = ["environment"]
    owners                        = { pattern = "[a-z][a-z0-9-]+" }
    enforcement                   = { purpose_quality = "warn" }
  }
}
