package sim

import (
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"
)

// analyzerOperations are the operations of IAM Access Analyzer that the
// simulator offers: those that list what is unused.
var analyzerOperations map[string]operation

func init() {
	analyzerOperations = map[string]operation{
		"ListAnalyzers":  {json: listAnalyzers, needs: onAnything},
		"GetAnalyzer":    {json: getAnalyzer, needs: onAnalyzer},
		"ListFindingsV2": {json: listFindingsV2, needs: onFindings},
	}
}

var (
	analyzerNameRule = rule{1, 255, regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_.-]*$`), `[A-Za-z][A-Za-z0-9_.-]*`, ""}
	analyzerARNRule  = rule{1, 2048, regexp.MustCompile(`^[^:]*:[^:]*:[^:]*:[^:]*:[^:]*:analyzer/.{1,255}$`), `[^:]*:[^:]*:[^:]*:[^:]*:[^:]*:analyzer/.{1,255}`, ""}
)

// analyzerTypes are the values of a list's type (service model, Type).
var analyzerTypes = []string{
	"ACCOUNT", "ORGANIZATION", AnalyzerOfAccount, AnalyzerOfOrganization, "ACCOUNT_INTERNAL_ACCESS", "ORGANIZATION_INTERNAL_ACCESS",
}

func (r *request) analyzerARN(name string) string {
	return "arn:aws:access-analyzer:" + r.region + ":" + r.account.id + ":analyzer/" + name
}

func onAnalyzer(r *request) []access {
	return []access{{action: r.permission(), resource: r.analyzerARN(r.input.str("AnalyzerName"))}}
}

// onFindings: both versions of the list need the permission of the first (API
// reference, ListFindingsV2).
func onFindings(r *request) []access {
	return []access{{action: "access-analyzer:ListFindings", resource: r.input.str("AnalyzerArn")}}
}

func iso(t time.Time) string { return t.UTC().Format(time.RFC3339) }

// summary is an analyzer as a list has it: without its configuration.
func (z *analyzer) summary() object {
	return object{"arn": z.arn(), "name": z.Name, "type": z.Type, "createdAt": iso(z.CreatedAt), "status": z.Status, "tags": object{}}
}

func listAnalyzers(r *request) (object, error) {
	kind := r.mayEnum("Type", "", analyzerTypes...)
	p, err := r.jsonPage(1000, 100, "ValidationException")
	if err != nil {
		return nil, err
	}
	var names []string
	for key, z := range r.account.analyzers {
		if region, name, _ := strings.Cut(key, "/"); region == r.region && (kind == "" || kind == z.Type) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	analyzers := []object{}
	for _, name := range pagedStrings(p, names) {
		analyzers = append(analyzers, r.account.analyzers[r.region+"/"+name].summary())
	}
	return p.restful(object{"analyzers": analyzers}), nil
}

func getAnalyzer(r *request) (object, error) {
	name := r.needText("AnalyzerName", analyzerNameRule)
	if err := r.checked(); err != nil {
		return nil, err
	}
	z := r.account.analyzers[r.region+"/"+name]
	if z == nil {
		return nil, errNoAnalyzer(r.analyzerARN(name))
	}
	out := z.summary()
	if z.unused() {
		out["configuration"] = object{"unusedAccess": object{"unusedAccessAge": z.UnusedAccessAge}}
	}
	return object{"analyzer": out}, nil
}

func errNoAnalyzer(arn string) error {
	return newError("ResourceNotFoundException", http.StatusNotFound, "The analyzer %s was not found.", arn)
}

func listFindingsV2(r *request) (object, error) {
	arn := r.needText("AnalyzerArn", analyzerARNRule)
	p, err := r.jsonPage(100, 100, "ValidationException")
	if err != nil {
		return nil, err
	}
	filter, err := r.findingFilter()
	if err != nil {
		return nil, err
	}
	_, name, _ := strings.Cut(arn, ":analyzer/")
	z := r.account.analyzers[r.region+"/"+name]
	if z == nil || z.arn() != arn {
		return nil, errNoAnalyzer(arn)
	}
	byKey := map[string]finding{}
	var keys []string
	for _, f := range z.findings(r.now) {
		// A user's two keys are two findings.
		key := fmt.Sprintf("%s|%06d", f.key(), len(keys))
		if filter.fits(f) {
			byKey[key], keys = f, append(keys, key)
		}
	}
	slices.Sort(keys)
	findings := []object{}
	for _, key := range pagedStrings(p, keys) {
		f := byKey[key]
		findings = append(findings, object{
			"id": UUID(arn + key), "resource": f.resource, "resourceType": f.resourceType, "resourceOwnerAccount": f.account.id,
			"findingType": f.kind, "status": f.status(), "createdAt": iso(f.created), "updatedAt": iso(f.created), "analyzedAt": iso(r.now),
		})
	}
	return p.restful(object{"findings": findings}), nil
}

// restful adds the token to an answer when more is to come.
func (p *page) restful(out object) object {
	if p.more {
		out["nextToken"] = p.token()
	}
	return out
}

// findingFilter is what a list is narrowed to: by member, then by operator.
type findingFilter map[string]input

// filterMembers are the members of a finding that a filter can name (IAM user
// guide, "IAM Access Analyzer filter keys"), of those that the simulator has.
var filterMembers = map[string]func(finding) string{
	"findingType":          func(f finding) string { return f.kind },
	"resource":             func(f finding) string { return f.resource },
	"resourceOwnerAccount": func(f finding) string { return f.account.id },
	"resourceType":         func(f finding) string { return f.resourceType },
	"status":               func(f finding) string { return f.status() },
}

func (r *request) findingFilter() (findingFilter, error) {
	filter := findingFilter{}
	criteria, _ := r.input["Filter"].(map[string]any)
	for member, value := range criteria {
		if filterMembers[member] == nil {
			return nil, newError("ValidationException", http.StatusBadRequest, "Invalid filter key: %s", member)
		}
		criterion, _ := value.(map[string]any)
		filter[member] = criterion
	}
	return filter, nil
}

func (c findingFilter) fits(f finding) bool {
	for member, criterion := range c {
		value, contains := filterMembers[member](f), func(part string) bool { return strings.Contains(filterMembers[member](f), part) }
		switch {
		case criterion.has("eq") && !slices.Contains(criterion.list("eq"), value),
			criterion.has("neq") && slices.Contains(criterion.list("neq"), value),
			criterion.has("contains") && !slices.ContainsFunc(criterion.list("contains"), contains),
			criterion.has("exists") && !criterion.flag("exists"):
			return false
		}
	}
	return true
}
