variable "region" {
  description = "AWS region to connect to. IAM is the same in each."
  type        = string
  default     = "eu-west-1"
}

variable "reason" {
  description = "What the tags on an identity say to whoever wonders."
  type        = string
  default     = "Being decommissioned because nothing uses it: tell the security team if you need it"
}

variable "quiet_days" {
  description = "Days that an identity has to have been unused when it is deleted."
  type        = number
  default     = 30
}
