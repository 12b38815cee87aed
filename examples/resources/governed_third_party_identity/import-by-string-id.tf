import {
  to = governed_third_party_identity.example
  id = "aws:123456789012:role/acme-monitoring"
}
