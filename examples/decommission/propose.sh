#!/bin/sh
# Adds stale identities that nobody governs to decommission.yaml, for review, and writes what is known of them to a file.
# It reads the cloud and changes nothing in it. Usage: ./propose.sh [file]
set -eu
umask 077
review=$(cd "$(dirname "${1:-review.md}")" && pwd)/$(basename "${1:-review.md}")
cd "$(dirname "$0")"
run=$(mktemp -d)
trap 'rm -rf "$run"' EXIT

terraform -chdir=propose init -input=false
terraform -chdir=propose apply -input=false -auto-approve -state="$run/terraform.tfstate"
for output in file review; do
  terraform -chdir=propose output -state="$run/terraform.tfstate" -raw "$output" >"$run/$output"
done
cat "$run/review" >"$review"
cat "$run/file" >decommission.yaml
