resource "governed_service_identity" "deploy" {
  name        = "web-shop-deploy"
  owner       = "payments"
  purpose     = "Deployment of the web shop"
  expiry      = "2027-03-31"
  environment = "prod"

  entra_application = {
    federated_credentials = {
      main = { github_actions = { repository = "acme/web-shop", branch = "main" } }
    }
  }
}

# In GitHub Actions web_identity can be left out: the provider asks for the token of the job.
ephemeral "governed_azure_token" "deploy" {
  identity     = governed_service_identity.deploy.id
  scope        = "https://graph.microsoft.com/.default"
  web_identity = { token_file = "/var/run/ci/oidc-token" }
}

# It goes where an argument can be ephemeral: into a provider block or a write-only argument.
locals {
  headers = { Authorization = "Bearer ${ephemeral.governed_azure_token.deploy.token}" }
}
