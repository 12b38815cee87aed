# The canonical id of the identity, where the state with its quarantine is lost. An ARN works too.
import {
  to = governed_quarantine.this
  id = "aws:123456789012:role/jobs/nightly"
}
