# The fifty riskiest of the identities of all clouds that nobody governs yet.
list "governed_service_identity" "unmanaged" {
  provider = governed
  limit    = 50

  config {
    findings = ["unmanaged"]
    sort     = "risk_score"
  }
}

# Users whose passwords and keys nobody has used for half a year, with all that an import would read.
list "governed_service_identity" "idle_users" {
  provider         = governed
  include_resource = true

  config {
    kinds           = ["aws_user"]
    findings        = ["stale", "never_used"]
    unused_for_days = 180
  }
}

# Applications of Entra ID and managed identities that may do what an administrator may, or whose owners have gone.
list "governed_service_identity" "risky_azure" {
  provider = governed

  config {
    kinds    = ["entra_application", "azure_managed_identity"]
    findings = ["privileged", "owner_gone"]
    sort     = "risk_score"
  }
}
