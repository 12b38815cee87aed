package azure

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"reflect"
	"slices"
	"strings"

	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform/azure/federation"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform/azure/graph"
)

// Converge takes away first and gives last, so that access is never wider on the way than before or after: sign-in is
// closed and what is not wanted goes, then the service principal, owners, federated credentials and app roles come, and
// sign-in is opened again at the end.
func (a *Applications) Converge(ctx context.Context, id governance.ID, want platform.Desired[ApplicationSpec]) (ApplicationState, error) {
	if err := a.tenant.mine(ctx, id); err != nil {
		return ApplicationState{}, err
	}
	if err := endless("application "+want.Name, want.Metadata); err != nil {
		return ApplicationState{}, err
	}
	unlock, err := a.tenant.lock(ctx, id)
	if err != nil {
		return ApplicationState{}, err
	}
	defer unlock()
	wanted, err := a.Predict(ctx, want)
	if err != nil {
		return ApplicationState{}, err
	}
	fresh := a.tenant.entra.has(&a.tenant.entra.made, id.Resource)
	have, err := a.existing(ctx, id, fresh)
	if errors.Is(err, platform.ErrNotFound) {
		if gone, late := a.halfRetired(ctx, id, err); late == nil {
			err = &platform.ErrConflict{Detail: fmt.Sprintf("the application %s (%s) is deleted, and only an interruption has kept it from going for good: remove it with terraform destroy, or restore it with az rest --method post --url %s/restore",
				id.Resource, gone.DisplayName, a.tenant.deletedAddress(ctx, id.Resource)), Err: err}
		}
	}
	if err != nil {
		return ApplicationState{}, err
	}
	if have.UniqueName != "" && have.UniqueName != wanted.UniqueName {
		return have, fmt.Errorf("%s has the unique name %s, which cannot become %s: Entra ID lets it be set once", id, have.UniqueName, wanted.UniqueName)
	}
	if err := renewable(id, have.Quarantine, have.records, want.Disabled); err != nil {
		return have, err
	}
	a.tenant.entra.note(&a.tenant.entra.written, id.Resource)
	have.tags = a.tenant.entra.recent.overTags(a.tenant.config.Clock.Now(), id.Resource, have.tags, a.tenant.graphTagging().isCredentialNote)
	c := convergence{graphWriter: graphWriter{a.tenant, fresh}, want: want, wanted: wanted, have: have}
	if err := c.run(ctx); err != nil {
		return c.have, err
	}
	wanted.ID, wanted.CreatedAt = have.ID, have.CreatedAt
	wanted.ApplicationID, wanted.ServicePrincipalID, wanted.SignInEnabled, wanted.closed = have.ApplicationID, c.have.ServicePrincipalID, c.have.SignInEnabled, c.have.closed
	if fresh {
		return wanted, a.settle(ctx, wanted)
	}
	return wanted, nil
}

// existing reads the application. One that was just made may still have to reach the replicas.
func (a *Applications) existing(ctx context.Context, id governance.ID, fresh bool) (state ApplicationState, err error) {
	if !fresh {
		return a.readDirect(ctx, id)
	}
	err = a.tenant.untilReplicated(ctx, "GET /applications/{id}", func() (err error) { state, err = a.readDirect(ctx, id); return err })
	return state, err
}

func (a *Applications) settle(ctx context.Context, wanted ApplicationState) error {
	return a.tenant.settle(ctx, func() (bool, error) {
		state, err := a.readDirect(ctx, wanted.ID)
		return err == nil && shows(state, wanted), err
	})
}

// shows tells whether what was read is what was written.
func shows(state, wanted ApplicationState) bool {
	return state.ServicePrincipalID == wanted.ServicePrincipalID && state.SignInEnabled == wanted.SignInEnabled && slices.Equal(state.Attachments, wanted.Attachments) &&
		state.DisplayName == wanted.DisplayName && reflect.DeepEqual(state.Metadata, wanted.Metadata)
}

// convergence changes one application step by step, and keeps in have what it then is.
type convergence struct {
	graphWriter
	want         platform.Desired[ApplicationSpec]
	wanted, have ApplicationState
}

func (c *convergence) run(ctx context.Context) error {
	return inOrder(ctx, c.note, c.closeSignIn, c.takeRoles, c.takeFederated, c.principal, c.owners, c.giveFederated, c.giveRoles, c.openSignIn, c.forget)
}

func (c *convergence) takeRoles(ctx context.Context) error {
	return c.takeRolesOf(ctx, c.have.ServicePrincipalID, c.have.assignments, c.wanted.AppRoles)
}

func (c *convergence) giveRoles(ctx context.Context) error {
	return c.giveRolesTo(ctx, c.have.ServicePrincipalID, c.have.assignments, c.want.Spec.AppRoleAssignments)
}

