# Everything that runs in production, the worst first.
data "governed_identities" "production" {
  environments = ["prod"]
  sort         = "risk_score"
}

# What strangers can use, or more of an outside party than was meant.
data "governed_identities" "open" {
  findings = ["publicly_assumable", "external_without_external_id", "weak_federation"]
}

# The pipelines of one team, whatever tool tagged them.
data "governed_identities" "pipelines" {
  name_pattern = "github-*"
  labels       = { Team = "*" }
  limit        = 20
}

output "findings_by_owner" {
  value = data.governed_identities.production.summary.by_owner
}

output "open" {
  value = { for identity in data.governed_identities.open.identities : identity.id => identity.trust[*].name }
}

# An import block for each takes them over: terraform plan -generate-config-out=pipelines.tf
output "pipelines" {
  value = [for identity in data.governed_identities.pipelines.identities : identity.import_id]
}
