package aws

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform/aws/iampolicy"
	iamgrants "github.com/nhi-governance/terraform-provider-governed/internal/platform/aws/iampolicy/grants"
)

// holder reads what an identity holds.
type holder struct {
	account  *Account
	kind     entityKind
	final    bool
	identity iamgrants.Identity
	// origins say where the identity has a policy from, by kind and name.
	origins  map[iamgrants.Source]origin
	unjudged []governance.Unjudged
	// toCome says that something does not exist yet, and boundaryToCome that the boundary does not.
	toCome, boundaryToCome bool
}

type origin struct {
	attribute []string
	// group is empty for what is on the identity itself.
	group, policy string
}

func (h *holder) read(ctx context.Context, of Holding) error {
	for _, name := range slices.Sorted(maps.Keys(of.InlinePolicies)) {
		h.inline(name, of.InlinePolicies[name], origin{h.kind.in("inline_policies", name), "", name})
	}
	for _, policy := range slices.Sorted(slices.Values(of.ManagedPolicyARNs)) {
		if err := h.managed(ctx, policy, origin{h.kind.in("managed_policy_arns"), "", policy}); err != nil {
			return err
		}
	}
	if len(of.Groups) > 0 {
		if err := h.groups(ctx, slices.Sorted(slices.Values(of.Groups))); err != nil {
			return err
		}
	}
	if of.PermissionsBoundaryARN == "" {
		return nil
	}
	return h.boundary(ctx, of.PermissionsBoundaryARN)
}

// inline takes a document. One of the identity's own that does not parse is reported where it is checked; of a group's
// nobody checks it.
func (h *holder) inline(name, text string, from origin) {
	document, err := iampolicy.ParseIdentity(text)
	switch {
	case err == nil:
		h.add(iamgrants.Policy{Kind: iamgrants.Inline, Name: name, Document: document}, from)
	case from.group != "":
		h.missing(unreadable(err.Error()), from.attribute, fmt.Sprintf("what the policy %s of the group %s allows", from.policy, from.group))
	}
}

// add takes a policy once, also where the identity has it from several sides.
func (h *holder) add(policy iamgrants.Policy, from origin) {
	key := iamgrants.Source{Kind: policy.Kind, Policy: policy.Name}
	if _, twice := h.origins[key]; !twice {
		h.origins[key] = from
		h.identity.Policies = append(h.identity.Policies, policy)
	}
}

func (h *holder) managed(ctx context.Context, policy string, from origin) error {
	found, err := h.document(ctx, policy)
	if err != nil || h.missing(found, from.attribute, "what the managed policy "+policy+" allows") {
		return err
	}
	kind := iamgrants.CustomerManaged
	if isAWSManaged(policy) {
		kind = iamgrants.AWSManaged
	}
	h.add(iamgrants.Policy{Kind: kind, Name: policy, Document: found.document}, from)
	return nil
}

// boundary reads what limits the policies. One that cannot be read is held to limit nothing.
func (h *holder) boundary(ctx context.Context, policy string) error {
	found, err := h.document(ctx, policy)
	h.boundaryToCome = found.toCome
	if err != nil || h.missing(found, h.kind.in("permissions_boundary_arn"), "what the permissions boundary "+policy+" takes away") {
		return err
	}
	h.identity.Boundary = &iamgrants.Policy{Kind: iamgrants.Boundary, Name: policy, Document: found.document}
	return nil
}

// reading is a document, or why there is none.
type reading struct {
	document iampolicy.Document
	// reason is empty where the document has been read.
	reason, remedy string
	// toCome says that there is no such policy yet.
	toCome bool
}

func (h *holder) document(ctx context.Context, policy string) (reading, error) {
	found, err := h.account.managedDoc(ctx, policy, h.final)
	switch {
	case errors.Is(err, platform.ErrNotFound):
		return reading{
			reason: "there is no such policy yet", toCome: true,
			remedy: "Once it is there, the next apply judges it before it changes anything. If it should be there already, check the ARN.",
		}, nil
	case err != nil:
		return reading{}, fmt.Errorf("read %s: %w", policy, err)
	case found.forbidden != "":
		return forbidden(found.forbidden), nil
	case found.unread != "":
		return unreadable(found.unread), nil
	}
	return reading{document: found.document}, nil
}

func unreadable(why string) reading {
	return reading{reason: "its document cannot be read: " + why, remedy: "Look at what it allows yourself, and report the document, which IAM has taken."}
}

func forbidden(permission string) reading {
	return reading{
		reason: "the provider's credentials lack the permission " + permission,
		remedy: "Allow " + permission + " to them, as the guide \"AWS permissions\" has it. What is not known is not safe: look at it yourself until then.",
	}
}

