package azure

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"

	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform"
)

var _ platform.Inventory = (*Tenant)(nil)

// listed is a listing, and how much this provider had written when it was read.
type listed struct {
	listing platform.Listing
	writes  int
}

// Identities lists the applications of the tenant, the service principals of others' applications and the user-assigned
// managed identities of all subscriptions that the caller may read, in the order of their ids. Everything is read once,
// however often it is asked for, and again only after this provider has written something else. What cannot be read is a
// gap, and an error only where there is neither a list of applications nor one of managed identities.
func (t *Tenant) Identities(ctx context.Context) (platform.Listing, error) {
	read, err := t.listing.GetIf(ctx, func(l listed) bool { return l.writes == t.writes() }, func() (listed, error) {
		writes := t.writes()
		listing, err := t.list(ctx)
		return listed{listing, writes}, err
	})
	if err != nil {
		return platform.Listing{}, err
	}
	all := read.listing
	all.Identities, all.Gaps, all.Accounts = slices.Clone(all.Identities), slices.Clone(all.Gaps), slices.Clone(all.Accounts)
	return all, nil
}

// writes counts the objects that this provider has made or changed.
func (t *Tenant) writes() int {
	t.entra.mutex.Lock()
	n := len(t.entra.made) + len(t.entra.written)
	t.entra.mutex.Unlock()
	t.identities.mutex.Lock()
	defer t.identities.mutex.Unlock()
	return n + len(t.identities.written)
}

// sources are what an inventory is made of. Each is read by itself, so that one that is refused costs no other.
type sources struct {
	directory inventoryDirectory
	entitled  inventoryEntitlements
	signIns   signIns
	resources inventoryResources
	groups    inventoryGroups
}

func (t *Tenant) list(ctx context.Context) (platform.Listing, error) {
	if _, err := t.connect(ctx); err != nil {
		return platform.Listing{}, err
	}
	var s sources
	group, groupCtx := errgroup.WithContext(ctx)
	group.Go(func() error { s.directory = t.readInventoryDirectory(groupCtx); return groupCtx.Err() })
	group.Go(func() error {
		s.entitled.roles, s.entitled.rolesErr = t.readDirectoryRoles(groupCtx)
		return groupCtx.Err()
	})
	group.Go(func() error { s.signIns = t.readSignIns(groupCtx); return groupCtx.Err() })
	group.Go(func() error { s.resources = t.readInventoryResources(groupCtx); return groupCtx.Err() })
	if err := group.Wait(); err != nil {
		return platform.Listing{}, err
	}
	// The privileged resources are found among the service principals, and the groups among those who have roles.
	s.entitled.readPermissions(ctx, t, s.directory.principals)
	s.groups = t.readGroups(ctx, s)
	if ctx.Err() != nil {
		return platform.Listing{}, ctx.Err()
	}
	if s.directory.applicationsErr != nil && s.resources.identitiesErr != nil {
		return platform.Listing{}, s.directory.applicationsErr
	}
	return t.assemble(s), nil
}

// assemble makes a listing of what was read.
func (t *Tenant) assemble(s sources) platform.Listing {
	byApp := s.directory.byApplication()
	all := platform.Listing{Identities: make([]governance.Identity, 0, len(s.directory.applications)+len(s.resources.identities))}
	for i := range s.directory.applications {
		all.Identities = append(all.Identities, t.listedApplication(&s.directory.applications[i], byApp, s))
	}
	for i := range s.directory.principals {
		if identity, is := t.listedPrincipal(&s.directory.principals[i], s); is {
			all.Identities = append(all.Identities, identity)
		}
	}
	for i := range s.resources.identities {
		all.Identities = append(all.Identities, t.listedManagedIdentity(&s.resources.identities[i], byApp, s))
	}
	slices.SortFunc(all.Identities, func(a, b governance.Identity) int { return strings.Compare(a.ImportID, b.ImportID) })
	all.Gaps = t.gaps(s)
	counts := map[string]int{}
	for i := range all.Identities {
		counts[all.Identities[i].ID.Home()]++
	}
	accounts := []string{t.ID()}
	for account := range counts {
		if account != t.ID() {
			accounts = append(accounts, account)
		}
	}
	slices.Sort(accounts)
	for _, account := range accounts {
		all.Accounts = append(all.Accounts, platform.ListedAccount{ID: account, Identities: counts[account], Gaps: all.Gaps})
	}
	return all
}

// gaps says what could not be read, and what follows from that.
func (t *Tenant) gaps(s sources) []string {
	var gaps []string
	add := func(err error, format string, args ...any) {
		if err != nil {
			gaps = append(gaps, fmt.Sprintf(format, args...)+": "+reason(err)+".")
		}
	}
	in := "tenant " + t.ID()
	add(s.directory.applicationsErr, "The applications of %s are not listed", in)
	add(s.directory.federatedErr, "The federated credentials of the applications of %s are not known, and so not who can sign in as them", in)
	add(s.directory.principalsErr, "The service principals of %s are not listed, and what its applications may do is not known", in)
	add(s.directory.managedErr, "The federated credentials and sign-ins of the managed identities of %s are not known", in)
	add(s.directory.ownersErr, "Some owners of the applications of %s are not known", in)
	add(s.directory.disabledErr, "Which owners of the applications of %s are disabled is not known", in)
	add(s.entitled.rolesErr, "The directory roles of the identities of %s are not known, and so not privileges that they give", in)
	add(s.groups.err, "Which identities of %s are in groups with roles is not known, and so not privileges that they have through those", in)
	add(s.entitled.permissionsErr, "The application permissions of the identities of %s are not known, and so not privileges that they give", in)
	add(s.signIns.err, "When the identities of %s last signed in is not known", in)
	add(s.signIns.keysErr, "When the secrets and certificates of %s were last used is not known", in)
	add(s.resources.identitiesErr, "The managed identities of %s are not listed", in)
	if s.resources.identitiesErr == nil {
		add(s.unlisted(), "Some managed identities of %s are not listed", in)
	}
	add(s.resources.usersErr, "Which resources of %s have managed identities assigned is not known", in)
	add(s.resources.assignmentsErr, "The Azure roles of the identities of %s are not known, and so not privileges that they give", in)
	return gaps
}

// reason is why something could not be read, without what helps, since a gap is no fault of the configuration.
func reason(err error) string {
	if forbidden := (*platform.ErrForbidden)(nil); errors.As(err, &forbidden) {
		return "the caller lacks the permission " + forbidden.Permission
	}
	if configured := (*platform.ErrNotConfigured)(nil); errors.As(err, &configured) {
		return strings.TrimSuffix(configured.Reason, ".")
	}
	return strings.TrimSuffix(err.Error(), ".")
}
