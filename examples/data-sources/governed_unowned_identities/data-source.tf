data "governed_unowned_identities" "all" {}

# What nobody owns, and what is wrong with each.
output "unowned" {
  value = {
    for identity in data.governed_unowned_identities.all.identities :
    identity.id => [for finding in identity.findings : finding.code]
  }
}

# A check warns when the list is longer than it should be.
check "everything_is_owned" {
  assert {
    condition     = data.governed_unowned_identities.all.summary.total == 0
    error_message = "${data.governed_unowned_identities.all.summary.total} identities have no owner, no purpose or no expiry."
  }
}
