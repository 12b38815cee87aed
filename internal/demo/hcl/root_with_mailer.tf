terraform {
  required_providers {
    governed = {
      source = "nhi-governance/governed"
    }
  }
}

provider "governed" {
  aws = {}
}

module "reporting" {
  source = "./reporting"
}

module "mailer" {
  source = "./mailer"
}
