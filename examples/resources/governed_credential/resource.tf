resource "governed_service_identity" "mailer" {
  name        = "shop-mailer"
  owner       = "shop"
  purpose     = "Sends the receipts of the shop through Amazon SES"
  expiry      = "2027-03-31"
  environment = "prod"

  aws_user = {
    inline_policies = {
      send = jsonencode({
        Version = "2012-10-17"
        Statement = [{
          Effect   = "Allow"
          Action   = "ses:SendRawEmail"
          Resource = "arn:aws:ses:eu-west-1:123456789012:identity/shop.example"
        }]
      })
    }
  }
}

# The secret goes straight into Secrets Manager. What the state has of it is where it is.
resource "governed_credential" "mailer" {
  identity          = governed_service_identity.mailer.id
  justification     = "The shop's software can send mail by SMTP only, which knows no short-lived credentials"
  expiry            = governed_service_identity.mailer.expiry
  rotate_after_days = 60
  overlap_hours     = 48
  ses_smtp_region   = "eu-west-1"

  store = {
    aws_secrets_manager = {
      name                 = "shop/mailer"
      recovery_window_days = 7
    }
  }
}

# The software is told the ARN, and reads the secret by itself.
output "mailer_secret" {
  value = governed_credential.mailer.secret_reference.arn
}

resource "governed_service_identity" "archive" {
  name        = "invoice-archive"
  owner       = "payments"
  purpose     = "Reads the mailbox of incoming invoices for the archive"
  expiry      = "2027-03-31"
  environment = "prod"

  entra_application = {
    owners = ["ada@contoso.example"]
  }
}

# The provider makes the key pair. The private key goes into the vault, and Entra ID has the certificate alone, which it ends
# by itself after valid_days.
resource "governed_credential" "archive" {
  identity          = governed_service_identity.archive.id
  type              = "certificate"
  justification     = "The archive is an appliance outside of Azure that signs in with a certificate only"
  expiry            = governed_service_identity.archive.expiry
  valid_days        = 60
  rotate_after_days = 45

  store = {
    azure_key_vault = {
      vault_uri = "https://payments-prod.vault.azure.net/"
      name      = "invoice-archive"
    }
  }
}
