terraform {
  required_providers {
    governed = {
      source = "nhi-governance/governed"
    }
  }
}

variable "azure" {
  type = object({
    tenant_id        = string
    subscription_id  = string
    custom_ca_bundle = string
    endpoints        = map(string)
  })
}

provider "governed" {
  aws   = {}
  azure = var.azure
}

module "reporting" {
  source = "./reporting"
}
