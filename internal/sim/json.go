package sim

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// object is a JSON object of an answer.
type object map[string]any

// input is a JSON object of a request.
type input map[string]any

// json reports whether the request's service speaks JSON instead of Query.
func (r *request) json() bool {
	switch r.service {
	case "config", "organizations", "secretsmanager", "ssm":
		return true
	}
	return r.restful()
}

// parseInput reads the body of a JSON request.
func parseInput(body []byte) (input, error) {
	in := input{}
	if len(bytes.TrimSpace(body)) == 0 {
		return in, nil
	}
	if err := json.Unmarshal(body, &in); err != nil {
		return input{}, newError("SerializationException", http.StatusBadRequest, "The request body is not a JSON object.")
	}
	return in, nil
}

func (in input) has(name string) bool { return in[name] != nil }

func (in input) str(name string) string {
	s, _ := in[name].(string)
	return s
}

func (in input) flag(name string) bool {
	b, _ := in[name].(bool)
	return b
}

func (in input) list(name string) []string {
	items, _ := in[name].([]any)
	out := make([]string, 0, len(items))
	for _, i := range items {
		s, _ := i.(string)
		out = append(out, s)
	}
	return out
}

func (in input) objects(name string) []input {
	items, _ := in[name].([]any)
	out := make([]input, 0, len(items))
	for _, i := range items {
		m, _ := i.(map[string]any)
		out = append(out, m)
	}
	return out
}

func (in input) tags(name string) []tag {
	var out []tag
	for _, t := range in.objects(name) {
		out = append(out, tag{t.str("Key"), t.str("Value")})
	}
	return out
}

// recorded returns the members of a request for the record of calls: strings as
// they are, anything else as JSON, and the named secrets hidden.
func (in input) recorded(secrets []string) url.Values {
	out := url.Values{}
	for name, value := range in {
		text, ok := value.(string)
		if !ok {
			// What was read as JSON can be written as JSON.
			raw, _ := json.Marshal(value)
			text = string(raw)
		}
		for _, s := range secrets {
			if strings.EqualFold(s, name) {
				text = sensitive
			}
		}
		out.Set(name, text)
	}
	return out
}

// needText checks a string member that has to be given.
func (r *request) needText(name string, c rule) string {
	if !r.input.has(name) {
		r.problems = append(r.problems, fmt.Sprintf("Value null at '%s' failed to satisfy constraint: Member must not be null", member(name)))
		return ""
	}
	return r.mayText(name, c)
}

// mayText checks a string member that may be left out.
func (r *request) mayText(name string, c rule) string {
	if !r.input.has(name) {
		return ""
	}
	v, ok := r.input[name].(string)
	if !ok {
		r.problems = append(r.problems, fmt.Sprintf("Value at '%s' failed to satisfy constraint: Member must be a string", member(name)))
		return ""
	}
	r.constrain(v, name, c)
	return v
}

// mayNumber checks a whole-number member that may be left out.
func (r *request) mayNumber(name string, lowest, highest, fallback int) int {
	if !r.input.has(name) {
		return fallback
	}
	f, ok := r.input[name].(float64)
	v := int(f)
	shown := strconv.Itoa(v)
	switch {
	case !ok || f != math.Trunc(f):
		r.problem(shown, name, "Member must be an integer")
	case v < lowest:
		r.problem(shown, name, "Member must have value greater than or equal to "+strconv.Itoa(lowest))
	case v > highest:
		r.problem(shown, name, "Member must have value less than or equal to "+strconv.Itoa(highest))
	}
	return v
}

// mayEnum checks a member that has to be one of some values.
func (r *request) mayEnum(name, fallback string, values ...string) string {
	v := r.input.str(name)
	if v == "" {
		return fallback
	}
	for _, allowed := range values {
		if v == allowed {
			return v
		}
	}
	r.problem(v, name, "Member must satisfy enum value set: ["+strings.Join(values, ", ")+"]")
	return fallback
}

// jsonPage reads MaxResults and NextToken.
func (r *request) jsonPage(largest, fallback int, invalidToken string) (*page, error) {
	p := &page{action: r.action, size: r.mayNumber("MaxResults", 1, largest, fallback)}
	if err := r.checked(); err != nil {
		return nil, err
	}
	if token := r.input.str("NextToken"); token != "" && !p.resume(token) {
		return nil, newError(invalidToken, http.StatusBadRequest, "The NextToken value is invalid.")
	}
	r.limit(p)
	return p, nil
}

// nextToken adds the token to an answer when more is to come.
func (p *page) nextToken(out object) {
	if p.more {
		out["NextToken"] = p.token()
	}
}

// epoch is a time as JSON services write it: seconds with milliseconds.
func epoch(t time.Time) float64 { return float64(t.UnixMilli()) / 1000 }

func (o object) time(name string, t time.Time) {
	if !t.IsZero() {
		o[name] = epoch(t)
	}
}

func (o object) text(name, value string) {
	if value != "" {
		o[name] = value
	}
}

func tagObjects(tags []tag) []object {
	out := make([]object, len(tags))
	for i, t := range tags {
		out[i] = object{"Key": t.key, "Value": t.value}
	}
	return out
}

// jsonCodes are the codes of errors that are common to all services, as JSON
// services name them; they answer all of them with 400 but failures of their
// own.
var jsonCodes = map[string]string{
	"AccessDenied":               "AccessDeniedException",
	"ExpiredToken":               "ExpiredTokenException",
	"IncompleteSignature":        "IncompleteSignatureException",
	"InvalidAction":              "UnknownOperationException",
	"InvalidClientTokenId":       "UnrecognizedClientException",
	"MalformedPolicyDocument":    "MalformedPolicyDocumentException",
	"MissingAuthenticationToken": "MissingAuthenticationTokenException",
	"SignatureDoesNotMatch":      "InvalidSignatureException",
	"Throttling":                 "ThrottlingException",
	"ValidationError":            "ValidationException",
}

// jsonError rewords a common error for a JSON service.
func (r *request) jsonError(e *apiError) *apiError {
	if !r.json() || e.verbatim {
		return e
	}
	out := *e
	if code, ok := jsonCodes[e.code]; ok {
		out.code, out.status = code, http.StatusBadRequest
	}
	if e.code == "ServiceFailure" {
		out.code = "InternalServiceError"
		switch r.service {
		case "organizations":
			out.code = "ServiceException"
		case "ssm":
			out.code = "InternalServerError"
		}
	}
	if r.restful() {
		restError(&out)
	}
	return &out
}

// jsonBody renders the answer of a JSON service.
func jsonBody(value any) []byte {
	// Answers hold only strings, numbers, booleans, lists and maps of them.
	body, _ := json.Marshal(value)
	return body
}

func jsonErrorBody(e *apiError) []byte {
	return jsonBody(object{"__type": e.code, "message": e.message})
}
