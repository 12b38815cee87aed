import {
  to = governed_credential.example
  identity = {
    id = "aws:123456789012:user/shop-mailer#aws_secrets_manager:shop/mailer"
  }
}
