package azure

import (
	"context"
	"errors"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform/azure/graph"
)

// keptApplication is what Entra ID keeps of a deleted application ("Delete application" in the reference of Microsoft Graph).
const keptApplication = "It can be restored for 30 days, without any credential or app role, and its unique name is taken meanwhile."

// purgeFirst is how a resource that governs an object of Entra ID has it deleted for good.
const purgeFirst = "To have it deleted for good, set purge_on_destroy = true and apply that first."

// Retirement reads the application as Read does, its certificates, and once for all applications when each was last used.
func (a *Applications) Retirement(ctx context.Context, id governance.ID) (platform.Retirement, error) {
	state, err := a.Read(ctx, id)
	if err != nil {
		return platform.Retirement{}, err
	}
	holders, err := a.tenant.credentialsOf(ctx, state)
	if err != nil {
		return platform.Retirement{}, err
	}
	found := platform.Retirement{Attachments: slices.Clone(state.Attachments), Detached: OwnerNames(state.Owners)}
	if !state.PurgeOnDestroy {
		found.Kept, found.Purge = keptApplication, purgeFirst
	}
	stores := a.tenant.graphTagging().stores(state.tags)
	for _, holder := range holders {
		for _, name := range holder.names() {
			found.Attachments = append(found.Attachments, name)
			if stores[strings.ToLower(name[strings.LastIndex(name, " ")+1:])] != "" {
				found.Governed = append(found.Governed, name)
			}
		}
	}
	slices.Sort(found.Attachments)
	use, err := a.tenant.lastSignIn(ctx, state.ApplicationID)
	found.Uses = []governance.Use{use}
	return found, err
}

// OwnerNames name owners, by their object ids, among what goes with an application.
func OwnerNames(owners []string) []string {
	names := make([]string, len(owners))
	for i, owner := range owners {
		names[i] = ownerPrefix + owner
	}
	return names
}

// signInActivity is a row of the report servicePrincipalSignInActivities, which the version beta has.
type signInActivity struct {
	AppID string `json:"appId"`
	Last  struct {
		At *time.Time `json:"lastSignInDateTime"`
	} `json:"lastSignInActivity"`
}

// lastSignIn is when an application was last used. What the report does not tell is unknown, which is not the same as
// never: it needs a permission and a licence, there is none outside the global cloud, and it is made with a delay.
func (t *Tenant) lastSignIn(ctx context.Context, appID string) (governance.Use, error) {
	if t.config.Environment != Environments[0] {
		return governance.Use{Unknown: "this cloud has no report of sign-ins"}, nil
	}
	all, err := t.signInReport(ctx)
	at, known := all[appID]
	use := governance.Use{At: at, Unknown: unreadable(err)}
	if use.Unknown == "" && !known {
		use.Unknown = "the report of sign-ins has no entry for it"
	}
	return use, ctx.Err()
}

// signInReport is when applications last signed in, by application id in lower case, as far as that is known.
func (t *Tenant) signInReport(ctx context.Context) (map[string]time.Time, error) {
	return t.entra.signIns.Get(ctx, func() (map[string]time.Time, error) {
		rows, err := listAll[signInActivity](ctx, t, graph.Request{Version: graph.Beta, Path: "/reports/servicePrincipalSignInActivities", Query: url.Values{"$top": {pageSize}}}, "/reports/servicePrincipalSignInActivities", permissionAudit)
		seen := map[string]time.Time{}
		for _, row := range rows {
			if row.Last.At != nil {
				seen[strings.ToLower(row.AppID)] = *row.Last.At
			}
		}
		return seen, err
	})
}

// unreadable says why the report could not be read; it is empty where it could.
func unreadable(err error) string {
	var forbidden *platform.ErrForbidden
	switch {
	case err == nil:
		return ""
	case errors.As(err, &forbidden):
		return "the report of sign-ins was refused, which takes the permission " + forbidden.Permission + " and a licence for Entra ID P1 or P2: " + forbidden.Detail
	default:
		return err.Error()
	}
}
