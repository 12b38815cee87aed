locals {
  # The reviewed file. One of comments alone is null.
  incidents = merge(yamldecode(file("${path.module}/incidents.yaml")), {})

  # Users that this configuration governs, by name.
  governed = ["shop-mailer"]

  rotated = { for name in local.governed : name => {
    for id, one in local.incidents : id => one if one.action == "rotate" && endswith(one.identity, "/${name}")
  } }
  leaked         = { for name, of in local.rotated : name => length(of) > 0 ? keys(of) : null }
  tickets        = { for name, of in local.rotated : name => length(of) > 0 ? join(" ", distinct(values(of)[*].ticket)) : null }
  sessions_until = { for name, of in local.rotated : name => length(of) > 0 ? reverse(sort(values(of)[*].sessions_until))[0] : null }

  quarantined = { for id, one in local.incidents : one.identity => id... if one.action == "quarantine" }

  # Records that nothing above takes up.
  lost = setsubtract(keys(local.incidents), concat(flatten([for of in local.rotated : keys(of)]), flatten(values(local.quarantined))))
}
