package sim

import (
	"cmp"
	"time"
)

// Secret is a secret of Secrets Manager to seed with [Account.PutSecret].
type Secret struct {
	Name string
	// Region is the server's by default.
	Region      string
	Description string
	// Value is the text of the first version; empty makes no version.
	Value     string
	Tags      map[string]string
	CreatedAt time.Time
}

// Parameter is a parameter of Parameter Store to seed with
// [Account.PutParameter].
type Parameter struct {
	Name string
	// Region is the server's by default.
	Region      string
	Description string
	// Type is "SecureString" by default.
	Type  string
	Value string
	Tags  map[string]string
	// ModifiedAt is the clock's time by default.
	ModifiedAt time.Time
}

// PutSecret makes a secret, or replaces the one of that name and region, and
// returns its ARN.
func (a *Account) PutSecret(seed Secret) (arn string) {
	a.withoutLag(func() {
		s := a.server
		s.serial++
		serial := indexed("secret", s.serial)
		made := &secret{
			account: a, region: cmp.Or(seed.Region, s.region), name: seed.Name, suffix: deriveSuffix(serial),
			description: seed.Description, tags: sortedTags(seed.Tags), created: s.orNow(seed.CreatedAt),
		}
		made.changed = made.created
		if seed.Value != "" {
			s.remember(seed.Value)
			made.versions = []secretVersion{{id: UUID(serial), text: &seed.Value, stages: []string{stageCurrent}, created: made.created}}
		}
		a.secretsOf(made.region).put(seed.Name, made, 0)
		arn = made.arn()
	})
	return arn
}

// PutParameter makes a parameter, or replaces the one of that name and region,
// and returns its ARN. It panics on a name that Parameter Store does not take.
func (a *Account) PutParameter(seed Parameter) (arn string) {
	a.withoutLag(func() {
		s := a.server
		must("the parameter "+seed.Name, checkParameterName(seed.Name))
		v := parameterVersion{
			number: 1, kind: cmp.Or(seed.Type, typeSecure), value: seed.Value, tier: tierStandard, dataType: "text",
			description: seed.Description, modified: s.orNow(seed.ModifiedAt), by: a.adminARN(),
		}
		if v.kind == typeSecure {
			v.keyID = defaultParameterKey
			s.remember(v.value)
		}
		p := &parameter{
			account: a, region: cmp.Or(seed.Region, s.region), name: seed.Name, tags: sortedTags(seed.Tags),
			versions: []parameterVersion{v},
		}
		a.parametersOf(p.region).put(p.name, p, 0)
		arn = p.arn()
	})
	return arn
}
