data "governed_high_risk_identities" "worst" {
  minimum_score = 60
  limit         = 10
}

output "worst" {
  value = [for identity in data.governed_high_risk_identities.worst.identities : {
    id    = identity.id
    score = identity.risk_score
    why   = [for finding in identity.findings : "${finding.severity}: ${finding.message}"]
    todo  = distinct([for finding in identity.findings : finding.remedy])
  }]
}
