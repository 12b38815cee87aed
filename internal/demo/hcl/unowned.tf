data "governed_unowned_identities" "all" {}

output "unowned" {
  value = {
    for identity in data.governed_unowned_identities.all.identities :
    identity.id => join(", ", [for finding in identity.findings : finding.code])
  }
}

output "total" {
  value = data.governed_unowned_identities.all.summary.total
}
