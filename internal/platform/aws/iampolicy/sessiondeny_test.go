package iampolicy_test

import (
	"testing"
	"time"

	"github.com/nhi-governance/terraform-provider-governed/internal/platform/aws/iampolicy"
)

func TestSessionDenials(t *testing.T) {
	t.Parallel()
	at := time.Date(2027, 3, 31, 12, 0, 0, 999, time.UTC)
	one, all := iampolicy.SessionDeny("AROAEXAMPLE:export", at).JSON(), iampolicy.SessionsDeny(at).JSON()
	if got, ok := iampolicy.ParseSessionDeny(one); !ok || !got.Equal(at.Truncate(time.Second)) {
		t.Errorf("the session ends at %s, %t", got, ok)
	}
	if got, ok := iampolicy.ParseSessionsDeny(all); !ok || !got.Equal(at.Truncate(time.Second)) {
		t.Errorf("sessions count from %s, %t", got, ok)
	}
	others := []string{
		``, `{}`, iampolicy.ExpiryDeny(at).JSON(),
		`{"Version":"2012-10-17","Statement":[{"Sid":"GovernedRevokedSessions","Effect":"Deny","Action":"s3:*","Resource":"*","Condition":{"DateLessThan":{"aws:TokenIssueTime":"2027-03-31T12:00:00Z"}}}]}`,
		`{"Version":"2012-10-17","Statement":[{"Sid":"GovernedRevokedSessions","Effect":"Deny","Action":"*","Resource":"*","Condition":{"DateLessThan":{"aws:TokenIssueTime":"2027-03-31T12:00:00Z"},"Bool":{"aws:SecureTransport":"true"}}}]}`,
		`{"Version":"2012-10-17","Statement":[{"Sid":"GovernedRevokedSessions","Effect":"Allow","Action":"*","Resource":"*","Condition":{"DateLessThan":{"aws:TokenIssueTime":"2027-03-31T12:00:00Z"}}}]}`,
		`{"Version":"2012-10-17","Statement":[{"Sid":"GovernedClosedSession","Effect":"Deny","Action":"*","Resource":"*","Condition":{"DateLessThan":{"aws:CurrentTime":"2027-03-31T12:00:00Z"},"StringEquals":{"aws:userid":["a","b"]}}}]}`,
	}
	for _, text := range append(others, one) {
		if _, ok := iampolicy.ParseSessionsDeny(text); ok {
			t.Errorf("this denies old sessions: %s", text)
		}
	}
	for _, text := range append(others, all) {
		if _, ok := iampolicy.ParseSessionDeny(text); ok {
			t.Errorf("this denies one session: %s", text)
		}
	}
}
