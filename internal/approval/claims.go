package approval

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
)

// Claims are what an approval says.
type Claims struct {
	// Subject is the canonical id of the identity; of an application of Entra ID it has the unique name instead of the object id.
	Subject string `json:"sub"`
	// Classes are rules of governance.DangerRules; Grants are what it allows of them. One of the two can be left out.
	Classes []governance.Rule `json:"classes,omitempty"`
	Grants  []Grant           `json:"grants,omitempty"`

	Approver string `json:"approver"`
	Ticket   string `json:"ticket"`
	// IssuedAt, NotBefore and Expiry are in seconds since 1970, UTC. NotBefore is 0 where the approval holds at once.
	IssuedAt  int64 `json:"iat"`
	NotBefore int64 `json:"nbf,omitempty"`
	Expiry    int64 `json:"exp"`
	// ID is for the records of who signs; nothing is made of it here.
	ID string `json:"jti,omitempty"`
}

// Grant is every one of the actions on every one of the resources, as IAM's wildcards have them.
type Grant struct {
	Actions   []string `json:"actions"`
	Resources []string `json:"resources"`
}

// Bounds on what an approval may say, so that to hold it against an identity costs little.
const (
	maxPatterns = 200
	maxText     = 256
	maxPattern  = 2048
	// lastSecond is the last one that RFC 3339 can write.
	lastSecond = 253402300799
)

// Problem says what is wrong with claims that are to be signed, or have been; it is empty where nothing is.
func (c Claims) Problem() string {
	if governance.CheckApprovalSubject(c.Subject) != nil {
		return "sub is " + quote(c.Subject) + ", which is no canonical id of an identity"
	}
	if len(c.Classes) == 0 && len(c.Grants) == 0 {
		return "it has neither classes nor grants, and so allows nothing"
	}
	for _, class := range c.Classes {
		if !slices.Contains(governance.DangerRules, class) {
			return fmt.Sprintf("classes has %s; there are %v", quote(string(class)), governance.DangerRules)
		}
	}
	patterns := 0
	for i, grant := range c.Grants {
		if len(grant.Actions) == 0 || len(grant.Resources) == 0 {
			return fmt.Sprintf("grants[%d] has no actions or no resources", i)
		}
		for _, pattern := range slices.Concat(grant.Actions, grant.Resources) {
			if patterns++; pattern == "" || len(pattern) > maxPattern || !printable(pattern) {
				return fmt.Sprintf("grants[%d] has a pattern that is empty, too long or not printable", i)
			}
		}
		// In IAM no wildcard but * alone stands for a service with its actions; here any would.
		iam := strings.HasPrefix(c.Subject, string(governance.PlatformAWS)+":")
		if j := slices.IndexFunc(grant.Actions, func(action string) bool {
			return iam && !strings.Contains(action, ":") && strings.Trim(action, "*") != ""
		}); j >= 0 {
			return fmt.Sprintf("grants[%d] has the action %s, which is neither * nor of the form service:name", i, quote(grant.Actions[j]))
		}
	}
	if patterns > maxPatterns {
		return fmt.Sprintf("grants has %d patterns; it can have %d", patterns, maxPatterns)
	}
	for _, text := range []struct{ name, value string }{{"approver", c.Approver}, {"ticket", c.Ticket}} {
		if text.value == "" || len(text.value) > maxText || !printable(text.value) {
			return fmt.Sprintf("%s is missing, longer than %d bytes or not printable", text.name, maxText)
		}
	}
	for _, at := range []struct {
		name  string
		value int64
	}{{"iat", c.IssuedAt}, {"exp", c.Expiry}} {
		if at.value <= 0 || at.value > lastSecond {
			return at.name + " is missing or no time: write whole seconds since 1970"
		}
	}
	if c.NotBefore < 0 || c.NotBefore > lastSecond {
		return "nbf is no time: write whole seconds since 1970"
	}
	if c.Expiry <= max(c.IssuedAt, c.NotBefore) {
		return "exp is not after iat and nbf"
	}
	return ""
}

