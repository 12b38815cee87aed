# Sensitive keeps the reports out of the log; terraform output -raw writes them nevertheless.

output "html" {
  value     = provider::governed::inventory_report(data.governed_identities.all.identities, "html")
  sensitive = true
}

output "markdown" {
  value     = provider::governed::inventory_report(data.governed_identities.all.identities, "markdown")
  sensitive = true
}

output "csv" {
  value     = provider::governed::inventory_report(data.governed_identities.all.identities, "csv")
  sensitive = true
}

output "json" {
  value     = provider::governed::inventory_report(data.governed_identities.all.identities, "json")
  sensitive = true
}

output "sarif" {
  value     = provider::governed::inventory_report(data.governed_identities.all.identities, "sarif")
  sensitive = true
}

output "gaps" {
  description = "What could not be read, a line each; empty when everything was."
  value       = join("\n", local.gaps)
  sensitive   = true
}

output "counts" {
  value = merge({ for name, threshold in local.thresholds : name => threshold.count }, {
    total    = data.governed_identities.all.summary.total
    expiring = data.governed_expiring_identities.all.summary.total
  })
}
