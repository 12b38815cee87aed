import {
  to = governed_quarantine.checkout
  identity = {
    id = "aws:123456789012:role/checkout-ec2-prod"
  }
}