// printable tells whether a text is what it looks like: no controls, and nothing that turns the direction of writing.
func printable(text string) bool {
	for _, r := range text {
		if !unicode.IsPrint(r) {
			return false
		}
	}
	return true
}

func (c Claims) check(identity string, maxDays int, now time.Time) error {
	issued, until, from := time.Unix(c.IssuedAt, 0), time.Unix(c.Expiry, 0), time.Unix(max(c.IssuedAt, c.NotBefore), 0)
	switch {
	case c.Subject != identity:
		return failure(Identity, "Have one signed for this identity. If it has got another name, path or account, that is another identity.",
			"it is for %s, and this identity is %s", c.Subject, identity)
	case from.After(now.Add(skew)):
		return failure(NotYetValid, "Wait until then, or have one signed that holds now.", "it holds from %s on", stamp(from))
	case until.Sub(issued) > time.Duration(maxDays)*24*time.Hour:
		return failure(Lifetime, fmt.Sprintf("Have one signed that ends within %d days.", maxDays),
			"it is to hold for %d days, and the policy's approval_max_days is %d", int(until.Sub(issued).Hours()/24+0.5), maxDays)
	case !until.After(now):
		return failure(Expired, "Have a new one signed: write approval = \"requested\". Or take away what needs it.", "it ended at %s", stamp(until))
	}
	return nil
}

func stamp(at time.Time) string { return at.UTC().Format(time.RFC3339) }

func (c Claims) approval() governance.Approval {
	a := governance.Approval{Classes: c.Classes, Approver: c.Approver, Ticket: c.Ticket, IssuedAt: time.Unix(c.IssuedAt, 0), Until: time.Unix(c.Expiry, 0)}
	for _, grant := range c.Grants {
		a.Grants = append(a.Grants, governance.Grant(grant))
	}
	return a
}

// parseClaims reads a payload. The reason says what is wrong.
func parseClaims(payload []byte) (c Claims, reason string) {
	members, reason := object(payload, "sub", "classes", "grants", "approver", "ticket", "iat", "nbf", "exp", "jti")
	if reason != "" {
		return c, reason
	}
	for _, text := range []struct {
		name string
		into *string
	}{{"sub", &c.Subject}, {"approver", &c.Approver}, {"ticket", &c.Ticket}, {"jti", &c.ID}} {
		if value, ok := members[text.name]; ok && !textOf(value, text.into) {
			return c, text.name + " is not a text"
		}
	}
	for _, at := range []struct {
		name string
		into *int64
	}{{"iat", &c.IssuedAt}, {"nbf", &c.NotBefore}, {"exp", &c.Expiry}} {
		value, ok := members[at.name]
		if !ok {
			continue
		}
		seconds, err := strconv.ParseInt(string(value), 10, 64)
		if err != nil {
			return c, at.name + " is not a number of whole seconds"
		}
		*at.into = seconds
	}
	if value, ok := members["classes"]; ok {
		texts, ok := textsOf(value)
		if !ok {
			return c, "classes is not a list of texts"
		}
		for _, text := range texts {
			c.Classes = append(c.Classes, governance.Rule(text))
		}
	}
	if value, ok := members["grants"]; ok {
		if c.Grants, reason = grantsOf(value); reason != "" {
			return c, reason
		}
	}
	return c, c.Problem()
}

func grantsOf(value json.RawMessage) (grants []Grant, reason string) {
	var raw []json.RawMessage
	if err := json.Unmarshal(value, &raw); err != nil || len(raw) == 0 {
		return nil, "grants is not a list with something in it"
	}
	for i, one := range raw {
		members, reason := object(one, "actions", "resources")
		if reason != "" {
			return nil, fmt.Sprintf("grants[%d]: %s", i, reason)
		}
		actions, ok := textsOf(members["actions"])
		resources, also := textsOf(members["resources"])
		if !ok || !also {
			return nil, fmt.Sprintf("grants[%d] needs actions and resources, a list of texts each", i)
		}
		grants = append(grants, Grant{actions, resources})
	}
	return grants, ""
}
