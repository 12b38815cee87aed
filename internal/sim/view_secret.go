package sim

import (
	"slices"
	"strings"
	"time"
)

// SecretView is a snapshot of a secret.
type SecretView struct {
	Name, ARN, Region, Description, KMSKeyID string
	Tags                                     map[string]string
	// Value is the text of the current version, or "" without one.
	Value string
	// Binary is the value of a current version that is not text.
	Binary []byte
	// Stages are the staging labels by version, of the versions that have any.
	Stages map[string][]string
	// Versions counts all versions.
	Versions int
	// Policy is the resource policy, or "".
	Policy string
	// ReplicaRegions are those of its replicas.
	ReplicaRegions []string
	// DeletionDate is when a scheduled deletion ends; zero is none.
	DeletionDate time.Time
	CreatedAt    time.Time
}

// Secret returns the true state of a secret, whatever the replication lag; ok
// is false when there is none of that name in the region.
func (a *Account) Secret(region, name string) (view SecretView, ok bool) {
	a.server.mu.Lock()
	defer a.server.mu.Unlock()
	a.purge(a.server.clock.Now())
	s := a.secretsOf(region).get(name)
	if s == nil {
		return SecretView{}, false
	}
	from := s.source()
	view = SecretView{
		Name: s.name, ARN: s.arn(), Region: region, Description: from.description, KMSKeyID: s.kmsKey, Tags: tagMap(from.tags),
		Stages: from.stages(), Versions: len(from.versions), ReplicaRegions: from.replicaNames(),
		DeletionDate: s.deletion, CreatedAt: from.created,
	}
	if v := from.staged(stageCurrent); v != nil {
		if v.text != nil {
			view.Value = *v.text
		}
		view.Binary = slices.Clone(v.binary)
	}
	if from.policy != nil {
		view.Policy = from.policy.render(a.server)
	}
	return view, true
}

// Secrets returns the names of the account's secrets in a region, in order,
// those on their way out included.
func (a *Account) Secrets(region string) []string {
	a.server.mu.Lock()
	defer a.server.mu.Unlock()
	a.purge(a.server.clock.Now())
	var names []string
	for _, s := range a.secretsOf(region).all() {
		names = append(names, s.name)
	}
	return names
}

// ParameterView is a snapshot of a parameter.
type ParameterView struct {
	Name, ARN, Region, Type, Value, KeyID, Tier, Description string
	Tags                                                     map[string]string
	Version                                                  int
	// Labels are those of the current version.
	Labels     []string
	ModifiedAt time.Time
}

// Parameter returns the true state of a parameter, whatever the replication
// lag; ok is false when there is none of that name in the region.
func (a *Account) Parameter(region, name string) (view ParameterView, ok bool) {
	a.server.mu.Lock()
	defer a.server.mu.Unlock()
	p := a.parametersOf(region).get(name)
	if p == nil {
		return ParameterView{}, false
	}
	v := p.current()
	return ParameterView{
		Name: p.name, ARN: p.arn(), Region: region, Type: v.kind, Value: v.value, KeyID: v.keyID, Tier: v.tier,
		Description: v.description, Tags: tagMap(p.tags), Version: v.number, Labels: slices.Clone(v.labels), ModifiedAt: v.modified,
	}, true
}

// Parameters returns the names of the account's parameters in a region under a
// prefix, in order.
func (a *Account) Parameters(region, prefix string) []string {
	a.server.mu.Lock()
	defer a.server.mu.Unlock()
	var names []string
	for _, p := range a.parametersOf(region).all() {
		if strings.HasPrefix(p.name, prefix) {
			names = append(names, p.name)
		}
	}
	return names
}
