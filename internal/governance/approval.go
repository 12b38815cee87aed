package governance

import (
	"crypto"
	"fmt"
	"slices"
	"strings"
	"time"
)

// RuleApproval is about an approval that does not do what the identity needs it for. It is enforced as the rules are that
// it is for.
const RuleApproval Rule = "approval"

// ApprovalRequested is what stands in the place of an approval while somebody is asked for it.
const ApprovalRequested = "requested"

// DefaultApprovalMaxDays is how long an approval may hold.
const DefaultApprovalMaxDays = 365

// ApprovalKey is a public key whose owner may approve.
type ApprovalKey struct {
	// ID is the thumbprint of RFC 7638 over SHA-256, in base64url. Name is another id that the key was given; often empty.
	ID, Name string
	Public   crypto.PublicKey
}

// ApprovalsDocument is what a policy document says of approvals.
type ApprovalsDocument struct {
	// ApprovalKeys are public keys as they are written, and Keys what they are: this package reads no JWK.
	ApprovalKeys []string      `json:"approval_keys,omitempty"`
	Keys         []ApprovalKey `json:"-"`
	// ApprovalMaxDays bounds the time from the issue of an approval to its end.
	ApprovalMaxDays *int `json:"approval_max_days,omitempty"`
}

// complete makes of silence that there are no keys.
func (d ApprovalsDocument) complete() ApprovalsDocument {
	if d.ApprovalKeys == nil {
		d.ApprovalKeys = []string{}
	}
	if days := DefaultApprovalMaxDays; d.ApprovalMaxDays == nil {
		d.ApprovalMaxDays = &days
	}
	return d
}

func (d ApprovalsDocument) problems() []error {
	if days := d.ApprovalMaxDays; days != nil && (*days < 1 || *days > maxPolicyDays) {
		return []error{&PolicyError{Path: []string{"approval_max_days"}, Reason: fmt.Sprintf("%d is not a number of days from 1 to %d", *days, maxPolicyDays)}}
	}
	return nil
}

// approvals is what a policy says of approvals. Keys that only some of the documents have do not count, because otherwise
// a team could approve what it asks for.
type approvals struct {
	keys []ApprovalKey
	// said tells that a document has said which keys there are, and offered that one has named some.
	said, offered bool
	maxDays       int
}

func (a *approvals) tighten(document ApprovalsDocument) {
	if document.ApprovalKeys != nil {
		a.offered = a.offered || len(document.Keys) > 0
		if !a.said {
			a.said, a.keys = true, document.Keys
		} else {
			a.keys = slices.DeleteFunc(slices.Clone(a.keys), func(key ApprovalKey) bool {
				return !slices.ContainsFunc(document.Keys, func(other ApprovalKey) bool { return other.ID == key.ID })
			})
		}
	}
	if days := document.ApprovalMaxDays; days != nil && (a.maxDays == 0 || *days < a.maxDays) {
		a.maxDays = *days
	}
}

// ApprovalKeys are those that every policy has which names any.
func (p Policy) ApprovalKeys() []ApprovalKey { return p.approvals.keys }

// ApprovalKeysOverruled tells that there are no keys because no two policies agree on one.
func (p Policy) ApprovalKeysOverruled() bool {
	return len(p.approvals.keys) == 0 && p.approvals.offered
}

// ApprovalMaxDays is how long an approval may hold.
func (p Policy) ApprovalMaxDays() int {
	if p.approvals.maxDays == 0 {
		return DefaultApprovalMaxDays
	}
	return p.approvals.maxDays
}

// Approval is one whose signature has been verified, and that is for the identity which it is held against.
type Approval struct {
	// Classes are the rules whose dangers it allows; all of DangerRules where it is empty.
	Classes []Rule
	// Grants are what it allows of them; whatever grants them where it is empty.
	Grants           []Grant
	Approver, Ticket string
	IssuedAt, Until  time.Time
}

// String names the approval in messages.
func (a Approval) String() string {
	return fmt.Sprintf("the approval of %s (%s, until %s)", a.Approver, a.Ticket, a.Until.UTC().Format(time.RFC3339))
}

// EndsSoon tells whether an approval ends within the policy's warning window, or, of one that lives hardly longer than
// that, in the second half of its life.
func (p Policy) EndsSoon(a Approval, now time.Time) bool {
	left, window := a.Until.Sub(now), time.Duration(p.warnBeforeDays)*24*time.Hour
	return p.Enforcement(RuleWarnBefore) != EnforceOff && left < min(window, a.Until.Sub(a.IssuedAt)/2)
}

// uniqueNameKey and appIDKey are in the place of an object id.
const (
	uniqueNameKey = "unique_name="
	appIDKey      = "app_id="
)

