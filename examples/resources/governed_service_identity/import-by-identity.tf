import {
  to = governed_service_identity.example
  identity = {
    id = "aws:123456789012:role/invoice-export"
  }
}
