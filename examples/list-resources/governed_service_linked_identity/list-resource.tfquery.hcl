# Roles that AWS services use, those that nothing has used for longest first.
list "governed_service_linked_identity" "all" {
  provider = governed
  limit    = 500

  config {
    sort = "last_used_at"
  }
}
