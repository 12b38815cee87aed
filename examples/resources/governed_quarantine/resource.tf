# Nobody knows what this role is for. It is locked for a month, and deleted when nobody has missed it by then.
resource "governed_quarantine" "checkout" {
  identity     = "aws:123456789012:role/checkout-ec2-prod"
  reason       = "Unused since the move to Fargate, and nobody has claimed it in the review of November"
  ticket       = "SEC-1234"
  delete_after = "2026-12-31"
}
