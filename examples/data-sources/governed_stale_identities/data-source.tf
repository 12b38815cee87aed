data "governed_stale_identities" "half_a_year" {
  unused_for_days = 180
}

output "stale" {
  value = {
    for identity in data.governed_stale_identities.half_a_year.identities :
    identity.id => "${coalesce(identity.owner, "nobody")}: ${coalesce(identity.last_used_at, "no use is known")}"
  }
}

# What is not known is not listed, so a check on an empty list has to ask for this as well.
check "nothing_is_stale" {
  assert {
    condition     = data.governed_stale_identities.half_a_year.summary.total == 0 && data.governed_stale_identities.half_a_year.complete
    error_message = join("\n", concat(["${data.governed_stale_identities.half_a_year.summary.total} identities are stale."], data.governed_stale_identities.half_a_year.gaps))
  }
}
