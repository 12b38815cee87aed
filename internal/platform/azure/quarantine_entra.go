package azure

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform/azure/graph"
)

// applicant is an application with its service principal, or a service principal of an application of others.
type applicant struct {
	tenant *Tenant
	id     governance.ID
	// path is that of the object whose tags have the record, and name what messages call it.
	path, name string
	appID      string
	// principal is the service principal's object id; empty where there is none.
	principal string
	enabled   bool
	// deactivated is what an expiry has closed.
	deactivated string
	managedBy   string
	// abroad tells that other tenants can have service principals of the application.
	abroad bool
	// publisher and kind are those of a service principal without an application here.
	publisher, kind string
	tags            []string
	record          *quarantineRecord
}

// The one thing that a quarantine holds of an application.
const heldSignIn = "sign-in"

func (t *Tenant) readApplicant(ctx context.Context, id governance.ID, now bool) (patient, error) {
	if err := t.mine(ctx, id); err != nil {
		return nil, err
	}
	applications := t.Applications()
	read := applications.Read
	if now {
		read = applications.readDirect
	}
	state, err := read(ctx, id)
	if err == nil && state.HalfRetired {
		err = &notFoundError{operation: "GET /applications/{id}", detail: "the application " + id.Resource + " is deleted"}
	}
	if err != nil {
		return nil, err
	}
	tags := t.entra.recent.overTags(t.config.Clock.Now(), id.Resource, state.tags, t.graphTagging().isCredentialNote)
	a := &applicant{
		tenant: t, id: state.ID, path: applicationPath(id.Resource), name: "/applications/{id}", appID: state.ApplicationID,
		principal: state.ServicePrincipalID, enabled: state.SignInEnabled, deactivated: state.records.Deactivated, managedBy: state.ManagedBy,
		abroad: state.SignInAudience != SignInAudiences[0], tags: tags,
	}
	return a, a.readRecord()
}

func (t *Tenant) readParty(ctx context.Context, id governance.ID, now bool) (patient, error) {
	if err := t.mine(ctx, id); err != nil {
		return nil, err
	}
	principals := t.ServicePrincipals()
	read := principals.Read
	if now {
		read = principals.readDirect
	}
	state, err := read(ctx, id)
	if err == nil && state.HalfRetired {
		err = &notFoundError{operation: "GET /servicePrincipals/{id}", detail: "the service principal " + id.Resource + " is deleted"}
	}
	if err != nil {
		return nil, err
	}
	a := &applicant{
		tenant: t, id: state.ID, path: principalByID(id.Resource), name: "/servicePrincipals/{id}", appID: state.AppID,
		principal: state.ID.Resource, enabled: state.SignInEnabled, deactivated: state.records.Deactivated, managedBy: state.ManagedBy,
		publisher: state.Publisher.TenantID, kind: state.kind, tags: state.tags,
	}
	return a, a.readRecord()
}

// readRecord refuses to guess what somebody has written over a record.
func (a *applicant) readRecord() error {
	var err error
	if a.record, err = a.tenant.graphTagging().quarantine(a.tags); err != nil {
		return &platform.ErrConflict{Detail: fmt.Sprintf("The record of the quarantine of %s cannot be read: %s", a.id, err)}
	}
	return nil
}

func (a *applicant) found() *quarantineRecord { return a.record }

func (a *applicant) pretend(r quarantineRecord) { a.record = &r }

func (a *applicant) plan(ctx context.Context, order governance.QuarantineOrder) (quarantineRecord, error) {
	r := quarantineRecord{Quarantine: governance.Quarantine{Since: a.tenant.config.Clock.Now().UTC().Truncate(time.Second)}}
	if a.record != nil {
		r = *a.record
	} else {
		use, err := a.tenant.lastSignIn(ctx, a.appID)
		if err != nil {
			return r, err
		}
		r.usedAt = use.At
		switch {
		case a.principal == "":
			r.door = doorNone
		case a.enabled:
			r.door = doorOpen
		default:
			r.door = doorBlocked
		}
	}
	if a.principal == "" {
		r.door = doorNone
	}
	r.QuarantineOrder = order
	return r, nil
}

