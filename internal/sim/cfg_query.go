package sim

import (
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
)

// configOperations are the operations of AWS Config that the simulator offers.
var configOperations map[string]operation

func init() {
	configOperations = map[string]operation{
		"SelectAggregateResourceConfig": {json: selectAggregate, needs: onAggregator},
	}
}

// Aggregator is a configuration aggregator to seed with
// [Account.PutAggregator].
type Aggregator struct {
	Name string
	// Region is the server's by default.
	Region string
	// Accounts are the ids of those whose IAM it has recorded. It always shows
	// them as they are.
	Accounts []string
	// Further are results that come besides, by type of resource, as they are:
	// what a recorder has seen earlier, or what nobody can read.
	Further map[string][]string
}

// PutAggregator makes an aggregator, or replaces the one of that name and
// region.
func (a *Account) PutAggregator(seed Aggregator) {
	a.server.mu.Lock()
	defer a.server.mu.Unlock()
	if seed.Region == "" {
		seed.Region = a.server.region
	}
	a.aggregators[seed.Region+"/"+seed.Name] = seed
}

// onAggregator is the permission on the aggregator that the request names
// (service authorization reference, AWS Config).
func onAggregator(r *request) []access {
	name := r.input.str("ConfigurationAggregatorName")
	id := "config-aggregator-" + strings.ToLower(derive("aggregator/"+r.region+"/"+name, 8))
	return []access{{action: r.permission(), resource: "arn:aws:config:" + r.region + ":" + r.account.id + ":config-aggregator/" + id}}
}

// queryPattern is as much of the query language as the simulator knows: one
// type of resource, perhaps in some states.
var queryPattern = regexp.MustCompile(`^SELECT (\w+(?:, ?\w+)*) WHERE resourceType ?= ?'([\w:]+)'(?: AND configurationItemStatus IN ?\(('\w+'(?:, ?'\w+')*)\))?$`)

// queryFields are the properties that a query can select (AWS Config resource
// schema). An asterisk would leave out those that are no scalars.
var queryFields = []string{
	"accountId", "arn", "awsRegion", "configuration", "configurationItemCaptureTime", "configurationItemStatus",
	"resourceId", "resourceName", "resourceType", "tags",
}

// currentStatus is that of a resource that is recorded as it is.
const currentStatus = "OK"

var aggregatorNameRule = rule{1, 256, regexp.MustCompile(`^[\w-]+$`), `[\w\-]+`, ""}

// selectAggregate answers a query over the recorded resources of an aggregator.
func selectAggregate(r *request) (object, error) {
	name := r.needText("ConfigurationAggregatorName", aggregatorNameRule)
	expression := r.needText("Expression", rule{1, 4096, nil, "", ""})
	p := &page{action: r.action, size: r.mayNumber("Limit", 0, 100, 25)}
	if err := r.checked(); err != nil {
		return nil, err
	}
	if p.size == 0 {
		p.size = 25
	}
	seed, ok := r.account.aggregators[r.region+"/"+name]
	if !ok {
		return nil, newError("NoSuchConfigurationAggregatorException", http.StatusBadRequest, "The configuration aggregator does not exist. Check the configuration aggregator name and try again.")
	}
	query := queryPattern.FindStringSubmatch(expression)
	if query == nil {
		return nil, newError("InvalidExpressionException", http.StatusBadRequest, "The simulator does not know how to answer the query: %s", expression)
	}
	fields := strings.Split(strings.ReplaceAll(query[1], " ", ""), ",")
	for _, field := range fields {
		if !slices.Contains(queryFields, field) {
			return nil, newError("InvalidExpressionException", http.StatusBadRequest, "Invalid property: %s", field)
		}
	}
	if token := r.input.str("NextToken"); token != "" && !p.resume(token) {
		return nil, newError("InvalidNextTokenException", http.StatusBadRequest, "The specified next token is not valid.")
	}
	r.limit(p)
	results := map[string]func() string{}
	if query[3] == "" || strings.Contains(query[3], "'"+currentStatus+"'") {
		for _, id := range seed.Accounts {
			r.server.account(id).record(query[2], func(key string, item object) {
				results[key] = func() string { return selected(item, fields) }
			})
		}
	}
	for i, further := range seed.Further[query[2]] {
		results[fmt.Sprintf("~%06d", i)] = func() string { return further }
	}
	keys := make([]string, 0, len(results))
	for key := range results {
		if key > p.after {
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	found := []string{}
	pagedKeys(p, keys, func(key string) bool {
		found = append(found, results[key]())
		return true
	})
	names := make([]object, len(fields))
	for i, field := range fields {
		names[i] = object{"Name": field}
	}
	out := object{"Results": found, "QueryInfo": object{"SelectFields": names}}
	p.nextToken(out)
	return out, nil
}

// selected writes the selected properties of an item, which is what a result
// is.
func selected(item object, fields []string) string {
	out := object{}
	for _, field := range fields {
		if value, ok := item[field]; ok {
			out[field] = value
		}
	}
	// Items hold only strings, numbers, booleans, lists and maps of them.
	text, _ := json.Marshal(out)
	return string(text)
}
