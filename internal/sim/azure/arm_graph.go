package azuresim

import (
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strings"
)

const (
	providerResourceGraph = "Microsoft.ResourceGraph"
	maxRows               = 1000 // of a page
)

// resourceGraphRoutes answer queries over everything (Azure Resource Graph REST
// reference).
var resourceGraphRoutes = []route{
	{pattern: "POST /providers/Microsoft.ResourceGraph/resources", handle: (*request).queryResources},
}

// errKQL is how Resource Graph refuses a query that it cannot read.
func errKQL(format string, args ...any) error {
	return newError("BadRequest", http.StatusBadRequest, "Please provide below info when asking for support. InvalidQuery: "+format, args...)
}

// queryResources runs a query over what the caller may read. It is a snapshot:
// under a lag it does not have the newest.
func (r *request) queryResources() (*reply, error) {
	if err := r.version(providerResourceGraph); err != nil {
		return nil, err
	}
	options := r.body.object("options")
	query, err := parseKQL(r.body.str("query"))
	if err != nil {
		return nil, errKQL("Query is invalid. Please refer to the documentation for the Azure Resource Graph service and fix the error before retrying: %s is not supported.", err)
	}
	if format := options.str("resultFormat"); format != "" && !strings.EqualFold(format, "objectArray") {
		return nil, errKQL("The result format '%s' is one that the simulator has not.", format)
	}
	subscriptions, err := r.queried()
	if err != nil {
		return nil, err
	}
	rows, err := r.rows(query.table, subscriptions)
	if err == nil {
		rows, err = query.run(rows)
	}
	if err != nil {
		return nil, errKQL("Query is invalid. Please refer to the documentation for the Azure Resource Graph service and fix the error before retrying: %s.", err)
	}
	r.tenant.arm.age()
	start, ok := readSkip(options.str("$skipToken"))
	if skip, given := options["$skip"].(float64); given {
		start = max(int(skip), 0)
	}
	if !ok {
		return nil, newError("InvalidSkipToken", http.StatusBadRequest, "The skip token '%s' is invalid.", options.str("$skipToken"))
	}
	top, limited := options["$top"].(float64)
	switch {
	case !limited:
		top = maxRows
	case top < 1 || top > maxRows:
		return nil, newError("BadRequest", http.StatusBadRequest, "The value of $top has to be between 1 and %d.", maxRows)
	}
	size := int(top)
	if r.server.maxPage > 0 {
		size = min(size, r.server.maxPage)
	}
	start = min(start, len(rows))
	end := min(start+size, len(rows))
	out := object{"totalRecords": len(rows), "count": end - start, "data": append([]object{}, rows[start:end]...), "facets": []object{}, "resultTruncated": "false"}
	switch {
	case end == len(rows):
	case query.projects("id"):
		out["$skipToken"] = writeSkip(end)
	default: // Without the column id there is no next page.
		out["resultTruncated"] = "true"
	}
	return answer(http.StatusOK, out)
}

// projects reports whether the rows of a query have a column.
func (q *kqlQuery) projects(column string) bool {
	has := true
	for _, s := range q.stages {
		switch s.operator {
		case "project":
			has = slices.ContainsFunc(s.columns, func(c kqlColumn) bool { return c.name == column })
		case "count":
			has = false
		}
	}
	return has
}

// queried are the subscriptions that a query is about: those that it names, and
// all of the tenant where it names none.
func (r *request) queried() (map[*Subscription]bool, error) {
	out := map[*Subscription]bool{}
	names, groups := r.body.texts("subscriptions"), r.body.texts("managementGroups")
	for _, id := range names {
		if s := r.tenant.subscriptions[strings.ToLower(id)]; s != nil {
			out[s] = true
		}
	}
	if len(names) > 0 && len(out) == 0 {
		return nil, newError("NoValidSubscriptionsInQueryRequest", http.StatusBadRequest, "There must be at least one subscription that is eligible to contain resources. Given: '%s'", strings.Join(names, ","))
	}
	for _, s := range r.tenant.ordered() {
		above := r.tenant.above(scope{"/subscriptions/" + s.id, s})
		if len(names)+len(groups) == 0 || slices.ContainsFunc(groups, func(g string) bool {
			return slices.Contains(above, managementGroupScope+strings.ToLower(g))
		}) {
			out[s] = true
		}
	}
	return out, nil
}

// rows are those of a table. Who may not read something does not see it.
func (r *request) rows(table string, of map[*Subscription]bool) ([]object, error) {
	switch table {
	case "resources":
		return r.resourceRows(of), nil
	case "authorizationresources":
		return r.authorizationRows(of), nil
	case "resourcecontainers":
		return r.containerRows(of), nil
	}
	return nil, errTable(table)
}

type errTable string

func (e errTable) Error() string { return "the table " + string(e) + " is none that the simulator has" }

func (r *request) reads(action string, at scope) bool {
	return r.caller.administrator && !anyMatches(r.tenant.denied, action) || r.tenant.decide(r.caller.objectID, action, at, false, r.now).allowed
}

// readsAny reports whether the caller may read something in one of the
// subscriptions.
func (r *request) readsAny(action string, of map[*Subscription]bool) bool {
	for s := range of {
		if r.reads(action, scope{"/subscriptions/" + s.id, s}) {
			return true
		}
	}
	return false
}

