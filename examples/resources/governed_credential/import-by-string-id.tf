import {
  to = governed_credential.example
  id = "aws:123456789012:user/shop-mailer#aws_secrets_manager:shop/mailer"
}
