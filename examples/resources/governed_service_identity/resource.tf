resource "governed_service_identity" "invoice_export" {
  name        = "invoice-export"
  owner       = "payments"
  purpose     = "Nightly export of invoices (EU) to the data lake"
  expiry      = "2027-03-31"
  environment = "prod"
  systems     = ["billing-db", "data-lake"]

  aws_role = {
    trust = { aws_services = ["lambda.amazonaws.com"] }
    inline_policies = {
      export = jsonencode({
        Version = "2012-10-17"
        Statement = [{
          Effect   = "Allow"
          Action   = "s3:PutObject"
          Resource = "arn:aws:s3:::data-lake/invoices/*"
        }]
      })
    }
  }
}

# A pipeline: only the environment prod of one GitHub repository can assume the role.
resource "governed_service_identity" "deploy" {
  name        = "web-shop-deploy"
  owner       = "web-shop"
  purpose     = "Deploys the web shop from its main pipeline"
  expiry      = "2027-03-31"
  environment = "prod"
  ticket      = "SEC-1234"

  aws_role = {
    path = "/ci/"
    trust = {
      github_actions = { repository = "acme/web-shop", environment = "prod" }
    }
    inline_policies = {
      deploy = jsonencode({
        Version = "2012-10-17"
        Statement = [
          {
            Effect   = "Allow"
            Action   = ["s3:PutObject", "s3:DeleteObject"]
            Resource = "arn:aws:s3:::web-shop/*"
          },
          {
            Effect   = "Allow"
            Action   = "cloudfront:CreateInvalidation"
            Resource = "arn:aws:cloudfront::123456789012:distribution/E2QWRUHAPOMQZL"
          },
        ]
      })
    }
  }
}

# An EC2 instance, with an instance profile of the role's own name.
resource "governed_service_identity" "batch" {
  name        = "batch-runner"
  owner       = "data-platform"
  purpose     = "Runs the nightly batch jobs of the data platform"
  expiry      = "2027-03-31"
  environment = "prod"
  labels      = { cost-center = "4711" }

  aws_role = {
    trust            = { aws_services = ["ec2.amazonaws.com"] }
    instance_profile = true
    inline_policies = {
      read = jsonencode({
        Version = "2012-10-17"
        Statement = [{
          Effect   = "Allow"
          Action   = "s3:GetObject"
          Resource = "arn:aws:s3:::data-platform/batch/*"
        }]
      })
    }
  }
}

output "batch_instance_profile" {
  value = governed_service_identity.batch.aws_role.instance_profile_arn
}

# A managed identity that the pods of one Kubernetes service account use. Azure itself ends its role at the expiry.
resource "governed_service_identity" "invoice_archive" {
  name        = "invoice-archive"
  owner       = "payments"
  purpose     = "Moves paid invoices from the shop's cluster to the archive"
  expiry      = "2027-03-31"
  environment = "prod"

  azure_managed_identity = {
    resource_group_name = "payments-prod"
    location            = "westeurope"
    role_assignments = {
      archive = {
        scope      = "/subscriptions/6b2e8d14-90c7-4f35-8a1d-57e3c0b9f2d8/resourceGroups/payments-prod"
        role       = "Storage Blob Data Contributor"
        time_bound = true
      }
    }
    federated_credentials = {
      archiver = {
        kubernetes_service_account = {
          issuer    = "https://westeurope.oic.prod-aks.azure.com/11111111-1111-1111-1111-111111111111/22222222-2222-2222-2222-222222222222/"
          namespace = "billing"
          name      = "archiver"
        }
      }
    }
  }
}

output "invoice_archive_client_id" {
  value = governed_service_identity.invoice_archive.azure_managed_identity.client_id
}

# Software outside AWS that cannot take a role, and so needs an access key. It is no login for people.
resource "governed_service_identity" "mail_relay" {
  name        = "mail-relay"
  owner       = "messaging"
  purpose     = "Sends the mail of the data centre's relay through SES"
  expiry      = "2027-03-31"
  environment = "prod"
  ticket      = "SEC-1301"

  aws_user = {
    path = "/datacentre/"
    inline_policies = {
      send = jsonencode({
        Version = "2012-10-17"
        Statement = [{
          Effect   = "Allow"
          Action   = "ses:SendRawEmail"
          Resource = "arn:aws:ses:eu-west-1:123456789012:identity/relay.example"
        }]
      })
    }
  }
}

# An application of Entra ID for a pipeline, without any secret: it signs in with the token of its GitHub environment.
resource "governed_service_identity" "directory_sync" {
  name        = "directory-sync"
  owner       = "people-systems"
  purpose     = "Copies group members from the directory into the HR system"
  expiry      = "2027-03-31"
  environment = "prod"
  ticket      = "SEC-1377"

  entra_application = {
    owners                       = ["ada@contoso.example"]
    service_management_reference = "CMDB-4711"
    app_role_assignments = {
      members = { resource_app_id = "Microsoft Graph", role = "GroupMember.Read.All" }
    }
    federated_credentials = {
      prod = { github_actions = { repository = "acme/directory-sync", environment = "prod" } }
    }
  }
}

output "directory_sync_client_id" {
  value = governed_service_identity.directory_sync.entra_application.client_id
}
