package azure

import (
	"slices"
	"strings"
	"time"

	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform"
)

// maxKeyName is where Entra ID cuts the display name of a secret.
const maxKeyName = 90

// label is the display name of what is made under a note: it tells it from whatever else is made meanwhile.
func label(note platform.Issuance) string {
	text := "governed " + note.Since.UTC().Format(time.RFC3339) + " " + note.Store
	return text[:min(len(text), maxKeyName)]
}

// issuance reads the note of a credential that is being made: when that began, a comma, and the store.
func (t graphTagging) issuance(tags []string) (note platform.Issuance, ok bool) {
	text := decodeGraphTag(joinedParts(t.keys.Key(governance.RecordIssuing), tags))
	since, store, found := strings.Cut(text, ",")
	at, err := time.Parse(time.RFC3339, since)
	return platform.Issuance{Since: at, Store: store}, found && err == nil
}

// withIssuance are the tags with a note in place of the one that is there; nil is none.
func (t graphTagging) withIssuance(tags []string, note *platform.Issuance) []string {
	key := t.keys.Key(governance.RecordIssuing)
	tags = withoutKey(tags, key)
	if note == nil {
		return tags
	}
	return append(tags, tagParts(key, encodeGraphTag(note.Since.UTC().Format(time.RFC3339)+","+note.Store))...)
}

// storeKey is the key under which the store of a credential is noted.
func (t graphTagging) storeKey(id string) string {
	return t.keys.Key(governance.RecordCredential) + "." + id
}

// stores are the stores that are noted, by key id.
func (t graphTagging) stores(tags []string) map[string]string {
	found := map[string]string{}
	for _, tag := range tags {
		rest, ours := strings.CutPrefix(tag, graphKey(t.keys.Key(governance.RecordCredential))+".")
		if id, _, _ := strings.Cut(rest, "="); ours && guidPattern.MatchString(id) {
			found[id] = decodeGraphTag(joinedParts(t.storeKey(id), tags))
		}
	}
	return found
}

// withStore are the tags with the store of a credential; an empty one takes its note away.
func (t graphTagging) withStore(tags []string, id, store string) []string {
	return append(withoutKey(tags, t.storeKey(id)), tagParts(t.storeKey(id), encodeGraphTag(store))...)
}

// withStoresOf are the tags without the stores of credentials that do not exist.
func (t graphTagging) withStoresOf(tags []string, exist []appCredential) []string {
	for id := range t.stores(tags) {
		if !slices.ContainsFunc(exist, func(one appCredential) bool { return one.ID == id }) {
			tags = withoutKey(tags, t.storeKey(id))
		}
	}
	return tags
}

// isCredentialNote tells whether a tag is one of these notes.
func (t graphTagging) isCredentialNote(tag string) bool {
	return strings.HasPrefix(tag, graphKey(t.keys.Key(governance.RecordCredential))+".") || len(withoutKey([]string{tag}, t.keys.Key(governance.RecordIssuing))) == 0
}

// withoutKey are the tags without those that hold the value of a key.
func withoutKey(tags []string, key string) []string {
	return slices.DeleteFunc(slices.Clone(tags), func(tag string) bool {
		rest, ours := strings.CutPrefix(tag, graphKey(key))
		return ours && (strings.HasPrefix(rest, "=") || isPart(rest))
	})
}
