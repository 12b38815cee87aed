import {
  to = governed_quarantine.this
  identity = {
    id = "aws:123456789012:role/jobs/nightly"
  }
}
