terraform {
  required_version = ">= 1.8"
  required_providers {
    governed = {
      source = "nhi-governance/governed"
    }
  }
  # No backend: audit.sh gives each run a state of its own, takes the reports out of it and throws it away.
}

provider "governed" {
  aws = {
    region    = var.region
    inventory = var.inventory
  }
}

# Everything that is reported. All the data sources below are served from the one bulk read of this run.
data "governed_identities" "all" {
  sort            = "risk_score"
  unused_for_days = var.unused_for_days
  within_days     = var.within_days
}

# The rest counts all that fit, and returns the few that a message names.
data "governed_unowned_identities" "all" {
  sort  = "risk_score"
  limit = var.name_at_most
}

data "governed_high_risk_identities" "all" {
  minimum_score = var.high_risk_score
  limit         = var.name_at_most
}

data "governed_stale_identities" "all" {
  unused_for_days = var.unused_for_days
  limit           = var.name_at_most
}

data "governed_expiring_identities" "all" {
  within_days = var.within_days
  limit       = var.name_at_most
}
