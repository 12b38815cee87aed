# By ARN, as other tools and logs name it.
data "governed_identity" "deployer" {
  arn = "arn:aws:iam::123456789012:role/ci/github-web-shop-deploy"
}

# By canonical id, as the lists return it.
data "governed_high_risk_identities" "worst" {
  limit = 1
}

data "governed_identity" "worst" {
  id = data.governed_high_risk_identities.worst.identities[0].id
}

output "who_can_deploy" {
  value = data.governed_identity.deployer.trust
}

output "what_is_wrong" {
  value = data.governed_identity.worst.findings[*].message
}