// note writes the properties and the metadata, and before an expiry closes anything, that it does. What says that the sign-in is
// closed stays until it is open.
func (c *convergence) note(ctx context.Context) error {
	records := graphRecords{Purge: c.want.Spec.PurgeOnDestroy}
	if c.want.Disabled || c.opens() {
		records.Deactivated = c.have.records.Deactivated
	}
	if c.want.Disabled && records.Deactivated == "" {
		records.Deactivated = deactivatedNothing
		if c.have.SignInEnabled || c.have.wasOpen || c.have.ServicePrincipalID == "" {
			records.Deactivated = deactivatedSignIn
			c.have.closed = c.have.wasOpen // What a quarantine keeps closed is the expiry's from now on.
		}
	}
	return c.write(ctx, records)
}

// forget takes the note of what an expiry has closed away, once it is open again.
func (c *convergence) forget(ctx context.Context) error {
	if c.want.Disabled {
		return nil
	}
	return c.write(ctx, graphRecords{Purge: c.want.Spec.PurgeOnDestroy})
}

// write changes what differs of the application's own properties.
func (c *convergence) write(ctx context.Context, records graphRecords) error {
	tagging := c.tenant.graphTagging()
	tags := tagging.merged(c.have.tags, tagging.tags(c.want.Metadata, records))
	changed := properties(c.want.Spec, tags)
	have := properties(ApplicationSpec{
		DisplayName: c.have.DisplayName, SignInAudience: c.have.SignInAudience, ServiceManagementReference: c.have.ServiceManagementReference, Notes: c.have.Notes,
	}, nil)
	for name, value := range have {
		if name != "tags" && changed[name] == value {
			delete(changed, name)
		}
	}
	if sameTexts(c.have.tags, tags) {
		delete(changed, "tags")
	}
	if c.have.UniqueName == "" && c.wanted.UniqueName != "" {
		changed["uniqueName"] = c.wanted.UniqueName
	}
	if len(changed) > 0 {
		if err := c.send(ctx, http.MethodPatch, applicationPath(c.have.ID.Resource), "/applications/{id}", changed); err != nil {
			return err
		}
		c.tenant.entra.recent.noteTags(c.tenant.config.Clock.Now(), c.have.ID.Resource, c.have.tags, tags)
	}
	c.have.tags, c.have.records, c.have.UniqueName = tags, records, c.wanted.UniqueName
	c.have.DisplayName, c.have.SignInAudience = c.want.Spec.DisplayName, c.want.Spec.SignInAudience
	c.have.ServiceManagementReference, c.have.Notes = c.want.Spec.ServiceManagementReference, c.want.Spec.Notes
	return nil
}

// send changes something of the application. A replica may not know yet one that was just made.
func (c *convergence) send(ctx context.Context, method, path, name string, body any) error {
	return c.patiently(ctx, method+" "+name, func() error { return c.tenant.send(ctx, method, path, name, permissionChange, body) })
}

func (c *convergence) closeSignIn(ctx context.Context) error {
	if !c.want.Disabled || !c.have.SignInEnabled {
		return nil
	}
	c.have.closed = true
	err := c.send(ctx, http.MethodPatch, principalByID(c.have.ServicePrincipalID), "/servicePrincipals/{id}", map[string]any{"accountEnabled": false})
	c.have.SignInEnabled = c.have.SignInEnabled && err != nil
	return err
}

// opens tells whether this change opens the sign-in: only one that an expiry has closed, as both the record and the caller know it,
// because somebody else may have blocked it for a reason.
func (c *convergence) opens() bool {
	return !c.want.Disabled && !c.have.SignInEnabled && c.have.Quarantine == nil && c.want.Spec.MayOpen && c.have.records.Deactivated == deactivatedSignIn
}

func (c *convergence) openSignIn(ctx context.Context) error {
	if !c.opens() {
		return nil
	}
	err := c.send(ctx, http.MethodPatch, principalByID(c.have.ServicePrincipalID), "/servicePrincipals/{id}", map[string]any{"accountEnabled": true})
	c.have.SignInEnabled = err == nil
	return err
}

// takeFederated takes federated credentials away that are not wanted, and those that stand in the way of others: an issuer
// and a subject are there once.
func (c *convergence) takeFederated(ctx context.Context) error {
	for _, name := range slices.Sorted(maps.Keys(c.have.FederatedCredentials)) {
		has := c.have.FederatedCredentials[name]
		wanted, stays := c.wanted.FederatedCredentials[name]
		if stays && (wanted == has || !c.blocks(name, has)) {
			continue
		}
		if err := c.tenant.takeFederated(ctx, c.have.ID.Resource, c.have.federatedIDs[name]); err != nil {
			return err
		}
		delete(c.have.FederatedCredentials, name)
	}
	return nil
}

