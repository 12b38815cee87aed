import {
  to = governed_service_identity.example
  id = "aws:123456789012:role/invoice-export"
}
