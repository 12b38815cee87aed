package azure

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform/azure/graph"
)

// creationNotes are the notes of a service principal from its creation until its sign-in is opened for the first time. By them an
// import tells that nobody has blocked it: unlike a tag, they are never the third party's.
const creationNotes = "terraform-provider-governed is making this service principal, and opens its sign-in at the end."

// Create makes the service principal with its metadata and its sign-in blocked, since nobody tells whose the application is
// before it is there; Converge opens it. A directory has one for each application, so that what is there and was not made by
// an earlier try of this very call is somebody else's.
func (s *ServicePrincipals) Create(ctx context.Context, want platform.Desired[ServicePrincipalSpec]) (governance.ID, error) {
	if err := endless("service principal "+want.Name, want.Metadata); err != nil {
		return governance.ID{}, err
	}
	taken, err := s.named(ctx, want.Spec.AppID)
	if err == nil {
		return governance.ID{}, s.exists(taken, nil)
	}
	if !errors.Is(err, platform.ErrNotFound) {
		return governance.ID{}, err
	}
	// Once the request is out, its outcome must be known, or the service principal would be nobody's.
	sending, tries := graph.Watched(context.WithoutCancel(ctx))
	tags := s.tenant.graphTagging().tags(want.Metadata, graphRecords{Deactivated: deactivatedSignIn, Purge: want.Spec.PurgeOnDestroy})
	var made graph.ServicePrincipal
	err = s.tenant.ask(sending, graph.Request{
		Method: http.MethodPost, Path: "/servicePrincipals", In: map[string]any{"appId": strings.ToLower(want.Spec.AppID), "accountEnabled": false, "tags": tags, "notes": creationNotes},
	}, "/servicePrincipals", permissionCreate, &made)
	conflict := (*platform.ErrConflict)(nil)
	switch {
	case err == nil && made.ID != "":
		return s.created(made.ID), nil
	case code(err) == codeNoBackingApplication:
		return governance.ID{}, &platform.ErrInvalid{
			Operation: "POST /servicePrincipals", Code: codeNoBackingApplication, Detail: detailOf(err), Err: err, Attribute: []string{servicePrincipalAttribute, "app_id"},
			Remedy: "Check the application (client) id with the third party. Its application has to be one that every tenant can have (accounts in any organizational directory).",
		}
	case err != nil && !tries.Uncertain() && !errors.As(err, &conflict):
		return governance.ID{}, err
	}
	return s.adopt(sending, want.Spec.AppID, tags, tries.Uncertain(), err)
}

func (s *ServicePrincipals) created(id string) governance.ID {
	s.tenant.entra.note(&s.tenant.entra.made, id)
	return s.tenant.servicePrincipalID(id)
}

func (s *ServicePrincipals) exists(found graph.ServicePrincipal, cause error) error {
	return &platform.ErrAlreadyExists{
		ID: s.tenant.servicePrincipalID(found.ID).String(), Err: cause,
		Object: fmt.Sprintf("the service principal %s (%s) of the application %s", found.ID, found.DisplayName, strings.ToLower(found.AppID)),
	}
}

// adopt decides whether a service principal was made by an earlier try of the same call, whose answer got lost: it has all
// that this try has written, and nothing that could be used.
func (s *ServicePrincipals) adopt(ctx context.Context, appID string, tags []string, uncertain bool, cause error) (governance.ID, error) {
	var found graph.ServicePrincipal
	err := s.tenant.untilReplicated(ctx, "GET /servicePrincipals(appId)", func() (err error) {
		if found, err = s.named(ctx, appID); cause != nil && errors.Is(err, platform.ErrNotFound) {
			err = cause // Whether it was made at all is what nobody knows.
		}
		return err
	})
	if err != nil {
		return governance.ID{}, err
	}
	lacks := func(tag string) bool { return !slices.Contains(found.Tags, tag) }
	enabled := found.AccountEnabled == nil || *found.AccountEnabled
	if !uncertain || enabled || valueOf(found.Notes) != creationNotes || len(found.AppRoleAssignments) > 0 || slices.ContainsFunc(tags, lacks) {
		return governance.ID{}, s.exists(found, cause)
	}
	return s.created(found.ID), nil
}

// Vet reads a service principal that was just made, and finds an application that is not whose it should be, or that itself
// has what would pass for metadata of its service principal, which shows the tags of both.
func (s *ServicePrincipals) Vet(ctx context.Context, id governance.ID, want platform.Desired[ServicePrincipalSpec]) (ServicePrincipalState, []governance.Violation, error) {
	state, err := s.existing(ctx, id, true)
	if err != nil {
		return state, nil, err
	}
	found := s.CheckPublisher(want.Spec, state.Publisher)
	tagging := s.tenant.graphTagging()
	own := tagging.tags(want.Metadata, graphRecords{Deactivated: deactivatedSignIn, Purge: want.Spec.PurgeOnDestroy})
	for _, tag := range state.tags {
		if tagging.holds(tag) && !slices.Contains(own, tag) {
			found = append(found, governance.Violation{
				Rule: governance.RuleSafeTrust, Enforcement: governance.EnforceError, Attribute: []string{servicePrincipalAttribute, "app_id"},
				Message: fmt.Sprintf("the third party's application has the tag %q itself, which would be taken for metadata of yours", tag),
				Remedy:  "Ask the third party to take it off, or rename your keys with metadata_keys in the provider block.",
			})
		}
	}
	return state, found, nil
}

// Discard removes for good what was just made and has been given nothing.
func (s *ServicePrincipals) Discard(ctx context.Context, id governance.ID) error {
	if err := ignoreNotFound(s.tenant.send(ctx, http.MethodDelete, principalByID(id.Resource), "/servicePrincipals/{id}", permissionChange, nil)); err != nil {
		return err
	}
	return ignoreNotFound(s.tenant.send(ctx, http.MethodDelete, deletedPath(id.Resource), "/directory/deletedItems/{id}", permissionChange, nil))
}
