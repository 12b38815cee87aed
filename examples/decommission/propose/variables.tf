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

variable "unused_for_days" {
  description = "Days without use after which an identity is proposed."
  type        = number
  default     = 180
  nullable    = false
  validation {
    condition     = var.unused_for_days >= 30 && var.unused_for_days <= 400 && floor(var.unused_for_days) == var.unused_for_days
    error_message = "unused_for_days is ${var.unused_for_days}. Write whole days from 30 to 400, which is how far back IAM looks: what runs once a month is not stale."
  }
}

variable "grace_days" {
  description = "Days from today to the last day of what is proposed, for which it is in quarantine."
  type        = number
  default     = 60
  nullable    = false
  validation {
    condition     = var.grace_days >= 1 && floor(var.grace_days) == var.grace_days
    error_message = "grace_days is ${var.grace_days}. Write whole days from 1 on: somebody may have to object."
  }
}

variable "keep" {
  description = "Canonical ids that are never proposed. Better give them an owner and an expiry."
  type        = set(string)
  default     = []
  nullable    = false
}

variable "at_most" {
  description = "How many identities are proposed at once."
  type        = number
  default     = 20
  nullable    = false
  validation {
    condition     = var.at_most >= 1 && floor(var.at_most) == var.at_most
    error_message = "at_most is ${var.at_most}. Write a whole number from 1 on."
  }
}