// refuse finds the caller, Microsoft's own, and what is quarantined under another id.
func (a *applicant) refuse(ctx context.Context, r quarantineRecord) (findings, error) {
	var found findings
	refuse := func(remedy, message string, args ...any) {
		found = append(found, governance.Violation{
			Rule: governance.RuleQuarantine, Enforcement: governance.EnforceError, Attribute: []string{"identity"},
			Message: fmt.Sprintf(message, args...), Remedy: remedy,
		})
	}
	caller, err := a.tenant.callerID(ctx)
	if err != nil {
		return nil, err
	}
	switch party := a.id.Kind == governance.KindEntraServicePrincipal; {
	case caller != "" && caller == a.principal:
		refuse("Run Terraform as another identity to quarantine this one.", "%s is what Terraform runs as (service principal %s), and could not release itself", a.id, caller)
	case party && slices.Contains(microsoftTenants, a.publisher):
		refuse("Take away what uses it; Microsoft manages it.", "%s is one of Microsoft's own applications, and what it does for the tenant would stop", a.id)
	case party && a.kind == graph.TypeManagedIdentity:
		refuse("Take the identity off the resource that has it, and its roles with it.",
			"%s is the service principal of a managed identity, which Microsoft lets nobody change", a.id)
	case party && a.publisher == a.tenant.ID():
		remedy := "Quarantine the application instead."
		var application graph.Application
		err := a.tenant.get(ctx, "/applications(appId="+graph.Quoted(url.PathEscape(a.appID))+")", "/applications(appId)", permissionRead, url.Values{"$select": {"id"}}, &application)
		if ignoreNotFound(err) != nil {
			return nil, err
		}
		if application.ID != "" {
			remedy = "Write identity = \"" + a.tenant.applicationID(application.ID).String() + "\"."
		}
		refuse(remedy, "%s belongs to an application of this tenant, which is what is quarantined", a.id)
	}
	a.tenant.graphTagging().checkQuarantine(&found, r.QuarantineOrder)
	return found, nil
}

// write changes the tags. Those of others stay.
func (a *applicant) write(ctx context.Context, r *quarantineRecord) error {
	tags := a.tenant.graphTagging().recorded(a.tags, r)
	a.tenant.entra.note(&a.tenant.entra.written, a.id.Resource)
	if !sameTexts(a.tags, tags) {
		if err := a.tenant.send(ctx, http.MethodPatch, a.path, a.name, permissionChange, map[string]any{"tags": tags}); err != nil {
			return err
		}
		if a.id.Kind == governance.KindEntraApplication {
			a.tenant.entra.recent.noteTags(a.tenant.config.Clock.Now(), a.id.Resource, a.tags, tags)
		}
	}
	a.tags, a.record = tags, r
	return nil
}

func (a *applicant) pending(quarantineRecord) []func(context.Context) error {
	if a.principal == "" || !a.enabled {
		return nil
	}
	return []func(context.Context) error{func(ctx context.Context) error { return a.enable(ctx, false) }}
}

func (a *applicant) enable(ctx context.Context, enabled bool) error {
	err := a.tenant.send(ctx, http.MethodPatch, principalByID(a.principal), "/servicePrincipals/{id}", permissionChange, map[string]any{"accountEnabled": enabled})
	if err == nil {
		a.enabled = enabled
	}
	return err
}

func (a *applicant) observed() platform.Quarantined {
	seen := platform.Quarantined{UniqueID: strings.ToLower(a.id.Resource), ManagedBy: a.managedBy}
	r := a.record
	if r == nil {
		return seen
	}
	seen.Quarantine, seen.Complete = &r.Quarantine, r.phase == phaseComplete
	switch r.door {
	case doorOpen:
		seen.Changes, seen.Held = []string{"sign-in is blocked"}, []string{heldSignIn}
	case doorBlocked:
		seen.Instead = append(seen.Instead, "sign-in was blocked already, and stays so")
	case doorNone:
		seen.Instead = append(seen.Instead, "it has no service principal, so nobody can sign in as it in this tenant")
	}
	seen.Instead = append(seen.Instead,
		"secrets, certificates and federated credentials stay, because Entra ID could not give them back: with blocked sign-in they get no token",
		"access tokens from before stay valid until they end by themselves, up to 90 minutes later")
	if a.abroad {
		seen.Instead = append(seen.Instead, "other tenants can have service principals of the application, which only they can block")
	}
	switch {
	case a.principal == "" && r.door != doorNone:
		seen.Drift = []string{"its service principal is gone"}
	case a.principal != "" && a.enabled:
		seen.Drift = []string{"sign-in is not blocked any more"}
	}
	return seen
}

// restore opens the sign-in where it was open.
func (a *applicant) restore(ctx context.Context, held []string) ([]string, error) {
	keep := func(text string) ([]string, error) { return []string{text}, nil }
	switch r := a.record; {
	case r.door == doorNone && a.principal != "":
		return keep("its service principal was made during the quarantine, and stays as it is")
	case r.door != doorNone && a.principal == "":
		return keep("its service principal is gone")
	case a.enabled && r.phase == phaseComplete:
		return keep("sign-in stays open, as somebody has opened it")
	case a.enabled || r.door != doorOpen:
		return nil, nil
	case a.deactivated != "":
		return keep("sign-in stays blocked, because the identity has expired since")
	case !slices.Contains(held, heldSignIn):
		return keep("sign-in stays blocked: the record on the identity says that it was open, but this state has not blocked it, and whoever may change the tags could have written that")
	}
	return nil, a.enable(ctx, true)
}
