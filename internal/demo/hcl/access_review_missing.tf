terraform {
  required_providers {
    governed = {
      source = "nhi-governance/governed"
    }
  }
}

resource "governed_service_identity" "access_review" {
  name = "access-review"

  aws_role = {
    trust = {
      github_actions = { repository = "acme/access-review", environment = "prod" }
    }
  }
}
