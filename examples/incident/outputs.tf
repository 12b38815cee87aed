# Who has a credential, and what is known of it: terraform plan -var find=AKIA…
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
    credentials = { (governed_service_identity.mailer.id) = governed_credential.mailer }
    quarantines = governed_quarantine.leaked
  })

  precondition {
    condition     = length(local.lost) == 0
    error_message = "incidents.yaml: nothing would be done about ${join(", ", local.lost)}. An action is rotate, for a user that this configuration governs (${join(", ", local.governed)}), or quarantine, for any other identity."
  }
}

# Keys end during the apply, so that a session could be started until then.
check "sessions" {
  assert {
    condition = alltrue([
      for id, at in coalesce(governed_credential.mailer.leaked_revoked_at, {}) : timecmp(at, local.incidents[id].sessions_until) <= 0
    ])
    error_message = "A key was revoked after the sessions_until of its record, so sessions that were started in between go on. Write the present time there, and apply again."
  }
}
