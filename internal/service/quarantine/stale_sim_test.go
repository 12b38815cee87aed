package quarantine_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"

	"github.com/nhi-governance/terraform-provider-governed/internal/acctest"
	"github.com/nhi-governance/terraform-provider-governed/internal/sim"
)

// TestSimForEach quarantines whatever is stale with the real Terraform: what is locked stays on the list, however often
// somebody tries to use it, until it is deleted.
func TestSimForEach(t *testing.T) {
	t.Parallel()
	server := acctest.NewSim(t)
	putRole(server)
	account := server.Account(sim.DefaultAccount)
	live, err := account.AssumeRoleAsService("lambda.amazonaws.com", roleARN, nil)
	must(t, err)
	ago := func(days int) time.Time { return server.Clock().Now().AddDate(0, 0, -days) }
	key := account.PutUser(sim.User{Name: "export", CreatedAt: ago(500), AccessKeys: []sim.AccessKey{{CreatedAt: ago(400), LastUsedAt: ago(300)}}})[0]
	account.PutUser(sim.User{Name: "unused", CreatedAt: ago(500), AccessKeys: []sim.AccessKey{{CreatedAt: ago(500)}}})
	account.PutUser(sim.User{Name: "used", CreatedAt: ago(500), AccessKeys: []sim.AccessKey{{CreatedAt: ago(400), LastUsedAt: ago(3)}}})
	c := acctest.NewCLI(t, server)
	c.Write("quarantine.tf", fmt.Sprintf(`
data "governed_stale_identities" "all" { unused_for_days = 180 }

data "governed_identities" "locked" {
  findings = ["quarantined"]
}

resource "governed_quarantine" "stale" {
  for_each     = { for one in data.governed_stale_identities.all.identities : one.id => one }
  identity     = each.key
  reason       = %q
  delete_after = %q
}

output "locked" { value = join(" ", data.governed_identities.locked.identities[*].id) }
`, reason, acctest.Date(server, 90)))
	said := func(output, text string) {
		t.Helper()
		if !strings.Contains(output, text) {
			t.Errorf("it does not say %q, but\n%s", text, output)
		}
	}
	said(c.Must("apply", "-auto-approve"), "3 added, 0 changed, 0 destroyed")
	const users = userID + " aws:123456789012:user/unused"
	for range 3 {
		// Who tries to use them is refused, and AWS counts that as a use of the role.
		wantCall(t, server, live, false)
		wantCall(t, server, key, false)
		account.RecordServiceUse(roleARN, "s3", "eu-west-1", server.Clock().Now())
		server.Clock().Advance(20 * oneDay)
		c.Must("apply", "-auto-approve", "-refresh-only", "-target=data.governed_identities.locked")
		acctest.WantSame(t, "locked", c.Output("locked"), roleID+" "+users)
	}
	said(c.Must("plan"), "No changes.")

	// Somebody speaks up for one, and takes it out of the list.
	c.Write("quarantine.tf", strings.Replace(c.Read("quarantine.tf"), "one.id => one }", `one.id => one if one.id != "`+userID+`" }`, 1))
	said(c.Must("apply", "-auto-approve"), "0 added, 0 changed, 1 destroyed")
	wantCall(t, server, key, false) // it may not list users, but AWS knows the key again
	_, err = acctest.NewIAM(server.URL(), key.AccessKeyID, key.SecretAccessKey).GetAccessKeyLastUsed(t.Context(), &iam.GetAccessKeyLastUsedInput{AccessKeyId: aws.String(key.AccessKeyID)})
	if err == nil || !strings.Contains(err.Error(), "AccessDenied") {
		t.Errorf("the key says %v", err)
	}
	server.Clock().Advance(40 * oneDay)
	said(c.Must("apply", "-auto-approve"), "0 added, 2 changed, 0 destroyed")
	said(c.Must("apply", "-auto-approve"), "0 added, 0 changed, 2 destroyed")
	said(c.Must("plan"), "No changes.")
	if left := append(account.Roles(), account.Users()...); strings.Join(left, " ") != "export used" {
		t.Errorf("left are %v", left)
	}
}
