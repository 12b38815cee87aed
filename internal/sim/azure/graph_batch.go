package azuresim

import (
	"bytes"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
)

// maxBatch is how many requests a batch holds (Graph guide, "Combine multiple
// HTTP requests using JSON batching").
const maxBatch = 20

var batchRoutes = []route{{pattern: "POST /$batch", outside: true, handle: (*request).runBatch}}

// part is the answer to one request of a batch.
type part struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (p *part) Header() http.Header               { return p.header }
func (p *part) WriteHeader(status int)            { p.status = status }
func (p *part) Write(content []byte) (int, error) { return p.body.Write(content) }

func (p *part) object(id string) object {
	headers := object{}
	for name := range p.header {
		headers[name] = p.header.Get(name)
	}
	out := object{"id": id, "status": p.status, "headers": headers}
	var body any
	if json.Unmarshal(p.body.Bytes(), &body) == nil {
		out["body"] = body
	}
	return out
}

// runBatch makes the requests one after the other and answers them in another
// order than they came in, as Graph may.
func (r *request) runBatch() (*reply, error) {
	parts := r.body.objects("requests")
	if len(parts) == 0 {
		return nil, errBadRequest("Invalid batch payload format.")
	}
	if len(parts) > maxBatch {
		return nil, errBadRequest("The number of batch requests %d exceeds the maximum of %d.", len(parts), maxBatch)
	}
	statuses := map[string]int{}
	for _, p := range parts {
		id := p.str("id")
		if _, twice := statuses[id]; id == "" || twice || p.str("method") == "" || !strings.HasPrefix(p.str("url"), "/") {
			return nil, errBadRequest("Invalid batch payload format.")
		}
		if p["body"] != nil && !hasContentType(p.object("headers")) {
			return nil, errBadRequest("Write request id : %s does not contain Content-Type header or body.", id)
		}
		statuses[id] = 0
	}
	mux := r.server.mux(r.service)
	var out []object
	for _, p := range parts {
		id, answered := p.str("id"), &part{header: http.Header{}}
		if slices.ContainsFunc(p.texts("dependsOn"), func(on string) bool { return statuses[on] < 200 || statuses[on] > 299 }) {
			answered.status = http.StatusFailedDependency
		} else if err := r.runPart(mux, p, answered); err != nil {
			return nil, err
		}
		statuses[id] = answered.status
		out = append(out, answered.object(id))
	}
	slices.Reverse(out)
	return answer(http.StatusOK, object{"responses": out})
}

func hasContentType(headers object) bool {
	return slices.ContainsFunc(headers.names(), func(name string) bool { return strings.EqualFold(name, "Content-Type") })
}

func (r *request) runPart(mux http.Handler, p object, answered *part) error {
	raw := []byte{}
	if p["body"] != nil {
		// What was read as JSON can be written as JSON.
		raw, _ = json.Marshal(p["body"])
	}
	at := r.service.path + p.str("url")
	hr, err := http.NewRequestWithContext(r.inBatch(), strings.ToUpper(p.str("method")), at, bytes.NewReader(raw))
	if err != nil {
		return errBadRequest("Invalid batch payload format.")
	}
	hr.RequestURI = at
	hr.Header.Set("Authorization", r.http.Header.Get("Authorization"))
	for name := range p.object("headers") {
		hr.Header.Set(name, p.object("headers").str(name))
	}
	mux.ServeHTTP(answered, hr)
	return nil
}
