variable "region" {
  description = "AWS region to connect to. IAM is the same in each."
  type        = string
  default     = "eu-west-1"
}

variable "owner" {
  description = "Team that answers for the identities until they are gone."
  type        = string
  default     = "security"
}

variable "purpose" {
  description = "What the tags on an identity say to whoever wonders."
  type        = string
  default     = "Being decommissioned because nothing uses it: tell its owner if you need it"
}

variable "quiet_days" {
  description = "Days that an identity has to have been unused when it is removed."
  type        = number
  default     = 30
}
