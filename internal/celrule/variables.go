package celrule

import (
	"time"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"cel.dev/cel-go/common/types/traits"

	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
)

// fields are where expressions find what a subject can leave unknown. Whoever adds a variable adds it here, to the
// environment and to variablesOf.
var fields = map[governance.Field][][]string{
	governance.FieldName:    {{varIdentity, "name"}},
	governance.FieldKind:    {{varIdentity, "kind"}, {varIdentity, "platform"}, {varIdentity, "category"}},
	governance.FieldAccount: {{varIdentity, "account"}},
	governance.FieldLabels:  {{varIdentity, "labels"}},
	governance.FieldTrust:   {{varTrust}},
	governance.FieldClasses: {{varClasses}},
	governance.FieldGrants:  {{varGrants}},
}

// variablesOf are the variables of an expression, with what is not known of them.
func variablesOf(subject governance.Subject, now time.Time, adapter types.Adapter) (cel.PartialActivation, error) {
	var unknown []*cel.AttributePatternType
	leaveOut := func(path ...string) {
		pattern := cel.AttributePattern(path[0])
		for _, field := range path[1:] {
			pattern = pattern.QualString(field)
		}
		unknown = append(unknown, pattern)
	}
	for field, isUnknown := range subject.Unknown {
		if !isUnknown {
			continue
		}
		paths, ok := fields[field]
		if !ok {
			paths = [][]string{{varIdentity, string(field)}}
		}
		for _, path := range paths {
			leaveOut(path...)
		}
	}
	planned, readable := identityOf(subject)
	if !readable && !subject.Unknown[governance.FieldExpiry] {
		leaveOut(varIdentity, string(governance.FieldExpiry)) // a rule that cannot be turned off refuses it
	}
	var old any = types.NullValue
	if subject.Old != nil {
		old, _ = identityOf(*subject.Old)
	}
	if subject.Operation == "" {
		leaveOut(varOperation)
		leaveOut(varOld)
	}
	return cel.PartialVars(map[string]any{
		varIdentity: planned, varOld: old, varOperation: string(subject.Operation), varNow: now.UTC(), varTrust: trustOf(subject.Trust.Trustees()),
		varClasses: subject.Granted.Classes, varGrants: grantsOf(subject.Granted.Grants, adapter),
	}, unknown...)
}

// identityOf is the identity as expressions see it, and whether its expiry could be read.
func identityOf(subject governance.Subject) (seen *identity, readable bool) {
	m := subject.Metadata
	seen = &identity{
		Name: subject.Name, Kind: string(subject.Kind), Category: string(subject.Category), Account: subject.Account,
		Owner: m.Owner, BusinessOwner: m.BusinessOwner, TechnicalOwner: m.TechnicalOwner, Purpose: m.Purpose,
		Environment: m.Environment, Systems: m.Systems, Ticket: m.Ticket, Labels: m.Labels,
		ThirdParty: m.ThirdParty, ThirdPartyContact: m.ThirdPartyContact,
	}
	if subject.Kind != "" {
		seen.Platform = string(subject.Kind.Platform())
	}
	expiry, err := governance.ParseExpiry(m.Expiry)
	if err == nil {
		seen.Expiry = expiry.End()
	}
	return seen, err == nil
}

func trustOf(found []governance.Trustee) []*trustee {
	seen := make([]*trustee, len(found))
	for i, t := range found {
		seen[i] = &trustee{
			Kind: string(t.Kind), Name: t.Name, Account: t.Account, External: t.External, ExternalID: t.ExternalID,
			Organization: t.Organization, Subjects: t.Subjects, Audiences: t.Audiences, Conditioned: t.Conditioned,
		}
	}
	return seen
}

// grantsOf makes the values of the language once: it measures each anew when it meets it, and a list is the largest that an
// expression can have.
func grantsOf(found []governance.GrantedActions, adapter types.Adapter) traits.Lister {
	seen := make([]ref.Val, len(found))
	for i, g := range found {
		seen[i] = adapter.NativeToValue(&grant{
			Level: g.Level, Services: g.Services, Whole: g.Whole, Actions: g.Actions, Resources: g.Resources, Except: g.Except, Conditioned: g.Conditioned,
		})
	}
	return types.NewRefValList(adapter, seen)
}
