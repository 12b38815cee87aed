# Half an hour of a role that another configuration governs, for reading alone.
ephemeral "governed_aws_session" "audit" {
  identity         = "aws:123456789012:role/ci/deploy"
  duration_seconds = 1800
  policy_arns      = ["arn:aws:iam::aws:policy/IAMReadOnlyAccess"]
  revoke_on_close  = true
}

# It configures another provider: here this one, and hashicorp/aws in the same way with
# access_key, secret_key and token.
provider "governed" {
  alias = "audit"
  aws = {
    region = "eu-west-1"
    session = {
      access_key_id     = ephemeral.governed_aws_session.audit.access_key_id
      secret_access_key = ephemeral.governed_aws_session.audit.secret_access_key
      session_token     = ephemeral.governed_aws_session.audit.session_token
    }
  }
}

data "governed_identity" "deploy" {
  provider = governed.audit
  id       = "aws:123456789012:role/ci/deploy"
}

output "who_can_deploy" {
  value = data.governed_identity.deploy.trust
}
