variable "region" {
  description = "AWS region to connect to, which has the secret."
  type        = string
  default     = "eu-west-1"
}

variable "expiry" {
  description = "Last day of the identity."
  type        = string
  default     = "2027-03-31"
}

variable "actions" {
  description = "What the user may do."
  type        = list(string)
  default     = ["ses:SendRawEmail"]
}

variable "find" {
  description = "Id of a credential whose identity is looked for; null for none."
  type        = string
  default     = null
}
