# Roles that other accounts can assume, the riskiest first.
list "governed_third_party_identity" "unmanaged" {
  provider = governed

  config {
    findings = ["unmanaged"]
    sort     = "risk_score"
  }
}
