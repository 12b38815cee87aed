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

# All that there is, from the same read.
data "governed_identities" "all" {}

locals {
  # What is gone needs no line any more, as far as everything could be read.
  listed   = data.governed_identities.all.identities[*].id
  reviewed = { for id, day in merge(yamldecode(file("${path.module}/../decommission.yaml")), {}) : id => day if contains(local.listed, id) || !data.governed_identities.all.complete }

  found = [
    for identity in data.governed_stale_identities.all.identities : identity
    # What a tool governs is removed where it is declared.
    if identity.managed_by == null
    # These are people, and to be asked.
    && length(setintersection(identity.credentials[*].kind, ["password", "mfa_device"])) == 0
    # Somebody has it in quarantine already.
    && !contains(identity.findings[*].code, "quarantined")
    && !contains(keys(local.reviewed), identity.id)
    && !contains(var.keep, identity.id)
  ]
  proposed = slice(local.found, 0, min(var.at_most, length(local.found)))
  last_day = formatdate("YYYY-MM-DD", timeadd(plantimestamp(), "${24 * var.grace_days}h"))
}

output "file" {
  description = "decommission.yaml with what is proposed."
  sensitive   = true # keeps it out of the log
  value = join("", [
    "---\n# The last day of each identity in quarantine, by its canonical id. Without its line it is released; after that day it is deleted.\n",
    yamlencode(merge(local.reviewed, { for identity in local.proposed : identity.id => local.last_day })),
  ])
}

output "review" {
  description = "What is known of the proposed identities, and what could not be read, in Markdown."
  sensitive   = true
  value       = provider::governed::inventory_report(local.proposed, "markdown", data.governed_stale_identities.all.gaps)
}
