locals {
  export = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect   = "Allow"
      Action   = ["s3:Get*", "s3:PutObject"]
      Resource = "arn:aws:s3:::billing-exports/*"
    }]
  })
}

# Everything that changes something, for a review.
output "writes" {
  value = flatten([
    for grant in provider::governed::policy_grants(local.export) : grant.actions
    if contains(["Permissions management", "Write", "Tagging"], grant.level)
  ])
}
