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
  aws = {
    region = var.region
  }
}

# What this configuration governs as ever: a user and its key. Only leaked_ids, sessions_valid_after and ticket are for incidents.
resource "governed_service_identity" "mailer" {
  name    = "shop-mailer"
  owner   = "shop"
  purpose = "Sends the receipts of the shop through Amazon SES"
  expiry  = var.expiry
  ticket  = local.tickets["shop-mailer"]

  aws_user = {
    sessions_valid_after = local.sessions_until["shop-mailer"]
    inline_policies = {
      work = jsonencode({
        Version   = "2012-10-17"
        Statement = [{ Effect = "Allow", Action = var.actions, Resource = "*" }]
      })
    }
  }
}

resource "governed_credential" "mailer" {
  identity      = governed_service_identity.mailer.id
  justification = "The shop's software can send mail by SMTP only, which knows no short-lived credentials"
  expiry        = governed_service_identity.mailer.expiry
  leaked_ids    = local.leaked["shop-mailer"]
  store         = { aws_secrets_manager = { name = "shop/mailer" } }
}

# What nobody governs gets no new key, but nobody can use it any more.
resource "governed_quarantine" "leaked" {
  for_each = local.quarantined

  identity = each.key
  reason   = "Credential has leaked: ${join(", ", each.value)}"
  ticket   = join(" ", distinct([for id in each.value : local.incidents[id].ticket]))

  # A record that names the wrong identity would leave what has leaked as it is.
  lifecycle {
    precondition {
      condition     = alltrue([for id in each.value : data.governed_identity.leaked[id].id == each.key])
      error_message = join(" ", [for id in each.value : "${id} is a key of ${data.governed_identity.leaked[id].id}, and not of ${each.key}." if data.governed_identity.leaked[id].id != each.key])
    }
  }
}

# Finds nothing once the identity is deleted: take the record out then.
data "governed_identity" "leaked" {
  for_each      = toset(flatten(values(local.quarantined)))
  credential_id = each.key
}
