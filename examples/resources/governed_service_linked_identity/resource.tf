resource "governed_service_linked_identity" "backup" {
  owner       = "storage"
  purpose     = "AWS Backup takes the nightly copies of the shop's databases"
  expiry      = "2027-03-31"
  environment = "prod"

  aws_service_linked_role = {
    aws_service_name = "backup.amazonaws.com"
  }
}

# Few services take a suffix, for several roles of their own.
resource "governed_service_linked_identity" "web_scaling" {
  owner       = "web-shop"
  purpose     = "EC2 Auto Scaling grows and shrinks the web shop's fleet"
  expiry      = "2027-03-31"
  environment = "prod"

  aws_service_linked_role = {
    aws_service_name = "autoscaling.amazonaws.com"
    custom_suffix    = "web-shop"
    adopt_existing   = false
  }
}
