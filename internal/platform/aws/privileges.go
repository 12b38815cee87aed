package aws

import (
	"encoding/binary"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform/aws/iampolicy"
	iamgrants "github.com/nhi-governance/terraform-provider-governed/internal/platform/aws/iampolicy/grants"
)

// readPolicy is a document that was read once, however many identities have it.
type readPolicy struct {
	// number tells documents apart.
	number   uint64
	document iampolicy.Document
	// own says that what it allows can depend on whose it is.
	own bool
}

type namedPolicy struct {
	name string
	*readPolicy
}

// policies are what is on a role, a user or a group.
type policies struct {
	inline []namedPolicy
	// attached and boundary are ARNs, groups are names.
	attached, groups []string
	boundary         string
}

// awsDocuments are policies of AWS's own whose documents everybody knows, for where nothing tells them.
var awsDocuments = map[string]string{
	"AdministratorAccess": `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}`,
	"AWSDenyAll":          `{"Version":"2012-10-17","Statement":[{"Sid":"DenyAll","Effect":"Deny","Action":"*","Resource":"*"}]}`,
	"IAMFullAccess":       `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["iam:*","organizations:DescribeAccount","organizations:DescribeOrganization","organizations:DescribeOrganizationalUnit","organizations:DescribePolicy","organizations:ListChildren","organizations:ListParents","organizations:ListPoliciesForTarget","organizations:ListRoots","organizations:ListPolicies","organizations:ListTargetsForPolicy"],"Resource":"*"}]}`,
	"PowerUserAccess":     `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","NotAction":["iam:*","organizations:*","account:*"],"Resource":"*"},{"Effect":"Allow","Action":["account:GetAccountInformation","account:GetPrimaryEmail","account:ListRegions","iam:CreateServiceLinkedRole","iam:DeleteServiceLinkedRole","iam:ListRoles","organizations:DescribeOrganization"],"Resource":"*"}]}`,
}

func isAWSManaged(arn string) bool { return strings.Contains(arn, ":iam::aws:policy/") }

func policyName(arn string) string { return arn[strings.LastIndex(arn, "/")+1:] }

// privilegeJudge says why identities count as privileged, once for all that have the same policies.
type privilegeJudge struct {
	now     time.Time
	groups  map[string]policies    // by name
	managed map[string]*readPolicy // by ARN
	// judged are by what is held, and shared by what was found, to have what many are found to have once.
	judged, shared map[string][]governance.Privilege
}

func newPrivilegeJudge(now time.Time, groups map[string]policies, managed map[string]*readPolicy) *privilegeJudge {
	return &privilegeJudge{now: now, groups: groups, managed: managed, judged: map[string][]governance.Privilege{}, shared: map[string][]governance.Privilege{}}
}

// judge looks at all policies of an identity together. A policy that was not read grants nothing, and a boundary that was
// not read limits nothing: both are gaps.
func (j *privilegeJudge) judge(arn string, of policies) []governance.Privilege {
	held := holding{judge: j, identity: iamgrants.Identity{}}
	held.add(of, "")
	for _, name := range slices.Sorted(slices.Values(of.groups)) {
		held.add(j.groups[name], name)
	}
	if len(held.identity.Policies) == 0 {
		return nil
	}
	if boundary := j.managed[of.boundary]; boundary != nil {
		held.note(iamgrants.Policy{Kind: iamgrants.Boundary, Name: of.boundary}, boundary, "")
		held.identity.Boundary = &iamgrants.Policy{Kind: iamgrants.Boundary, Name: of.boundary, Document: boundary.document}
	}
	if held.own {
		held.key = append(held.key, arn...)
	}
	known, ok := j.judged[string(held.key)]
	if !ok {
		held.identity.ARN = arn
		known = held.privileges(iamgrants.Outline(iamgrants.New(held.identity, j.now)))
		known = j.share(known)
		j.judged[string(held.key)] = known
	}
	return known
}

func (j *privilegeJudge) share(privileges []governance.Privilege) []governance.Privilege {
	var key strings.Builder
	for _, privilege := range privileges {
		key.WriteString(privilege.String() + "\x00")
	}
	if known, ok := j.shared[key.String()]; ok {
		return known
	}
	j.shared[key.String()] = privileges
	return privileges
}

