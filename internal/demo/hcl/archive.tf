terraform {
  required_providers {
    governed = {
      source = "nhi-governance/governed"
    }
  }
}

resource "governed_service_identity" "archive" {
  name        = "invoice-archive"
  owner       = "billing"
  purpose     = "Moves paid invoices from the shop's cluster to the archive (7 years)"
  expiry      = "2021-03-31"
  environment = "prod"

  azure_managed_identity = {
    resource_group_name = "billing-prod"
    location            = "westeurope"
    role_assignments = {
      archive = {
        scope      = "/subscriptions/6b2e8d14-90c7-4f35-8a1d-57e3c0b9f2d8/resourceGroups/billing-prod"
        role       = "Storage Blob Data Contributor"
        time_bound = true
      }
    }
    federated_credentials = {
      archiver = {
        kubernetes_service_account = {
          issuer    = "https://oidc.cluster.example/prod"
          namespace = "billing"
          name      = "archiver"
        }
      }
    }
  }
}
