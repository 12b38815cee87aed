# A token of an application that another configuration governs. In GitHub Actions web_identity can be
# left out: the provider asks for the token of the job.
ephemeral "governed_azure_token" "deploy" {
  identity     = "entra:3f1a9c52-7d04-4e6b-9a58-c2d1e0f4b7a6:application/5d8f1c27-3b60-4a94-9e12-7f4a0c6b8d35"
  scope        = "https://graph.microsoft.com/.default"
  web_identity = { token_file = "/var/run/ci/oidc-token" }
}

# It configures another provider: here one that calls any API. A provider that reads while Terraform plans
# needs an identity that is there already.
provider "restapi" {
  uri     = "https://graph.microsoft.com/v1.0"
  headers = { Authorization = "Bearer ${ephemeral.governed_azure_token.deploy.token}" }
}
