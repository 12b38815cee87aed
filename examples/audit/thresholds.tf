locals {
  critical = [
    for identity in data.governed_identities.all.identities : identity
    if contains(identity.findings[*].severity, "critical")
  ]

  thresholds = {
    unowned = {
      count = data.governed_unowned_identities.all.summary.total
      most  = var.max_unowned
      what  = "identities have no owner, no purpose or no expiry"
      worst = [for identity in data.governed_unowned_identities.all.identities : identity.id]
    }
    stale = {
      count = data.governed_stale_identities.all.summary.total
      most  = var.max_stale
      what  = "identities have not been used for ${var.unused_for_days} days"
      worst = [
        for identity in data.governed_stale_identities.all.identities :
        "${identity.id} (last used ${coalesce(identity.last_used_at, "never as far as IAM knows")})"
      ]
    }
    high_risk = {
      count = data.governed_high_risk_identities.all.summary.total
      most  = var.max_high_risk
      what  = "identities have a risk score of ${var.high_risk_score} or more"
      worst = [for identity in data.governed_high_risk_identities.all.identities : "${identity.id} (${identity.risk_score})"]
    }
    critical = {
      count = length(local.critical)
      most  = var.max_critical
      what  = "identities have a critical finding"
      worst = [
        for identity in slice(local.critical, 0, min(var.name_at_most, length(local.critical))) :
        "${identity.id} (${join(", ", [for finding in identity.findings : finding.code if finding.severity == "critical"])})"
      ]
    }
  }

  gaps = distinct(concat(
    data.governed_identities.all.gaps,
    data.governed_stale_identities.all.gaps,
  ))
}

# A postcondition on a value that is only known at apply fails the run after the reports are in the state. A precondition
# would fail the plan, and leave no report; a check would fail nothing.
resource "terraform_data" "threshold" {
  for_each = { for name, threshold in local.thresholds : name => threshold if threshold.most != null }
  input    = { count = each.value.count, at = plantimestamp() }

  lifecycle {
    postcondition {
      condition = self.output.count <= each.value.most
      error_message = join("\n", concat(
        ["${each.value.count} ${each.value.what}; max_${each.key} is ${each.value.most}. Among them:"],
        [for one in each.value.worst : "  - ${one}"],
      ))
    }
  }
}

resource "terraform_data" "completeness" {
  input = { gaps = length(local.gaps), at = plantimestamp() }

  lifecycle {
    postcondition {
      condition = self.output.gaps == 0 || var.allow_gaps
      error_message = join("\n", concat(
        ["The inventory is not complete, so the counts are too low; allow_gaps is false. Not known:"],
        [for gap in local.gaps : "  - ${gap}"],
      ))
    }
  }
}

# What is to be done soon warns, and fails nothing.
check "nothing_expires_soon" {
  assert {
    condition = data.governed_expiring_identities.all.summary.total == 0
    error_message = join("\n", concat(
      ["${data.governed_expiring_identities.all.summary.total} identities, or credentials of theirs, have expired or do so within ${var.within_days} days. The first:"],
      [for identity in data.governed_expiring_identities.all.identities : "  - ${identity.id} of ${coalesce(identity.owner, "nobody")}: ${join("; ", [for finding in identity.findings : finding.message if can(regex("expir", finding.code))])}"],
    ))
  }
}
