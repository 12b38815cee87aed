terraform {
  required_providers {
    governed = {
      source = "nhi-governance/governed"
    }
  }
}

resource "governed_service_identity" "mailer" {
  name    = "shop-mailer"
  owner   = "web-shop"
  purpose = "Sends the receipts of the shop through Amazon SES"
  expiry  = "2021-03-31"

  aws_user = {
    inline_policies = {
      send = jsonencode({
        Version   = "2012-10-17"
        Statement = [{ Effect = "Allow", Action = "ses:SendRawEmail", Resource = "arn:aws:ses:eu-west-1:123456789012:identity/shop.example" }]
      })
    }
  }
}

resource "governed_credential" "mailer" {
  identity        = governed_service_identity.mailer.id
  justification   = "The shop's software sends mail by SMTP, which knows no short-lived credentials"
  expiry          = governed_service_identity.mailer.expiry
  ses_smtp_region = "eu-west-1"
  store           = { aws_secrets_manager = { name = "shop/mailer" } }
}
