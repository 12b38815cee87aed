package aws

import (
	"sync"
	"time"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
)

// keyChanges are what this process has lately changed of the tags and the access keys of users. IAM's replicas may show
// what was there before, and then a key that is another credential's would look like nobody's.
type keyChanges struct {
	mutex sync.Mutex
	tags  map[userPart]changed[string]
	keys  map[userPart]changed[types.AccessKeyMetadata]
}

// userPart is a tag's key or an access key's id, of a user.
type userPart struct{ user, name string }

// changed is a value as it was written at a time; nil when it was removed.
type changed[T any] struct {
	at    time.Time
	value *T
}

func (c *keyChanges) tag(at time.Time, user, key string, value *string) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	if c.tags == nil {
		c.tags = map[userPart]changed[string]{}
	}
	c.tags[userPart{user, key}] = changed[string]{at, value}
}

func (c *keyChanges) key(at time.Time, user, id string, key *types.AccessKeyMetadata) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	if c.keys == nil {
		c.keys = map[userPart]changed[types.AccessKeyMetadata]{}
	}
	c.keys[userPart{user, id}] = changed[types.AccessKeyMetadata]{at, key}
}

// over lays the changes over what IAM shows, unless they are old enough for every replica to know them.
func (c *keyChanges) over(now time.Time, user string, tags map[string]string, keys []types.AccessKeyMetadata) []types.AccessKeyMetadata {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	for part, change := range c.tags {
		switch {
		case part.user != user, now.Sub(change.at) > propagationTimeout:
		case change.value == nil:
			delete(tags, part.name)
		default:
			tags[part.name] = *change.value
		}
	}
	shown := map[string]types.AccessKeyMetadata{}
	for _, key := range keys {
		shown[awssdk.ToString(key.AccessKeyId)] = key
	}
	for part, change := range c.keys {
		_, there := shown[part.name]
		switch {
		case part.user != user, now.Sub(change.at) > propagationTimeout:
		case change.value == nil:
			delete(shown, part.name)
		case !there:
			shown[part.name] = *change.value
		}
	}
	keys = make([]types.AccessKeyMetadata, 0, len(shown))
	for _, key := range shown {
		keys = append(keys, key)
	}
	return keys
}
