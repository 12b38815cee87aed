package azuresim

import (
	"encoding/base64"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// pageSizes of lists of directory objects (Graph guide, "Paging Microsoft Graph
// data in your app").
const (
	defaultPage = 100
	largestPage = 999
)

// advanced reports whether the request asks for an advanced query, which reads
// an index of its own (Graph guide, "Advanced query capabilities on Microsoft
// Entra ID objects").
func (r *request) advanced() bool {
	return strings.EqualFold(r.http.Header.Get("ConsistencyLevel"), "eventual")
}

func errQuery(format string, args ...any) *apiError {
	return newError("Request_UnsupportedQuery", http.StatusBadRequest, format, args...)
}

// options are the query options of a request for one kind of thing.
type options struct {
	top    int
	after  string // key of the last item of the page before
	fields []string
	expand *expansion
	filter filter
	count  bool
}

// expansion is one $expand.
type expansion struct {
	name   string
	fields []string
}

// allowed are the options that some request takes.
type allowed struct {
	has        func(property string) bool // nil takes no $select
	expansions []string
	list       bool
}

func (r *request) options(a allowed) (*options, error) {
	o := &options{top: defaultPage}
	for name := range r.query {
		takes := name == "$select" && a.has != nil || name == "$expand" && a.expansions != nil ||
			a.list && slices.Contains([]string{"$top", "$filter", "$count", "$skiptoken"}, name)
		if strings.HasPrefix(name, "$") && !takes {
			return nil, errBadRequest("The query parameter '%s' is not supported.", name)
		}
	}
	if text := r.query.Get("$top"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 || n > largestPage {
			return nil, errQuery("Invalid page size specified: '%s'. Must be between 1 and 999 inclusive.", text)
		}
		o.top = n
	}
	if most := r.server.maxPage; most > 0 {
		o.top = min(o.top, most)
	}
	if token := r.query.Get("$skiptoken"); token != "" {
		raw, err := base64.RawURLEncoding.DecodeString(token)
		after, ok := strings.CutPrefix(string(raw), r.route.pattern+"|")
		if err != nil || !ok {
			return nil, newError("Directory_ExpiredPageToken", http.StatusBadRequest, "The specified page token value has expired and can no longer be included in your request.")
		}
		o.after = after
	}
	o.count = r.query.Get("$count") == "true"
	var err error
	if o.fields, err = selection(r.query.Get("$select"), a.has); err != nil {
		return nil, err
	}
	if o.expand, err = r.expansion(a.expansions); err != nil {
		return nil, err
	}
	if text := r.query.Get("$filter"); text != "" {
		o.filter, err = r.parseFilter(text)
	}
	return o, err
}

// selection reads a $select.
func selection(text string, has func(string) bool) ([]string, error) {
	if text == "" {
		return nil, nil
	}
	var out []string
	for _, name := range strings.Split(text, ",") {
		name = strings.TrimSpace(name)
		if name != "id" && !has(name) {
			return nil, errBadRequest("Parsing OData Select and Expand failed: Could not find a property named '%s'.", name)
		}
		out = append(out, name)
	}
	return out, nil
}

// expansion reads $expand, of which a request has one at most, with a $select of
// its own.
func (r *request) expansion(names []string) (*expansion, error) {
	text := r.query.Get("$expand")
	if text == "" {
		return nil, nil
	}
	if r.advanced() {
		return nil, errQuery("Request with $expand is not supported with advanced query capabilities.")
	}
	name, inner, nested := strings.Cut(text, "(")
	e := &expansion{name: name}
	if fields, ok := strings.CutPrefix(strings.TrimSuffix(inner, ")"), "$select="); ok {
		e.fields = strings.Split(fields, ",")
	} else if nested {
		return nil, errBadRequest("Parsing OData Select and Expand failed: '%s' is not supported.", inner)
	}
	if strings.Contains(name, ",") || strings.Contains(inner, "),") {
		return nil, errQuery("Only one property can be expanded in a single query.")
	}
	if !slices.Contains(names, name) {
		return nil, errBadRequest("Parsing OData Select and Expand failed: Could not find a property named '%s'.", name)
	}
	return e, nil
}

// pick leaves of an object what was selected.
func pick(o object, fields []string) object {
	if fields == nil {
		return o
	}
	out := object{}
	for _, f := range fields {
		if v, ok := o[f]; ok {
			out[f] = v
		}
	}
	return out
}

// listed is an item of a list, with the key that its place goes by.
type listed struct {
	key  string
	item func() object
}

// page answers with a page of what matches, in order, and a link to the next.
func (r *request) page(what string, o *options, items []listed) (*reply, error) {
	start := 0
	for start < len(items) && o.after != "" && items[start].key <= o.after {
		start++
	}
	end := min(start+o.top, len(items))
	value := make([]object, 0, end-start)
	for _, i := range items[start:end] {
		value = append(value, i.item())
	}
	out := object{"@odata.context": r.contextURL(what), "value": value}
	if o.count {
		out["@odata.count"] = len(items)
	}
	if end < len(items) {
		out["@odata.nextLink"] = r.nextLink(items[end-1].key)
	}
	return answer(http.StatusOK, out)
}

// nextLink is the request's own address with a token.
func (r *request) nextLink(after string) string {
	at, err := url.Parse(r.http.RequestURI)
	if err != nil {
		at = r.http.URL
	}
	query := at.Query()
	query.Set("$skiptoken", base64.RawURLEncoding.EncodeToString([]byte(r.route.pattern+"|"+after)))
	return r.server.url() + at.EscapedPath() + "?" + query.Encode()
}
