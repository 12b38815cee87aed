terraform {
  required_providers {
    governed = {
      source = "nhi-governance/governed"
    }
  }
}

resource "governed_service_identity" "access_review" {
  name        = "access-review"
  owner       = "security-operations"
  purpose     = "Nightly review of who can reach the billing database (EU), for the auditors"
  expiry      = "2021-03-31"
  environment = "prod"
  systems     = ["billing-db"]

  aws_role = {
    trust = {
      github_actions = { repository = "acme/access-review", environment = "prod" }
    }
    inline_policies = {
      review = jsonencode({
        Version = "2012-10-17"
        Statement = [{
          Effect   = "Allow"
          Action   = ["iam:GetRole", "iam:ListRoles"]
          Resource = "*"
        }]
      })
    }
  }
}
