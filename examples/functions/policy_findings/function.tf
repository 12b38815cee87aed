locals {
  export = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect   = "Allow"
      Action   = ["s3:GetObject", "s3:PutObject"]
      Resource = "arn:aws:s3:::billing-exports/*"
    }]
  })
}

# Warns in every plan of what the policy should not allow. To refuse it, write the same as a precondition.
check "export_is_harmless" {
  assert {
    condition = length(provider::governed::policy_findings(local.export)) == 0
    error_message = join("\n", [
      for finding in provider::governed::policy_findings(local.export) :
      "${finding.class}: ${join(", ", finding.actions)}. ${finding.message} ${finding.remedy}"
    ])
  }
}
