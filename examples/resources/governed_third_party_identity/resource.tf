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

# The service principal of a third party's application of Entra ID, of which only the third party has the credentials.
resource "governed_third_party_identity" "collector" {
  name        = "acme-collector"
  owner       = "platform"
  purpose     = "Acme lists who is in which group, for its dashboard of access"
  expiry      = "2027-01-31"
  environment = "prod"
  ticket      = "VENDOR-78"

  third_party = {
    name    = "Acme Monitoring"
    contact = "security@monitoring.acme.example"
  }

  entra_service_principal = {
    app_id = "0d4a8c1e-5b7f-4c39-9e21-8f6d3b2a7c50"

    # An application of anybody else is refused, however it calls itself.
    publisher = { tenant_id = "7c9e6679-7425-40de-944b-e07fc1f90ae7" }

    app_role_assignment_required = true
    app_role_assignments = {
      groups = { resource_app_id = "Microsoft Graph", role = "GroupMember.Read.All" }
    }
  }
}
