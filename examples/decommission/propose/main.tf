terraform {
  required_version = ">= 1.8"
  required_providers {
    governed = {
      source = "nhi-governance/governed"
    }
  }
}

provider "governed" {
  aws = {
    region = var.region
  }
}

data "governed_stale_identities" "all" {
  unused_for_days = var.unused_for_days
}

locals {
  reviewed = merge(yamldecode(file("${path.module}/../decommission.yaml")), {})

  found = [
    for identity in data.governed_stale_identities.all.identities : identity
    # What a tool governs is removed where it is declared.
    if identity.managed_by == null
    # A person's user loses its password and its MFA devices as soon as it is governed, and those cannot be given back.
    && length(setintersection(identity.credentials[*].kind, ["password", "mfa_device"])) == 0
    && !contains(keys(local.reviewed), identity.id)
    && !contains(var.keep, identity.id)
  ]
  proposed = slice(local.found, 0, min(var.at_most, length(local.found)))
  last_day = formatdate("YYYY-MM-DD", timeadd(plantimestamp(), "${24 * var.notice_days}h"))
}

output "file" {
  description = "decommission.yaml with what is proposed."
  sensitive   = true # keeps it out of the log
  value = join("", [
    "---\n# The last day of each identity, by its canonical id. A later day gives its access back; without its line it is removed.\n",
    yamlencode(merge(local.reviewed, { for identity in local.proposed : identity.id => local.last_day })),
  ])
}

output "review" {
  description = "What is known of the proposed identities, and what could not be read, in Markdown."
  sensitive   = true
  value       = provider::governed::inventory_report(local.proposed, "markdown", data.governed_stale_identities.all.gaps)
}
