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
    tenant_id = "00000000-0000-0000-0000-000000000000"
  }

  policy = {
    max_lifetime_days             = 365
    max_lifetime_days_by_category = { external = 90 }
    required_metadata             = ["environment"]
    owners                        = { pattern = "[a-z][a-z0-9-]+" }
    enforcement                   = { purpose_quality = "warn" }
  }
}
