# terraform apply -invoke=action.governed_revoke_sessions.export
action "governed_revoke_sessions" "export" {
  config {
    identity = governed_service_identity.export.id
  }
}

# Or whenever somebody names a new incident.
variable "incident" {
  type    = string
  default = ""
}

resource "terraform_data" "incident" {
  input = var.incident

  lifecycle {
    action_trigger {
      events  = [after_update]
      actions = [action.governed_revoke_sessions.export]
    }
  }
}

resource "governed_service_identity" "export" {
  name        = "invoice-export"
  owner       = "payments"
  purpose     = "Nightly export of invoices to the data lake"
  expiry      = "2027-03-31"
  environment = "prod"

  aws_role = {
    trust = { aws_services = ["lambda.amazonaws.com"] }
  }
}
