terraform {
  required_version = ">= 1.8"
  required_providers {
    governed = {
      source = "nhi-governance/governed"
    }
  }
}

provider "governed" {
  aws = var.region == null ? null : {
    region = var.region
  }
  azure = var.tenant_id == null ? null : {
    tenant_id       = var.tenant_id
    subscription_id = var.subscription_id
  }
}

data "governed_stale_identities" "all" {
  unused_for_days = var.unused_for_days
}

# All that there is, from the same read.
data "governed_identities" "all" {}

locals {
  # What is gone needs no line any more, as far as its cloud is read at all, and completely. The case of an id means nothing.
  clouds = concat(var.region == null ? [] : ["aws"], var.tenant_id == null ? [] : ["azure", "entra"])
  listed = [for identity in data.governed_identities.all.identities : lower(identity.id)]
  reviewed = {
    for id, day in merge(yamldecode(file("${path.module}/../decommission.yaml")), {}) : id => day
    if contains(local.listed, lower(id)) || !contains(local.clouds, split(":", id)[0]) || !data.governed_identities.all.complete
  }
  spared = [for id in concat(keys(local.reviewed), tolist(var.keep)) : lower(id)]

  found = [
    for identity in data.governed_stale_identities.all.identities : identity
    # What a tool governs is removed where it is declared.
    if identity.managed_by == null
    # The policy, that of GOVERNED_POLICY_FILE for example, keeps it for emergencies.
    && !identity.break_glass
    # These are people, and to be asked.
    && length(setintersection(identity.credentials[*].kind, ["password", "mfa_device"])) == 0
    # Somebody has it in quarantine already.
    && !contains(identity.findings[*].code, "quarantined")
    && !contains(local.spared, lower(identity.id))
  ]
  proposed = slice(local.found, 0, min(var.at_most, length(local.found)))
  last_day = formatdate("YYYY-MM-DD", timeadd(plantimestamp(), "${24 * var.grace_days}h"))
  proposal = merge(local.reviewed, { for identity in local.proposed : identity.id => local.last_day })
}

output "file" {
  description = "decommission.yaml with what is proposed."
  sensitive   = true # keeps it out of the log
  value = join("", concat(
    ["---\n# The last day of each identity in quarantine, by its canonical id. Without its line it is released; after that day it is deleted.\n"],
    # yamlencode would write a long id and its day on two lines, and nobody could take out one.
    [for id, day in local.proposal : "${jsonencode(id)}: ${jsonencode(day)}\n"],
    length(local.proposal) == 0 ? ["{}\n"] : [],
  ))
}

output "review" {
  description = "What is known of the proposed identities, and what could not be read, in Markdown."
  sensitive   = true
  value       = provider::governed::inventory_report(local.proposed, "markdown", data.governed_stale_identities.all.gaps)
}
