data "governed_unowned_identities" "all" {}

# A page for people, which says what could not be read: terraform output -raw report > report.html
output "report" {
  value = provider::governed::inventory_report(data.governed_unowned_identities.all.identities, "html", data.governed_unowned_identities.all.gaps)
}

# Findings for code scanning: terraform output -raw sarif > identities.sarif
output "sarif" {
  value = provider::governed::inventory_report(data.governed_unowned_identities.all.identities, "sarif", data.governed_unowned_identities.all.gaps)
}
