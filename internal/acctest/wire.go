package acctest

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"sync"
	"testing"

	"github.com/nhi-governance/terraform-provider-governed/internal/platform"
)

// simulator is one of this process. Its URL is empty when it does not listen.
type simulator interface {
	URL() string
	Handler() http.Handler
	Close()
}

// simulators are those that listen, by host and port.
var simulators sync.Map

// listening notes a simulator, and returns what forgets it.
func listening(s simulator) (forget func()) {
	at, err := url.Parse(s.URL())
	if err != nil {
		return func() {}
	}
	simulators.Store(at.Host, &inProcess{simulator: s, url: s.URL(), handler: sync.OnceValue(s.Handler)})
	return func() { simulators.Delete(at.Host) }
}

// closing has a simulator listen until the test ends. Package testing keeps what was given to Cleanup until the parents of the
// test have ended, too, and thousands of simulators take gigabytes: so this lets go of it.
func closing(t testing.TB, s simulator) {
	t.Helper()
	forget := listening(s)
	t.Cleanup(func() {
		forget()
		s.Close()
		s = nil
	})
}

// inProcess is a simulator and what answers its requests.
type inProcess struct {
	simulator
	url     string
	handler func() http.Handler
}

// wire hands requests straight to the simulators of this process, which spares connections and TLS, a fifth of what a test
// costs. To any other place, and where a simulator has stopped, they go as they would.
type wire struct{ elsewhere platform.Transport }

// onWire is what a provider in this process sends its requests with.
func onWire(elsewhere platform.Transport) platform.Transport { return wire{elsewhere} }

// Do carries a request. A simulator that drops the connection is an EOF, as it is to a client of net/http.
func (w wire) Do(req *http.Request) (*http.Response, error) {
	found, ok := simulators.Load(req.URL.Host)
	if !ok {
		return w.elsewhere.Do(req)
	}
	to, _ := found.(*inProcess)
	if to.URL() != to.url || to.url != req.URL.Scheme+"://"+req.URL.Host {
		return w.elsewhere.Do(req)
	}
	arrived, err := arrive(req)
	if err != nil {
		return nil, err
	}
	answer := httptest.NewRecorder()
	dropped := answered(to.handler(), answer, arrived)
	if err := req.Context().Err(); err != nil {
		return nil, &url.Error{Op: req.Method, URL: req.URL.String(), Err: err}
	}
	if dropped {
		return nil, &url.Error{Op: req.Method, URL: req.URL.String(), Err: io.EOF}
	}
	response := answer.Result()
	response.Request = req
	return response, nil
}

// arrive is a request as a server has it.
func arrive(req *http.Request) (*http.Request, error) {
	var body []byte
	if req.Body != nil {
		var err error
		body, err = io.ReadAll(req.Body)
		if closed := req.Body.Close(); err == nil {
			err = closed
		}
		if err != nil {
			return nil, err
		}
	}
	arrived := req.WithContext(req.Context())
	arrived.URL = &url.URL{Path: req.URL.Path, RawPath: req.URL.RawPath, RawQuery: req.URL.RawQuery}
	if arrived.URL.Path == "" {
		arrived.URL.Path = "/"
	}
	arrived.RequestURI = req.URL.RequestURI()
	if arrived.Host == "" {
		arrived.Host = req.URL.Host
	}
	arrived.RemoteAddr = "127.0.0.1:1"
	arrived.Body, arrived.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	arrived.Header = make(http.Header, len(req.Header)+1)
	for name, values := range req.Header {
		arrived.Header[http.CanonicalHeaderKey(name)] = values
	}
	if len(body) > 0 {
		arrived.Header.Set("Content-Length", strconv.Itoa(len(body)))
	}
	return arrived, nil
}

// answered answers a request, and says whether the connection was dropped instead.
func answered(handler http.Handler, answer http.ResponseWriter, req *http.Request) (dropped bool) {
	defer func() {
		switch problem := recover(); problem {
		case nil:
		case http.ErrAbortHandler:
			dropped = true
		default:
			panic(problem)
		}
	}()
	handler.ServeHTTP(answer, req)
	return false
}
