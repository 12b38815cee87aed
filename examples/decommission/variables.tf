variable "region" {
  description = "AWS region to connect to, the same for all of IAM; null leaves AWS out."
  type        = string
  default     = "eu-west-1"
}

variable "tenant_id" {
  description = "Tenant of Entra ID and Azure; null leaves both out."
  type        = string
  default     = null
}

variable "subscription_id" {
  description = "A subscription of that tenant; null takes that of the environment. Without one, no managed identity is listed, and with one, those of all subscriptions that the caller may read."
  type        = string
  default     = null
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
