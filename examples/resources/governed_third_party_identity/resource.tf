resource "governed_third_party_identity" "monitoring" {
  name        = "acme-monitoring"
  owner       = "platform"
  purpose     = "Acme reads the configuration of production to find what is exposed"
  expiry      = "2027-01-31"
  environment = "prod"
  ticket      = "VENDOR-77"

  third_party = {
    name        = "Acme Monitoring"
    contact     = "security@monitoring.acme.example"
    account_ids = ["999988887777"]
  }

  aws_role = {
    # The external id is made by the provider.
    managed_policy_arns = ["arn:aws:iam::aws:policy/SecurityAudit"]
  }
}

# What the third party needs to know.
output "acme_monitoring" {
  value = {
    role_arn    = governed_third_party_identity.monitoring.aws_role.arn
    external_id = governed_third_party_identity.monitoring.aws_role.external_id
  }
}

# Narrowed as far as the third party can tell: its organisation and its public addresses, and an external id that it made.
resource "governed_third_party_identity" "cost_report" {
  name        = "cost-report"
  owner       = "finance-operations"
  purpose     = "Monthly cost report of all accounts by an auditor"
  expiry      = "2027-01-31"
  environment = "shared"

  third_party = {
    name            = "Ledger & Partners"
    contact         = "https://ledger.example/security"
    account_ids     = ["999988886666"]
    organization_id = "o-a1b2c3d4e5"
  }

  aws_role = {
    path                     = "/third-parties/"
    external_id              = "0f8fad5b-d9cb-469f-a165-70867728950e"
    source_ip_ranges         = ["198.51.100.0/24"]
    max_session_duration     = 3600
    permissions_boundary_arn = "arn:aws:iam::aws:policy/ReadOnlyAccess"
    inline_policies = {
      costs = jsonencode({
        Version = "2012-10-17"
        Statement = [{
          Effect   = "Allow"
          Action   = ["ce:GetCostAndUsage", "ce:GetCostForecast"]
          Resource = "*"
        }]
      })
    }
  }
}
