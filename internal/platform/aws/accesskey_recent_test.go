package aws

import (
	"maps"
	"slices"
	"testing"
	"time"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
)

// TestKeyChanges lays what was changed over what a lagging replica shows.
func TestKeyChanges(t *testing.T) {
	t.Parallel()
	written := time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC)
	key := func(id string) types.AccessKeyMetadata { return types.AccessKeyMetadata{AccessKeyId: &id} }
	added := key("AKIA2")
	for name, test := range map[string]struct {
		user     string
		after    time.Duration
		wantTags map[string]string
		wantKeys []string
	}{
		"at once":      {"mailer", time.Second, map[string]string{"kept": "1", "new": "2"}, []string{"AKIA2", "AKIA3"}},
		"later":        {"mailer", time.Hour, map[string]string{"kept": "1", "removed": "3"}, []string{"AKIA1", "AKIA3"}},
		"another user": {"other", time.Second, map[string]string{"kept": "1", "removed": "3"}, []string{"AKIA1", "AKIA3"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var changes keyChanges
			changes.tag(written, "mailer", "new", awssdk.String("2"))
			changes.tag(written, "mailer", "removed", nil)
			changes.key(written, "mailer", "AKIA2", &added)
			changes.key(written, "mailer", "AKIA1", nil)
			tags := map[string]string{"kept": "1", "removed": "3"}
			keys := keyIDs(changes.over(written.Add(test.after), test.user, tags, []types.AccessKeyMetadata{key("AKIA1"), key("AKIA3")}))
			if slices.Sort(keys); !slices.Equal(keys, test.wantKeys) || !maps.Equal(tags, test.wantTags) {
				t.Errorf("the keys are %v and the tags %v", keys, tags)
			}
		})
	}
}
