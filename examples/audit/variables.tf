variable "region" {
  description = "AWS region to connect to. IAM is the same in each."
  type        = string
  default     = "eu-west-1"
}

variable "inventory" {
  description = "Further accounts to read, and optional sources, as aws.inventory of the provider has them; null for the account of the credentials alone."
  type = object({
    organization           = optional(bool)
    accounts               = optional(list(string))
    role_name              = optional(string)
    regions                = optional(list(string))
    config_aggregator      = optional(string)
    unused_access_findings = optional(bool)
    service_last_accessed  = optional(bool)
  })
  default = null
}

variable "unused_for_days" {
  description = "Days without use that make an identity stale."
  type        = number
  default     = 90
  nullable    = false
  validation {
    condition     = var.unused_for_days >= 1 && var.unused_for_days <= 400 && floor(var.unused_for_days) == var.unused_for_days
    error_message = "unused_for_days is ${var.unused_for_days}. Write whole days from 1 to 400, which is how far back IAM looks."
  }
}

variable "within_days" {
  description = "Days before its expiry at which an identity is warned of."
  type        = number
  default     = 30
  nullable    = false
  validation {
    condition     = var.within_days >= 0 && floor(var.within_days) == var.within_days
    error_message = "within_days is ${var.within_days}. Write whole days, 0 for what has expired already."
  }
}

variable "high_risk_score" {
  description = "Risk score from which on an identity is a high risk."
  type        = number
  default     = 50
  nullable    = false
  validation {
    condition     = var.high_risk_score >= 1 && floor(var.high_risk_score) == var.high_risk_score
    error_message = "high_risk_score is ${var.high_risk_score}. Write a whole number from 1 on: the guide \"Findings and the risk score\" has what each finding weighs."
  }
}

# The thresholds. Start with today's numbers and lower them; null turns one off.

variable "max_unowned" {
  description = "How many identities may be without an owner, a purpose or an expiry."
  type        = number
  default     = 0
  validation {
    condition     = var.max_unowned == null ? true : var.max_unowned >= 0 && floor(var.max_unowned) == var.max_unowned
    error_message = "max_unowned has to be a whole number from 0 on, or null for no threshold."
  }
}

variable "max_stale" {
  description = "How many identities may be unused."
  type        = number
  default     = 0
  validation {
    condition     = var.max_stale == null ? true : var.max_stale >= 0 && floor(var.max_stale) == var.max_stale
    error_message = "max_stale has to be a whole number from 0 on, or null for no threshold."
  }
}

variable "max_high_risk" {
  description = "How many identities may be a high risk."
  type        = number
  default     = 0
  validation {
    condition     = var.max_high_risk == null ? true : var.max_high_risk >= 0 && floor(var.max_high_risk) == var.max_high_risk
    error_message = "max_high_risk has to be a whole number from 0 on, or null for no threshold."
  }
}

variable "max_critical" {
  description = "How many identities may have a critical finding."
  type        = number
  default     = 0
  validation {
    condition     = var.max_critical == null ? true : var.max_critical >= 0 && floor(var.max_critical) == var.max_critical
    error_message = "max_critical has to be a whole number from 0 on, or null for no threshold."
  }
}

variable "allow_gaps" {
  description = "Whether a run passes that could not read everything. What was not read is held against nobody, so the other thresholds alone would pass it."
  type        = bool
  default     = false
  nullable    = false
}

variable "name_at_most" {
  description = "How many of the worst identities a message names."
  type        = number
  default     = 5
  nullable    = false
  validation {
    condition     = var.name_at_most >= 1 && floor(var.name_at_most) == var.name_at_most
    error_message = "name_at_most is ${var.name_at_most}. Write a whole number from 1 on."
  }
}
