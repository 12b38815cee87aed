package azure

import (
	"encoding/json"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/nhi-governance/terraform-provider-governed/internal/platform"
)

// appCredential is a secret or certificate of an application as it is.
type appCredential struct {
	platform.Credential
	// label is its display name.
	label string
	// raw is a certificate as Microsoft Graph takes it in a PATCH; nil for a secret.
	raw json.RawMessage
}

// recentChanges are what this process has lately changed of the tags and the credentials of applications. Replicas of the
// directory may show what was there before, and a PATCH replaces whole collections: what it did not see would be lost.
type recentChanges struct {
	mutex sync.Mutex
	// tags are there or not, and credentials nil where they are not.
	tags        map[appPart]changedPart[bool]
	credentials map[appPart]changedPart[*appCredential]
}

// appPart is a tag or a key id, of an application.
type appPart struct{ app, name string }

type changedPart[T any] struct {
	at    time.Time
	value T
}

func set[T any](all *map[appPart]changedPart[T], at time.Time, app, name string, value T) {
	if *all == nil {
		*all = map[appPart]changedPart[T]{}
	}
	(*all)[appPart{strings.ToLower(app), name}] = changedPart[T]{at, value}
}

// noteTags notes a change from some tags to others.
func (c *recentChanges) noteTags(at time.Time, app string, before, after []string) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	for _, tag := range before {
		if !slices.Contains(after, tag) {
			set(&c.tags, at, app, tag, false)
		}
	}
	for _, tag := range after {
		if !slices.Contains(before, tag) {
			set(&c.tags, at, app, tag, true)
		}
	}
}

// overTags lays the changes over what a replica shows, unless they are old enough for all to know them. With a filter, only
// those of tags that it takes.
func (c *recentChanges) overTags(now time.Time, app string, tags []string, filter func(string) bool) []string {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	tags = slices.Clone(tags)
	for part, change := range c.tags {
		if part.app != strings.ToLower(app) || now.Sub(change.at) > replicationTimeout || (filter != nil && !filter(part.name)) {
			continue
		}
		i := slices.Index(tags, part.name)
		switch {
		case change.value && i < 0:
			tags = append(tags, part.name)
		case !change.value && i >= 0:
			tags = slices.Delete(tags, i, i+1)
		}
	}
	return tags
}

// noteCredential notes that a credential was made, or with nil that it was removed.
func (c *recentChanges) noteCredential(at time.Time, app, id string, credential *appCredential) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	set(&c.credentials, at, app, id, credential)
}

// overCredentials does for credentials what overTags does.
func (c *recentChanges) overCredentials(now time.Time, app string, all []appCredential) []appCredential {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	all = slices.Clone(all)
	for part, change := range c.credentials {
		if part.app != strings.ToLower(app) || now.Sub(change.at) > replicationTimeout {
			continue
		}
		i := slices.IndexFunc(all, func(one appCredential) bool { return one.ID == part.name })
		switch {
		case change.value == nil && i >= 0:
			all = slices.Delete(all, i, i+1)
		case change.value != nil && i < 0:
			all = append(all, *change.value)
		}
	}
	return all
}

// made is the credential that this process has lately made; nil when it has not.
func (c *recentChanges) made(now time.Time, app, id string) *appCredential {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	if change, ok := c.credentials[appPart{strings.ToLower(app), id}]; ok && now.Sub(change.at) <= replicationTimeout {
		return change.value
	}
	return nil
}

// removed tells that this process has lately removed the credential.
func (c *recentChanges) removed(now time.Time, app, id string) bool {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	change, ok := c.credentials[appPart{strings.ToLower(app), id}]
	return ok && change.value == nil && now.Sub(change.at) <= replicationTimeout
}
