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
  azure = {
    tenant_id = var.tenant_id
  }
}

locals {
  # The reviewed file. One of comments alone is null.
  incidents = merge(yamldecode(file("${path.module}/incidents.yaml")), {})

  rotated     = { for id, one in local.incidents : id => one if one.action == "rotate" }
  quarantined = { for id, one in local.incidents : one.identity => id... if one.action == "quarantine" }
}

# What this configuration governs as ever: an application and its secret. Only leaked_ids and ticket are for incidents.
resource "governed_service_identity" "connector" {
  name    = "shop-connector"
  owner   = "shop"
  purpose = "Reads the mailbox of incoming orders for the shop"
  expiry  = var.expiry
  ticket  = length(local.rotated) > 0 ? join(" ", distinct(values(local.rotated)[*].ticket)) : null

  entra_application = {
    owners = var.owners
  }
}

resource "governed_credential" "connector" {
  identity      = governed_service_identity.connector.id
  type          = "client_secret"
  justification = "The vendor's connector signs in with a secret only; federation is on its roadmap"
  expiry        = governed_service_identity.connector.expiry
  leaked_ids    = length(local.rotated) > 0 ? keys(local.rotated) : null
  store         = { azure_key_vault = { vault_uri = var.vault_uri, name = "shop-connector" } }
}

# What nobody governs gets no new secret, but nobody can sign in as it any more.
resource "governed_quarantine" "leaked" {
  for_each = local.quarantined

  identity = each.key
  reason   = "Credential has leaked: ${join(", ", each.value)}"
  ticket   = join(" ", distinct([for id in each.value : local.incidents[id].ticket]))

  # A record that names the wrong identity would leave what has leaked as it is.
  lifecycle {
    precondition {
      condition     = alltrue([for id in each.value : data.governed_identity.leaked[id].id == each.key])
      error_message = join(" ", [for id in each.value : "${id} is a credential of ${data.governed_identity.leaked[id].id}, and not of ${each.key}." if data.governed_identity.leaked[id].id != each.key])
    }
  }
}

# Finds nothing once the identity is deleted: take the record out then.
data "governed_identity" "leaked" {
  for_each      = toset(flatten(values(local.quarantined)))
  credential_id = each.key
}
