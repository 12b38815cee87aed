terraform {
  required_providers {
    governed = {
      source = "nhi-governance/governed"
    }
  }
}

resource "governed_service_identity" "access_review" {
  name    = "access-review"
  owner   = "tbd"
  purpose = "Test role"
  expiry  = "2021-03-31"

  aws_role = {
    trust = {
      github_actions = { repository = "acme/*", environment = "prod" }
    }
  }
}