// ApplicationSubject is whom an approval of an application of Entra ID names. Its canonical id has an object id that nobody
// knows before it is there; its unique name is known, nothing else in the tenant has it, and it never changes.
func ApplicationSubject(tenant, uniqueName string) string {
	return ID{Kind: KindEntraApplication, Account: tenant, Resource: uniqueNameKey + uniqueName}.String()
}

// ServicePrincipalSubject is whom an approval of a third party's service principal names: by the id of the third party's
// application, for the same reasons.
func ServicePrincipalSubject(tenant, appID string) string {
	return ID{Kind: KindEntraServicePrincipal, Account: tenant, Resource: appIDKey + strings.ToLower(appID)}.String()
}

// CheckApprovalSubject tells whether a text names an identity that can be approved: by its canonical id, an application of
// Entra ID by its unique name, or a service principal by the id of its application.
func CheckApprovalSubject(text string) error {
	_, err := ParseID(text)
	if before, appID, found := strings.Cut(text, appIDKey); found && err != nil {
		if id, invalid := ParseID(before + appID); invalid == nil && id.Kind == KindEntraServicePrincipal {
			return nil
		}
	}
	if before, name, found := strings.Cut(text, uniqueNameKey); found && err != nil && name != "" && !strings.ContainsAny(name, " \t\n") {
		const anyObject = "00000000-0000-0000-0000-000000000000"
		if id, invalid := ParseID(before + anyObject); invalid == nil && id.Kind == KindEntraApplication {
			return nil
		}
	}
	return err
}

// ApprovalNeed is what an approval has to allow so that an identity can be what it is. The zero value is nothing.
type ApprovalNeed struct {
	Identity string
	Classes  []Rule
	Grants   []Grant
}

// Empty tells whether no approval is needed.
func (n ApprovalNeed) Empty() bool { return len(n.Classes) == 0 }

// Under is what of the need there is under a policy that refuses other things than the one did which made it.
func (n ApprovalNeed) Under(p Policy) ApprovalNeed {
	classes := slices.DeleteFunc(slices.Clone(n.Classes), func(class Rule) bool { return p.Enforcement(class) != EnforceError })
	if len(classes) == 0 {
		return ApprovalNeed{}
	}
	return ApprovalNeed{n.Identity, classes, n.Grants}
}

// String lists the need, for a message.
func (n ApprovalNeed) String() string {
	lines := make([]string, 0, len(n.Grants)+1)
	lines = append(lines, "classes: "+list(n.Classes))
	for _, grant := range n.Grants {
		lines = append(lines, grant.String())
	}
	return "  - " + strings.Join(lines, "\n  - ")
}

// NeedOf is what an approval has to allow: of the dangers those that the policy refuses, or enforces in these ways.
func (p Policy) NeedOf(of Entitlements, enforced ...Enforcement) ApprovalNeed {
	if enforced == nil {
		enforced = []Enforcement{EnforceError}
	}
	need := ApprovalNeed{Identity: of.Identity}
	for _, rule := range DangerRules {
		for _, danger := range of.Dangers {
			if danger.Rule != rule || !slices.Contains(enforced, p.enforced(danger)) {
				continue
			}
			if !slices.Contains(need.Classes, rule) {
				need.Classes = append(need.Classes, rule)
			}
			need.Grants = merge(need.Grants, danger.Grants)
		}
	}
	if need.Empty() {
		return ApprovalNeed{}
	}
	return need
}

// Lacks names what an approval does not allow of a need; nothing where it allows all of it.
func (a Approval) Lacks(need ApprovalNeed) []string {
	var lacking []string
	for _, class := range need.Classes {
		if len(a.Classes) > 0 && !slices.Contains(a.Classes, class) {
			lacking = append(lacking, "the class "+string(class))
		}
	}
	if len(a.Grants) == 0 {
		return lacking
	}
	if len(need.Grants) == 0 && !need.Empty() {
		return append(lacking, "what grants it, which nobody can name")
	}
	for _, grant := range need.Grants {
		for _, action := range grant.Actions {
			for _, resource := range grant.Resources {
				if !slices.ContainsFunc(a.Grants, func(approved Grant) bool { return approved.allows(action, resource) }) {
					lacking = append(lacking, action+" on "+resource)
				}
			}
		}
	}
	return lacking
}

// Clear splits what an identity may do by an approval: what it covers, and what is left to be judged, which says of each
// danger why the approval does not cover it.
func (a Approval) Clear(of Entitlements) (cleared, left Entitlements) {
	cleared, left = of, of
	cleared.Dangers, left.Dangers = nil, nil
	for _, danger := range of.Dangers {
		lacking := a.Lacks(ApprovalNeed{Classes: []Rule{danger.Rule}, Grants: danger.Grants})
		if len(lacking) == 0 {
			cleared.Dangers = append(cleared.Dangers, danger)
			continue
		}
		danger.Why += fmt.Sprintf("; %s does not allow %s", a, Enumerate(lacking))
		left.Dangers = append(left.Dangers, danger)
	}
	return cleared, left
}
