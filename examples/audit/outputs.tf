# Sensitive keeps the reports out of the log; terraform output -raw writes them nevertheless. All of them but the CSV, which has
# no place for it, say what could not be read.

output "html" {
  value     = provider::governed::inventory_report(data.governed_identities.all.identities, "html", local.gaps)
  sensitive = true
}

output "markdown" {
  value     = provider::governed::inventory_report(data.governed_identities.all.identities, "markdown", local.gaps)
  sensitive = true
}

output "csv" {
  value     = provider::governed::inventory_report(data.governed_identities.all.identities, "csv", local.gaps)
  sensitive = true
}

output "json" {
  value     = provider::governed::inventory_report(data.governed_identities.all.identities, "json", local.gaps)
  sensitive = true
}

output "sarif" {
  value     = provider::governed::inventory_report(data.governed_identities.all.identities, "sarif", local.gaps)
  sensitive = true
}

output "counts" {
  value = merge({ for name, threshold in local.thresholds : name => threshold.count }, {
    total    = data.governed_identities.all.summary.total
    expiring = data.governed_expiring_identities.all.summary.total
  })
}