// missing notes what was not read, what has the same reason together.
func (h *holder) missing(found reading, attribute []string, what string) bool {
	if found.reason == "" {
		return false
	}
	h.toCome = h.toCome || found.toCome
	for i, u := range h.unjudged {
		if u.Reason == found.reason && slices.Equal(u.Attribute, attribute) {
			h.unjudged[i].What = append(u.What, what)
			return true
		}
	}
	h.unjudged = append(h.unjudged, governance.Unjudged{
		Attribute: attribute, What: []string{what}, Reason: found.reason, Remedy: found.remedy, ToCome: found.toCome,
	})
	return true
}

// groups adds what a user has from its groups.
func (h *holder) groups(ctx context.Context, names []string) error {
	attribute := h.kind.in("groups")
	docs, err := h.account.groupDocs(ctx, names, h.final)
	if err != nil {
		return err
	}
	if docs.forbidden != "" {
		h.missing(forbidden(docs.forbidden), attribute, "what the groups "+strings.Join(names, ", ")+" allow")
		return nil
	}
	for _, name := range names {
		group, ok := docs.of(name)
		if !ok {
			h.missing(reading{reason: "there is no such group yet", toCome: true, remedy: "Once it is there, the next apply judges it before it changes anything."}, attribute, "what the group "+name+" allows")
		}
		for _, policy := range slices.Sorted(maps.Keys(group.inline)) {
			// No name has a slash.
			h.inline(name+"/"+policy, group.inline[policy], origin{attribute, name, policy})
		}
		for _, policy := range slices.Sorted(slices.Values(group.attached)) {
			if err := h.managed(ctx, policy, origin{attribute, name, policy}); err != nil {
				return err
			}
		}
	}
	return nil
}

// dangers are what the engine has found, on the arguments that grant it.
func (h *holder) dangers(found []iamgrants.Danger) []governance.Danger {
	administrators := administratorStatements(found)
	out := make([]governance.Danger, 0, len(found))
	for _, danger := range found {
		grant, attribute := h.grant(danger)
		var grants []governance.Grant
		for _, g := range danger.Grants {
			grants = append(grants, governance.Grant{Actions: []string{g.Action}, Resources: g.Resources})
		}
		out = append(out, governance.Danger{
			Rule: governance.Rule(danger.Class), Attribute: attribute, Grant: grant, Why: clause(danger.Why), Remedy: danger.Remedy,
			Grants: grants, Implied: implied(danger, administrators),
		})
	}
	return out
}

// administratorStatements are those that make an administrator.
func administratorStatements(dangers []iamgrants.Danger) map[iamgrants.Source]bool {
	found := map[iamgrants.Source]bool{}
	for _, danger := range dangers {
		for _, source := range danger.Sources {
			if danger.Class == iamgrants.Administrator {
				found[statementOf(source)] = true
			}
		}
	}
	return found
}

// implied tells whether a danger is no news, because a statement that makes it makes an administrator.
func implied(danger iamgrants.Danger, administrators map[iamgrants.Source]bool) bool {
	return danger.Class != iamgrants.Administrator &&
		slices.ContainsFunc(danger.Sources, func(s iamgrants.Source) bool { return administrators[statementOf(s)] })
}

// statementOf is a source without the value that grants.
func statementOf(s iamgrants.Source) iamgrants.Source {
	s.Action = ""
	return s
}

// mostSources is how many places of one danger, and values of one place, a message names.
const mostSources = 3

// grant names where a danger comes from, and the argument of the first place.
func (h *holder) grant(danger iamgrants.Danger) (text string, attribute []string) {
	values := map[iamgrants.Source][]string{}
	var places []iamgrants.Source
	for _, source := range danger.Sources {
		place := statementOf(source)
		if values[place] == nil {
			places = append(places, place)
		}
		values[place] = append(values[place], source.Action)
	}
	var texts []string
	for i, place := range places {
		from := h.origins[iamgrants.Source{Kind: place.Kind, Policy: place.Policy}]
		if i == 0 {
			attribute = from.attribute
		}
		granting := values[place]
		place.Policy, place.Action = from.policy, strings.Join(granting[:min(len(granting), mostSources)], ", ")
		text := place.String()
		if len(granting) > mostSources {
			text += ", …"
		}
		if from.group != "" {
			text = fmt.Sprintf("group %q, %s", from.group, text)
		}
		texts = append(texts, text)
	}
	if more := len(texts) - mostSources; more > 0 {
		texts = append(texts[:mostSources], fmt.Sprintf("%d more statements", more))
	}
	text = strings.Join(texts, " and ")
	if danger.Conditioned {
		text += ", under a condition"
	}
	return text, attribute
}

// clause makes of a sentence what can follow a colon.
func clause(sentence string) string {
	sentence = strings.TrimSuffix(sentence, ".")
	for _, word := range []string{"It ", "Whoever "} {
		if strings.HasPrefix(sentence, word) {
			return strings.ToLower(word[:1]) + sentence[1:]
		}
	}
	return sentence
}
