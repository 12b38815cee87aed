# terraform apply -invoke=action.governed_rotate_credential.smtp
action "governed_rotate_credential" "smtp" {
  config {
    credential = governed_credential.smtp.id
  }
}

# A key that has leaked does not get an overlap.
action "governed_rotate_credential" "smtp_leaked" {
  config {
    credential    = governed_credential.smtp.id
    overlap_hours = 0
  }
}

# A client secret of Entra ID is rotated in the same way.
action "governed_rotate_credential" "archive" {
  config {
    credential = governed_credential.archive.id
  }
}

resource "governed_service_identity" "mailer" {
  name        = "mailer"
  owner       = "payments"
  purpose     = "Sends the receipts of the shop"
  expiry      = "2027-03-31"
  environment = "prod"

  aws_user = {}
}

resource "governed_credential" "smtp" {
  identity      = governed_service_identity.mailer.id
  justification = "The vendor's mail relay takes an access key only; OIDC is on its roadmap"
  expiry        = "2027-03-31"

  store = { aws_secrets_manager = { name = "mailer/smtp" } }
}

resource "governed_service_identity" "archive" {
  name        = "invoice-archive"
  owner       = "payments"
  purpose     = "Reads the mailbox of incoming invoices for the archive"
  expiry      = "2027-03-31"
  environment = "prod"

  entra_application = {}
}

resource "governed_credential" "archive" {
  identity      = governed_service_identity.archive.id
  type          = "client_secret"
  justification = "The archive is an appliance outside of Azure that signs in with a secret only"
  expiry        = "2027-03-31"

  store = {
    azure_key_vault = {
      vault_uri = "https://payments-prod.vault.azure.net/"
      name      = "invoice-archive"
    }
  }
}
