variable "tenant_id" {
  description = "Tenant of Entra ID."
  type        = string
}

variable "owners" {
  description = "User principal names or object ids of the application's owners."
  type        = set(string)
}

variable "vault_uri" {
  description = "Key vault that has the secret, such as https://shop-prod.vault.azure.net/."
  type        = string
}

variable "expiry" {
  description = "Last day of the application."
  type        = string
  default     = "2027-03-31"
}

variable "find" {
  description = "Key id of a credential whose identity is looked for; null for none."
  type        = string
  default     = null
}
