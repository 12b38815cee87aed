# Nobody knows what this role is for. It is locked for a month, and deleted when nobody has missed it by then.
resource "governed_quarantine" "checkout" {
  identity     = "aws:123456789012:role/checkout-ec2-prod"
  reason       = "Unused since the move to Fargate, and nobody has claimed it in the review of November"
  ticket       = "SEC-1234"
  delete_after = "2026-12-31"
}

# An application of Entra ID: its sign-in is blocked, and its secrets get no token.
resource "governed_quarantine" "reports" {
  identity     = "entra:3f1a9c52-7d04-4e6b-9a58-c2d1e0f4b7a6:application/5d0c1f7e-3b42-4a86-9e15-c8f27a6d4b30"
  reason       = "No sign-in since March, and its owners have left"
  ticket       = "SEC-1235"
  delete_after = "2026-12-31"
}

# A third party's service principal, until they have explained themselves.
resource "governed_quarantine" "collector" {
  identity = "entra:3f1a9c52-7d04-4e6b-9a58-c2d1e0f4b7a6:service_principal/8e2b6a94-1d57-4c03-b8f9-60a3d7e5c412"
  reason   = "The vendor has told its customers of a breach"
  ticket   = "SEC-1236"
}

# A managed identity: its roles and federated credentials are taken away, and recorded in its tags.
resource "governed_quarantine" "batch" {
  identity     = "azure:/subscriptions/6b2e8d14-90c7-4f35-8a1d-57e3c0b9f2d8/resourceGroups/payments-prod/providers/Microsoft.ManagedIdentity/userAssignedIdentities/batch"
  reason       = "No resource has it any more, and no sign-in of it is known"
  ticket       = "SEC-1237"
  delete_after = "2026-12-31"
}