// blocks tells whether another credential is to have the issuer and the subject of this one.
func (c *convergence) blocks(name string, has federation.Credential) bool {
	for other, wanted := range c.wanted.FederatedCredentials {
		if other != name && wanted.Issuer == has.Issuer && wanted.Subject == has.Subject {
			return true
		}
	}
	return false
}

func (t *Tenant) takeFederated(ctx context.Context, application, id string) error {
	return ignoreNotFound(t.send(ctx, http.MethodDelete, federatedPath(application)+"/"+graph.Segment(id), "/applications/{id}/federatedIdentityCredentials", permissionChange, nil))
}

func federatedPath(application string) string {
	return applicationPath(application) + "/federatedIdentityCredentials"
}

// principal makes the service principal, closed where sign-in is to be.
func (c *convergence) principal(ctx context.Context) error {
	if c.have.ServicePrincipalID != "" {
		return nil
	}
	if c.have.Quarantine != nil {
		return &platform.ErrConflict{Detail: fmt.Sprintf("%s is in quarantine and has no service principal. Release it before it gets one: whoever signs in as it could use that", c.have.ID)}
	}
	const name = "POST /servicePrincipals"
	var made graph.ServicePrincipal
	err := c.tenant.untilReplicated(ctx, name, func() error {
		return ensure(func() error {
			return c.tenant.ask(ctx, graph.Request{
				Method: http.MethodPost, Path: "/servicePrincipals", In: map[string]any{"appId": c.have.ApplicationID, "accountEnabled": !c.want.Disabled},
			}, "/servicePrincipals", permissionCreate, &made)
		}, func() (bool, error) {
			var err error
			made, err = c.tenant.principalFor(ctx, c.have.ApplicationID)
			return made.ID != "", err
		})
	})
	if err != nil {
		return err
	}
	c.fresh = true
	c.have.closed = c.want.Disabled
	c.have.ServicePrincipalID = strings.ToLower(made.ID)
	c.have.SignInEnabled = made.AccountEnabled == nil || *made.AccountEnabled
	return nil
}

// owners come before they go, so that there always is one. Whom Terraform runs as stays: it may change the application
// only as an owner.
func (c *convergence) owners(ctx context.Context) error {
	caller, err := c.tenant.callerID(ctx)
	if err != nil {
		return err
	}
	id := c.have.ID.Resource
	for _, owner := range c.wanted.Owners {
		if slices.Contains(c.have.allOwners, owner) {
			continue
		}
		if err := c.patiently(ctx, "POST /applications/{id}/owners", func() error { return missingOwner(owner, c.tenant.addOwner(ctx, id, owner)) }); err != nil {
			return err
		}
	}
	for _, owner := range c.have.allOwners {
		if owner == caller || slices.Contains(c.wanted.Owners, owner) {
			continue
		}
		if err := c.tenant.removeOwner(ctx, id, owner); err != nil {
			return err
		}
	}
	return nil
}

// missingOwner tells the absence of an owner from that of the application.
func missingOwner(owner string, err error) error {
	var missing *notFoundError
	if errors.As(err, &missing) && strings.Contains(strings.ToLower(missing.detail), owner) {
		return &platform.ErrInvalid{Operation: missing.operation, Code: "Request_ResourceNotFound", Detail: missing.detail}
	}
	return err
}

func (c *convergence) giveFederated(ctx context.Context) error {
	id := c.have.ID.Resource
	for _, name := range slices.Sorted(maps.Keys(c.wanted.FederatedCredentials)) {
		wanted := c.wanted.FederatedCredentials[name]
		has, there := c.have.FederatedCredentials[name]
		if there && has == wanted {
			continue
		}
		body := map[string]any{"name": name, "issuer": wanted.Issuer, "subject": wanted.Subject, "audiences": []string{wanted.Audience}}
		method, path := http.MethodPost, federatedPath(id)
		if there {
			method, path = http.MethodPatch, path+"/"+graph.Segment(c.have.federatedIDs[name])
			delete(body, "name")
		}
		err := ensure(func() error {
			return c.send(ctx, method, path, "/applications/{id}/federatedIdentityCredentials", body)
		}, func() (bool, error) {
			all, err := c.tenant.federatedOf(ctx, id)
			return slices.ContainsFunc(all, func(one graph.FederatedIdentityCredential) bool {
				return one.Name == name && one.Issuer == wanted.Issuer && one.Subject == wanted.Subject && slices.Equal(one.Audiences, []string{wanted.Audience})
			}), err
		})
		if err != nil {
			return err
		}
	}
	return nil
}