// holding is what an identity holds.
type holding struct {
	judge    *privilegeJudge
	identity iamgrants.Identity
	// groups are those that policies come from, in their order; empty for what is on the identity itself.
	groups []string
	// key is the same for what holds the same from the same sides, and own tells that this does not suffice.
	key []byte
	own bool
}

// add takes the policies of the identity or of one of its groups.
func (h *holding) add(of policies, group string) {
	for _, arn := range slices.Sorted(slices.Values(of.attached)) {
		kind := iamgrants.CustomerManaged
		if isAWSManaged(arn) {
			kind = iamgrants.AWSManaged
		}
		if found := h.judge.managed[arn]; found != nil {
			h.take(iamgrants.Policy{Kind: kind, Name: arn, Document: found.document}, found, group)
		}
	}
	for _, policy := range slices.SortedFunc(slices.Values(of.inline), func(a, b namedPolicy) int { return strings.Compare(a.name, b.name) }) {
		name := policy.name
		if group != "" {
			name = group + "/" + name // No name has a slash.
		}
		h.take(iamgrants.Policy{Name: name, Document: policy.document}, policy.readPolicy, group)
	}
}

// take adds a policy once, also where the identity has it from several sides.
func (h *holding) take(policy iamgrants.Policy, read *readPolicy, group string) {
	if h.index(policy.Kind, policy.Name) < 0 {
		h.identity.Policies, h.groups = append(h.identity.Policies, policy), append(h.groups, group)
		h.note(policy, read, group)
	}
}

func (h *holding) index(kind iamgrants.Kind, name string) int {
	return slices.IndexFunc(h.identity.Policies, func(p iamgrants.Policy) bool { return p.Kind == kind && p.Name == name })
}

func (h *holding) note(policy iamgrants.Policy, read *readPolicy, group string) {
	h.key = binary.AppendUvarint(append(h.key, byte(policy.Kind)), read.number)
	h.key = append(append(append(append(h.key, policy.Name...), 0), group...), 0)
	h.own = h.own || read.own
}

// privileges has one for each class of danger. What an administrator's statement implies has no reason of its own.
func (h *holding) privileges(dangers []iamgrants.Danger) []governance.Privilege {
	administrators := administratorStatements(dangers)
	var found []governance.Privilege
	for start := 0; start < len(dangers); {
		class, end := dangers[start].Class, start
		var told []iamgrants.Danger
		for ; end < len(dangers) && dangers[end].Class == class; end++ {
			if !implied(dangers[end], administrators) {
				told = append(told, dangers[end])
			}
		}
		privilege := governance.Privilege{Class: governance.Rule(class)}
		if len(told) > 0 {
			privilege.Reason = h.reason(told)
		}
		found = append(found, privilege)
		start = end
	}
	return slices.Clip(found)
}

// mostPlaces is how many statements a reason names.
const mostPlaces = 2

// reason says which statements make dangers of one class, and by which paths.
func (h *holding) reason(of []iamgrants.Danger) string {
	var places []string
	var paths []string
	for _, danger := range of {
		for _, source := range danger.Sources {
			if place := h.place(source); !slices.Contains(places, place) {
				places = append(places, place)
			}
		}
		if danger.Path != "" {
			paths = append(paths, danger.Path)
		}
	}
	text := strings.Join(places[:min(len(places), mostPlaces)], " and ")
	if more := len(places) - mostPlaces; more > 0 {
		text += " and " + count(more, "further statement")
	}
	switch len(paths) {
	case 0:
		return text
	case 1:
		return text + " (" + paths[0] + ")"
	}
	return fmt.Sprintf("%s (%s and %s)", text, paths[0], count(len(paths)-1, "further path"))
}

// place names a statement.
func (h *holding) place(source iamgrants.Source) string {
	name, group := policyName(source.Policy), h.groups[h.index(source.Kind, source.Policy)]
	text := fmt.Sprintf("%s %s", source.Kind, name)
	if group != "" {
		text += " of group " + group
	}
	text += fmt.Sprintf(", statement %d", source.Statement+1)
	if source.SID != "" {
		text += fmt.Sprintf(" (Sid %q)", source.SID)
	}
	return text
}
