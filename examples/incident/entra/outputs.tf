# Who has a credential, and what is known of it: terraform plan -var find=…
data "governed_identity" "found" {
  count         = var.find == null ? 0 : 1
  credential_id = var.find
}

output "found" {
  description = "The identity that has the credential of var.find, in Markdown."
  value       = var.find == null ? null : provider::governed::inventory_report(data.governed_identity.found, "markdown", flatten(data.governed_identity.found[*].gaps))
}

output "report" {
  description = "What has leaked, what was done and when, in Markdown: terraform output -raw report."
  value = templatefile("${path.module}/report.md.tftpl", {
    incidents   = local.incidents
    credential  = governed_credential.connector
    quarantines = governed_quarantine.leaked
  })

  precondition {
    condition     = alltrue([for one in values(local.incidents) : contains(["rotate", "quarantine"], one.action)])
    error_message = "incidents.yaml: an action is rotate, for the application that this configuration governs, or quarantine, for any other identity."
  }
  precondition {
    condition     = alltrue([for one in values(local.rotated) : one.identity == governed_service_identity.connector.id])
    error_message = "incidents.yaml: rotate is for ${governed_service_identity.connector.id}, which this configuration governs. Write quarantine for any other identity."
  }
}
