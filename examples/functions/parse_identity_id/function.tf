data "governed_identities" "all" {}

locals {
  ids = [for identity in data.governed_identities.all.identities : provider::governed::parse_identity_id(identity.id)]
}

# Which identities there are in which path of IAM. Those of Azure have none.
output "by_path" {
  value = { for id in local.ids : id.path => id.name... if id.path != null }
}

# Warns at every plan and apply of users, which have no place in this account.
check "no_users" {
  assert {
    condition     = !contains(local.ids[*].kind, "aws_user")
    error_message = "IAM users: ${join(", ", [for id in local.ids : id.name if id.kind == "aws_user"])}."
  }
}

# The canonical id of an ARN: aws:123456789012:role/ci/jenkins
output "canonical" {
  value = provider::governed::parse_identity_id("arn:aws:iam::123456789012:role/ci/jenkins").id
}
