# What ends within two weeks, with its credentials, and what has ended and is still there; the earliest first.
data "governed_expiring_identities" "soon" {
  within_days = 14
}

# The work that waits for each owner.
output "expiring_by_owner" {
  value = {
    for identity in data.governed_expiring_identities.soon.identities :
    coalesce(identity.owner, "nobody") => {
      id   = identity.id
      ends = [for finding in identity.findings : finding.message if can(regex("expir", finding.code))]
    }...
  }
}
