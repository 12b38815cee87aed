#!/bin/sh
# Reads the inventory once, writes its reports into a folder, and fails where a threshold is exceeded, after writing them.
# Usage: ./audit.sh [folder]      Thresholds: a terraform.tfvars beside this file, or TF_VAR_… in the environment.
set -eu
umask 077
mkdir -p "${1:-reports}"
reports=$(cd "${1:-reports}" && pwd)
cd "$(dirname "$0")"
run=$(mktemp -d)
trap 'rm -rf "$run"' EXIT

terraform init -input=false
status=0
terraform apply -input=false -auto-approve -state="$run/terraform.tfstate" || status=$?

write() {
  terraform output -state="$run/terraform.tfstate" -raw "$1" >"$run/$2" && mv "$run/$2" "$reports/$2"
}

# Without an inventory there is nothing to write, and the status tells.
if [ -s "$run/terraform.tfstate" ]; then
  write html identities.html
  write markdown identities.md
  write csv identities.csv
  write json identities.json
  write sarif identities.sarif
fi
exit "$status"
