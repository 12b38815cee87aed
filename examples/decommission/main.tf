terraform {
  required_version = ">= 1.8"
  required_providers {
    governed = {
      source = "nhi-governance/governed"
    }
  }
  # Add the backend of your other modules.
}

provider "governed" {
  aws = var.region == null ? null : {
    region = var.region
  }
  azure = var.tenant_id == null ? null : {
    tenant_id       = var.tenant_id
    subscription_id = var.subscription_id
  }

  # After its last day an identity is deleted. What has been used meanwhile stays, and so does what may have been.
  policy = {
    retire_in_use_days = var.quiet_days
    enforcement        = { retire_in_use = "error" }
  }
}

locals {
  # The reviewed file: the last day of each identity, by its canonical id. A file of comments alone is
  # null, and a date without quotes a time.
  last_days = { for id, day in merge(yamldecode(file("${path.module}/decommission.yaml")), {}) : id => substr(day, 0, 10) }
}

# Nobody can use them from now on. Without its line an identity gets back all that it had; after its last day it is deleted.
resource "governed_quarantine" "ending" {
  for_each = local.last_days

  identity     = each.key
  reason       = var.reason
  delete_after = each.value
}
