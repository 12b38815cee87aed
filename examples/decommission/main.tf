terraform {
  required_version = ">= 1.8"
  required_providers {
    governed = {
      source = "nhi-governance/governed"
    }
  }
  # Add the backend of your other modules: the state holds what has been taken over, and what it had.
}

provider "governed" {
  aws = {
    region = var.region
  }

  # A line that goes from the file removes an identity for good. What has been used meanwhile stays, and so does what may
  # have been.
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

import {
  for_each = local.last_days
  to       = governed_service_identity.ending[each.key]
  id       = each.key
}

resource "governed_service_identity" "ending" {
  for_each = local.last_days

  name    = reverse(split("/", each.key))[0]
  owner   = var.owner
  purpose = var.purpose
  expiry  = each.value

  aws_role = strcontains(each.key, ":role/") ? {} : null
  aws_user = strcontains(each.key, ":user/") ? {} : null

  # What an identity has stays as it was found, so that a later day gives all of it back.
  lifecycle {
    ignore_changes = [aws_role, aws_user, labels, environment, systems, ticket, business_owner, technical_owner]
  }
}
