terraform {
  required_providers {
    governed = {
      source = "nhi-governance/governed"
    }
  }
}

resource "governed_service_identity" "revenue_report" {
  name    = "revenue-report"
  owner   = "finance-analytics"
  purpose = "Weekly revenue report, from the data lake to the finance team's mailbox"
  expiry  = "2021-03-31"

  aws_role = {
    trust               = { aws_services = ["lambda.amazonaws.com"] }
    managed_policy_arns = ["arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"]
  }
}