func (r *request) resourceRows(of map[*Subscription]bool) []object {
	var out []object
	for _, key := range slices.Sorted(maps.Keys(r.tenant.arm.resources)) {
		res := r.tenant.arm.resources[key]
		s := res.group.subscription
		if !of[s] || r.tenant.arm.unseen(key) || !r.reads(res.kind+"/read", scope{res.id(), s}) {
			continue
		}
		row := object{
			"id": res.id(), "name": res.name, "type": strings.ToLower(res.kind), "tenantId": r.tenant.id, "kind": "", "location": res.location, "resourceGroup": strings.ToLower(res.group.name),
			"subscriptionId": s.id, "tags": nil, "properties": res.properties, "identity": nil, "managedBy": "", "sku": nil, "plan": nil, "zones": nil, "extendedLocation": nil,
		}
		if res.kind == kindIdentity {
			shown := res.identityAnswer()
			row["properties"], row["tags"] = shown["properties"], shown["tags"]
		}
		if len(res.userIdentities) > 0 {
			row["identity"] = r.tenant.identityBlock(res)
		}
		out = append(out, jsonRow(row))
	}
	return out
}

// identityBlock is what a resource says of the managed identities that it runs
// as.
func (t *Tenant) identityBlock(res *resource) object {
	users := object{}
	for _, id := range res.userIdentities {
		users[id] = object{}
		if identity := t.arm.resources[strings.ToLower(id)]; identity != nil {
			users[id] = object{"principalId": identity.principal.id, "clientId": identity.principal.str("appId")}
		}
	}
	return object{"type": "UserAssigned", "userAssignedIdentities": users}
}

// authorizationRows are roles and role assignments, in which ids are in lower
// case where they are in Resource Graph.
func (r *request) authorizationRows(of map[*Subscription]bool) []object {
	var out []object
	for _, a := range r.tenant.arm.live(r.now) {
		if r.tenant.arm.unseen(strings.ToLower(a.id())) || !r.showsAssignment(a, of) {
			continue
		}
		shown := a.answer()
		out = append(out, jsonRow(object{
			"id": shown["id"], "name": a.name, "type": strings.ToLower(kindRoleAssignment), "tenantId": r.tenant.id, "kind": "", "location": "global",
			"resourceGroup": "", "subscriptionId": subscriptionOf(a.scope), "properties": shown["properties"], "tags": nil, "identity": nil,
		}))
	}
	for _, d := range slices.Concat(sortedRoles(builtInRoles()), sortedRoles(r.tenant.arm.definitions)) {
		if !r.readsAny(kindRoleDefinition+"/read", of) {
			break
		}
		shown := d.answer(scope{id: "/"})
		out = append(out, jsonRow(object{
			"id": shown["id"], "name": d.id, "type": strings.ToLower(kindRoleDefinition), "tenantId": r.tenant.id, "kind": "", "location": "global",
			"resourceGroup": "", "subscriptionId": "", "properties": shown["properties"], "tags": nil, "identity": nil,
		}))
	}
	return out
}

// showsAssignment reports whether a query over some subscriptions shows a role
// assignment: one above them only where the query asks for that, to whom may read
// the assignments of one of the subscriptions that inherit it (Resource Graph
// REST reference, "AuthorizationScopeFilter").
func (r *request) showsAssignment(a *assignment, of map[*Subscription]bool) bool {
	const read = kindRoleAssignment + "/read"
	if a.scope.subscription != nil {
		return of[a.scope.subscription] && r.reads(read, a.scope)
	}
	filter := r.body.object("options").str("authorizationScopeFilter")
	if filter != "AtScopeAboveAndBelow" && filter != "AtScopeAndAbove" {
		return false
	}
	for s := range of {
		at := scope{"/subscriptions/" + s.id, s}
		if slices.Contains(r.tenant.above(at), a.scope.key()) && r.reads(read, at) {
			return true
		}
	}
	return false
}

func subscriptionOf(s scope) string {
	if s.subscription == nil {
		return ""
	}
	return s.subscription.id
}

func (r *request) containerRows(of map[*Subscription]bool) []object {
	var out []object
	for _, s := range r.tenant.ordered() {
		if of[s] && r.reads("Microsoft.Resources/subscriptions/read", scope{"/subscriptions/" + s.id, s}) {
			out = append(out, object{
				"id": "/subscriptions/" + s.id, "name": s.name, "type": "microsoft.resources/subscriptions", "tenantId": r.tenant.id, "location": "",
				"resourceGroup": "", "subscriptionId": s.id, "properties": object{"state": "Enabled"}, "tags": nil,
			})
		}
	}
	for _, key := range slices.Sorted(maps.Keys(r.tenant.arm.groups)) {
		g := r.tenant.arm.groups[key]
		if of[g.subscription] && r.reads("Microsoft.Resources/subscriptions/resourceGroups/read", scope{g.id(), g.subscription}) {
			out = append(out, object{
				"id": g.id(), "name": g.name, "type": "microsoft.resources/subscriptions/resourcegroups", "tenantId": r.tenant.id, "location": g.location,
				"resourceGroup": strings.ToLower(g.name), "subscriptionId": g.subscription.id, "properties": object{}, "tags": nil,
			})
		}
	}
	return out
}

// jsonRow is a row as JSON has it.
func jsonRow(row object) object {
	// Rows are objects, which can be written and read.
	text, _ := json.Marshal(row)
	var out object
	_ = json.Unmarshal(text, &out)
	return out
}
