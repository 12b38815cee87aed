# 90 days from a date that stands in the configuration, to 2027-02-20. A renewal is a later date here.
resource "governed_service_identity" "invoice_export" {
  name        = "invoice-export"
  owner       = "payments"
  purpose     = "Nightly export of invoices (EU) to the data lake"
  expiry      = provider::governed::expiry_after("2026-11-22", 90)
  environment = "prod"

  aws_role = {
    trust = { aws_services = ["lambda.amazonaws.com"] }
  }
}

# 90 days from the first plan: the state keeps when that was. A renewal is terraform apply -replace=terraform_data.granted
resource "terraform_data" "granted" {
  input = plantimestamp()
  lifecycle {
    ignore_changes = [input]
  }
}

output "expiry_from_first_plan" {
  value = provider::governed::expiry_after(terraform_data.granted.input, 90)
}
