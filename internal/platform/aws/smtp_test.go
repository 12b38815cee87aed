package aws

import "testing"

// TestSMTPPassword holds the derivation against values that the script in the Amazon SES Developer Guide gives.
func TestSMTPPassword(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ secret, region, want string }{
		{"some+secret+key", "eu-central-1", "BMXhUYlu5Z3gSXVQORxlVa7XPaz91aGWdfHxvkOZdWZ2"},
		{"another+secret+key", "eu-central-1", "BBbphbrQmrKMx42d1N6+C7VINYEBGI5v9VsZeTxwskfh"},
		{"some+secret+key", "us-west-1", "BH+jbMzper5WwlwUar9E1ySBqHa9whi0GPo+sJ0mVYJj"},
	} {
		if got := smtpPassword(test.secret, test.region); got != test.want {
			t.Errorf("the password in %s is %s, not %s", test.region, got, test.want)
		}
	}
}
