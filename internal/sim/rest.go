package sim

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

// analyzerService is how requests to IAM Access Analyzer are signed, and the
// prefix of its actions.
const analyzerService = "access-analyzer"

// restful reports whether the request's service speaks REST-JSON, in which
// method and path name the operation.
func (r *request) restful() bool { return r.service == analyzerService }

// isREST reports whether a path is one of a REST-JSON service: a path of
// Access Analyzer (service model, http requestUri).
func isREST(path string) bool {
	return path == "/analyzer" || strings.HasPrefix(path, "/analyzer/") || strings.HasPrefix(path, "/finding")
}

// readREST reads the request of a REST-JSON service. Members of the query and
// of the body stand with a capital letter, as those of the other services do.
func (r *request) readREST(hr *http.Request, body []byte) error {
	r.service = analyzerService
	name, one := strings.CutPrefix(hr.URL.EscapedPath(), "/analyzer/")
	switch route := hr.Method + " " + hr.URL.Path; {
	case route == "GET /analyzer":
		r.action = "ListAnalyzers"
	case hr.Method == http.MethodGet && one && !strings.Contains(name, "/"):
		r.action = "GetAnalyzer"
	case route == "POST /findingv2":
		r.action = "ListFindingsV2"
	default:
		r.action = route
	}
	in, err := parseInput(body)
	r.input = input{}
	for member, value := range in {
		r.input[capital(member)] = value
	}
	for member, values := range hr.URL.Query() {
		if n, wrong := strconv.ParseFloat(values[0], 64); wrong == nil && member == "maxResults" {
			r.input[capital(member)] = n
			continue
		}
		r.input[capital(member)] = values[0]
	}
	if r.action == "GetAnalyzer" {
		if decoded, wrong := url.PathUnescape(name); wrong == nil {
			r.input["AnalyzerName"] = decoded
		}
	}
	return err
}

func capital(member string) string {
	if member == "" {
		return member
	}
	return strings.ToUpper(member[:1]) + member[1:]
}

// restStatuses are the statuses of errors, by code, where they are not 400
// (service model, httpError).
var restStatuses = map[string]int{
	"AccessDeniedException":     http.StatusForbidden,
	"InternalServerException":   http.StatusInternalServerError,
	"ResourceNotFoundException": http.StatusNotFound,
	"ThrottlingException":       http.StatusTooManyRequests,
}

// restError gives an error of a JSON service its name and status in REST-JSON.
func restError(e *apiError) {
	if e.code == "InternalServiceError" {
		e.code = "InternalServerException"
	}
	if status, ok := restStatuses[e.code]; ok {
		e.status = status
	}
}
