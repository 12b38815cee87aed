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

module "access_review" {
  source = "./access_review"
}

module "reporting" {
  source = "./reporting"
}
