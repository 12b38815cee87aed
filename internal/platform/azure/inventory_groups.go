package azure

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform/azure/graph"
)

// inventoryGroups are the groups with dangerous roles that service principals are members of, also through other groups.
type inventoryGroups struct {
	// of are by the object id of the service principal in lower case.
	of  map[string][]memberOf
	err error
}

// memberOf is one such group.
type memberOf struct{ id, name string }

// Only with the header and a count does Graph list the service principals among the members of a group. Without either it
// answers with a list that lacks them ("Advanced query capabilities on Microsoft Entra ID objects", "Known issues").
var (
	eventual     = map[string]string{"ConsistencyLevel": "eventual"}
	membersQuery = url.Values{"$select": {"id"}, "$count": {"true"}, "$top": {pageSize}}
)

const membersName = "/groups/{id}/transitiveMembers/microsoft.graph.servicePrincipal"

func membersPath(group string) string {
	return "/groups/" + graph.Segment(group) + "/transitiveMembers/microsoft.graph.servicePrincipal"
}

// readGroups reads the members of the groups that have dangerous roles, twenty groups a call, and never the groups of each
// service principal. Roles that are given through Privileged Identity Management are among those that were read while they
// are active; eligible ones give a service principal nothing, which cannot activate any.
func (t *Tenant) readGroups(ctx context.Context, s sources) (g inventoryGroups) {
	g.of = map[string][]memberOf{}
	groups := slices.Clone(s.resources.groups)
	roleGroups, err := t.readRoleGroups(ctx, s)
	if err != nil {
		g.err = err
	}
	for _, id := range roleGroups {
		if !slices.Contains(groups, id) {
			groups = append(groups, id)
		}
	}
	if len(groups) == 0 {
		return g
	}
	slices.Sort(groups)
	members, err := t.readMembers(ctx, groups)
	if err != nil {
		g.err = errors.Join(g.err, err)
	}
	names := t.groupNames(ctx, members)
	for _, group := range groups {
		for _, member := range members[group] {
			g.of[member] = append(g.of[member], memberOf{group, names[group]})
		}
	}
	return g
}

// readRoleGroups lists the groups that have dangerous directory roles. A principal that is no service principal is a user or
// one of the groups that roles can be assigned to, of which a tenant has 500 at most.
func (t *Tenant) readRoleGroups(ctx context.Context, s sources) ([]string, error) {
	others := map[string]bool{}
	for principal := range s.entitled.roles {
		others[principal] = true
	}
	for i := range s.directory.principals {
		delete(others, strings.ToLower(s.directory.principals[i].ID))
	}
	if len(others) == 0 {
		return nil, nil
	}
	call := graph.Request{Path: "/groups", Query: url.Values{"$select": {"id"}, "$filter": {"isAssignableToRole eq true"}, "$top": {pageSize}}}
	all, err := listAll[graph.DirectoryObject](ctx, t, call, "/groups", permissionMembers)
	var found []string
	for _, group := range all {
		if id := strings.ToLower(group.ID); others[id] {
			found = append(found, id)
		}
	}
	return found, err
}

// readMembers are the service principals in each of the groups. A group that is gone has none.
func (t *Tenant) readMembers(ctx context.Context, groups []string) (map[string][]string, error) {
	found := map[string][]string{}
	of := operation{http.MethodGet + " " + membersName, permissionMembers}
	answers, err := t.batch(ctx, of, groups, func(group string) string { return membersPath(group) + "?" + membersQuery.Encode() }, eventual)
	var failed error
	for i, answer := range answers {
		var page struct {
			Value []graph.DirectoryObject `json:"value"`
			Next  string                  `json:"@odata.nextLink"`
		}
		switch {
		case answer.Status == http.StatusNotFound:
			continue
		case answer.Status == http.StatusForbidden:
			failed = &platform.ErrForbidden{Permission: permissionMembers}
			continue
		case answer.Status != http.StatusOK:
			failed = fmt.Errorf("%s was refused with %s", of.name, answer.Code)
			continue
		}
		if err := json.Unmarshal(answer.Body, &page); err != nil {
			return found, fmt.Errorf("%s: %w", of.name, err)
		}
		if page.Next != "" {
			call := graph.Request{Path: membersPath(groups[i]), Query: membersQuery, Header: http.Header{"ConsistencyLevel": {"eventual"}}}
			if page.Value, err = listAll[graph.DirectoryObject](ctx, t, call, membersName, permissionMembers); err != nil {
				failed = err
			}
		}
		found[groups[i]] = objectIDs(page.Value)
	}
	return found, errors.Join(err, failed)
}

// groupNames are the display names of the groups that have such members; what cannot be read has none.
func (t *Tenant) groupNames(ctx context.Context, members map[string][]string) map[string]string {
	var groups []string
	for group, of := range members {
		if len(of) > 0 {
			groups = append(groups, group)
		}
	}
	slices.Sort(groups)
	names := map[string]string{}
	// That a name is not known hides no privilege.
	answers, _ := t.batch(ctx, operation{http.MethodGet + " /groups/{id}", permissionMembers}, groups, func(group string) string {
		return "/groups/" + graph.Segment(group) + "?$select=displayName"
	}, nil)
	for i, answer := range answers {
		var group graph.DirectoryObject
		if answer.Status == http.StatusOK && json.Unmarshal(answer.Body, &group) == nil {
			names[groups[i]] = group.DisplayName
		}
	}
	return names
}

// batch reads a path for each id, in the order of the ids.
func (t *Tenant) batch(ctx context.Context, of operation, ids []string, path func(string) string, headers map[string]string) ([]graph.Answer, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	connection, err := t.connect(ctx)
	if err != nil {
		return nil, err
	}
	paths := make([]string, len(ids))
	for i, id := range ids {
		paths[i] = path(id)
	}
	answers, err := connection.graph.BatchWith(ctx, paths, headers, t.wait)
	return answers, mapError(of, err)
}

// throughGroups are the privileges that a service principal has by being a member of groups.
func (s sources) throughGroups(principal string) []governance.Privilege {
	var found []governance.Privilege
	for _, group := range s.groups.of[principal] {
		through := " through the group " + group.id
		if group.name != "" {
			through = fmt.Sprintf(" through the group %q", group.name)
		}
		for _, one := range slices.Concat(s.entitled.roles[group.id], s.resources.privileges[group.id]) {
			found = append(found, governance.Privilege{Class: one.Class, Reason: one.Reason + through})
		}
	}
	return found
}
