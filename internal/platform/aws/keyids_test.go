package aws

import (
	"testing"
	"time"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/google/go-cmp/cmp"

	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
)

// TestWithIDs has reports that are older than the list of keys, and names no key of which it is not certain.
func TestWithIDs(t *testing.T) {
	t.Parallel()
	early := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	late := early.AddDate(0, 1, 0)
	row := func(made time.Time) governance.CredentialSummary {
		return governance.CredentialSummary{Kind: governance.CredentialAccessKey, Active: !made.IsZero(), CreatedAt: made, LastUsedAt: late.AddDate(0, 1, 0)}
	}
	governed := func(made time.Time, id string) governance.CredentialSummary {
		credential := row(made)
		credential.ID, credential.Store = id, "a secret"
		return credential
	}
	key := func(id string, made time.Time) types.AccessKeyMetadata {
		return types.AccessKeyMetadata{AccessKeyId: &id, CreateDate: &made, Status: types.StatusTypeActive}
	}
	inactive := func(key types.AccessKeyMetadata) types.AccessKeyMetadata {
		key.Status = types.StatusTypeInactive
		return key
	}
	password := governance.CredentialSummary{Kind: governance.CredentialPassword, Active: true, CreatedAt: early}
	type rows = []governance.CredentialSummary
	type keys = []types.AccessKeyMetadata
	for name, test := range map[string]struct {
		rows rows
		keys keys
		want []string
	}{
		"one":                                 {rows{row(early)}, keys{key("A", early)}, []string{"A"}},
		"two in another order":                {rows{row(early), row(late)}, keys{key("B", late), key("A", early)}, []string{"A", "B"}},
		"part of a second apart":              {rows{row(early)}, keys{key("A", early.Add(time.Second/2))}, []string{"A"}},
		"another time zone":                   {rows{row(early.In(time.FixedZone("", 3600)))}, keys{key("A", early)}, []string{"A"}},
		"of the same second":                  {rows{row(early), row(early)}, keys{key("A", early), key("B", early)}, []string{"", ""}},
		"one of the same second has gone":     {rows{row(early), row(early)}, keys{key("A", early)}, []string{"", ""}},
		"one of the same second has come":     {rows{row(early)}, keys{key("A", early), key("B", early)}, []string{""}},
		"made inactive since":                 {rows{row(early)}, keys{inactive(key("A", early))}, []string{"A"}},
		"replaced since":                      {rows{row(early)}, keys{key("B", late)}, []string{""}},
		"older than the report's":             {rows{row(late)}, keys{key("A", early)}, []string{""}},
		"gone":                                {rows{row(early)}, nil, []string{""}},
		"inactive, perhaps another":           {rows{row(time.Time{})}, keys{inactive(key("A", early))}, []string{""}},
		"inactive without a date":             {rows{row(time.Time{})}, keys{inactive(key("A", time.Time{}))}, []string{""}},
		"a password of the same second":       {rows{password, row(early)}, keys{key("A", early)}, []string{"", "A"}},
		"known":                               {rows{governed(early, "A")}, keys{key("A", early)}, []string{"A in a secret"}},
		"taken for a governed one":            {rows{governed(late, "A")}, keys{inactive(key("A", early)), key("B", late)}, []string{"B"}},
		"both governed":                       {rows{governed(early, ""), governed(late, "")}, keys{key("A", early), key("B", late)}, []string{"A in a secret", "B in a secret"}},
		"governed, of which nothing is known": {rows{governed(early, "A")}, nil, []string{"A in a secret"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			before := append(rows{}, test.rows...)
			var got []string
			for _, credential := range withIDs(test.rows, test.keys) {
				text := credential.ID
				if credential.Store != "" {
					text += " in " + credential.Store
				}
				got = append(got, text)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Error(diff)
			}
			if diff := cmp.Diff(before, test.rows); diff != "" {
				t.Errorf("it changes what others share: %s", diff)
			}
		})
	}
	if named := withIDs(rows{row(early)}, keys{{AccessKeyId: awssdk.String("A")}}); named[0].ID != "" {
		t.Errorf("a key without a date is %s", named[0].ID)
	}
}
