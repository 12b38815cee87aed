# A deployer that may write the permissions of the applications' roles, which takes somebody's approval.
#
# Who may approve has the private key of one of approvers.pem (the guide "Approvals" says how to make one). An approval lies
# in a file beside the identity that it is for. While there is none, it is requested: a plan shows what there is to approve,
# and no apply passes.

terraform {
  required_version = ">= 1.8"
  required_providers {
    governed = { source = "nhi-governance/governed" }
  }
}

variable "region" {
  type    = string
  default = "eu-west-1"
}

provider "governed" {
  aws = {
    region = var.region
  }
  policy = {
    approval_keys     = [file("${path.module}/approvers.pem")]
    approval_max_days = 180
  }
}

resource "governed_service_identity" "deploy" {
  name     = "deploy"
  owner    = "platform"
  purpose  = "Deploys the applications from the pipeline, with their roles"
  expiry   = "2027-08-31"
  approval = fileexists("${path.module}/deploy.jws") ? file("${path.module}/deploy.jws") : "requested"

  aws_role = {
    trust = { aws_services = ["codebuild.amazonaws.com"] }
    inline_policies = {
      roles = jsonencode({
        Version = "2012-10-17"
        Statement = [{
          Effect   = "Allow"
          Action   = ["iam:CreateRole", "iam:PutRolePolicy"]
          Resource = "arn:aws:iam::*:role/*"
        }]
      })
    }
  }
}
