package sim

import (
	"errors"
	"io"
	"maps"
	"net"
	"net/http"
	"net/url"
	"strconv"
)

// API versions of the two services (service models, metadata apiVersion).
const (
	iamVersion = "2010-05-08"
	stsVersion = "2011-06-15"
)

// maxBody is the largest request that is read, in bytes.
const maxBody = 1 << 20

// droppedCode is what the call record says of a dropped connection.
const droppedCode = "ConnectionDropped"

func (s *Server) handler() http.Handler {
	mux := http.NewServeMux()
	s.addControl(mux)
	mux.HandleFunc("/", s.serveQuery)
	return mux
}

// reply is what goes back over the wire.
type reply struct {
	status    int
	body      []byte
	requestID string
	drop      bool
}

// serveQuery answers one AWS Query request.
func (s *Server) serveQuery(w http.ResponseWriter, hr *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, hr.Body, maxBody))
	if err != nil {
		http.Error(w, "the request body cannot be read: "+err.Error(), http.StatusRequestEntityTooLarge)
		return
	}
	rep := s.answer(hr, body)
	if rep.drop {
		// net/http closes the connection without an answer.
		panic(http.ErrAbortHandler)
	}
	w.Header().Set("Content-Type", "text/xml")
	w.Header().Set("Content-Length", strconv.Itoa(len(rep.body)))
	w.Header().Set("X-Amzn-Requestid", rep.requestID)
	w.WriteHeader(rep.status)
	// A client that went away needs no answer.
	_, _ = w.Write(rep.body)
}

// answer runs one request from authentication to the rendered reply and
// records it.
func (s *Server) answer(hr *http.Request, body []byte) reply {
	params, parseErr := url.ParseQuery(string(body))
	if parseErr != nil {
		params = url.Values{}
	}
	maps.Copy(params, hr.URL.Query())
	r := &request{server: s, params: params, action: params.Get("Action"), sourceIP: sourceIP(hr)}
	version := params.Get("Version")
	params.Del("Action")
	params.Del("Version")

	s.mu.Lock()
	defer s.mu.Unlock()
	r.now = s.clock.Now()
	requestID := s.requestID()

	var result []node
	var drop bool
	accessKey, err := s.authenticate(r, hr, body, version)
	if err == nil && parseErr != nil {
		err = newError("MalformedQueryString", http.StatusNotFound, "The query string contains a syntax error.")
	}
	if err == nil {
		result, drop, err = s.run(r, version)
	}

	call := Call{
		Time: r.now, Service: r.service, Action: r.action, AccessKeyID: accessKey,
		Principal: r.caller.arn, Params: params, Status: http.StatusOK,
	}
	if r.caller.account != nil {
		call.Account = r.caller.account.id
	}
	rep := reply{status: http.StatusOK, requestID: requestID, drop: drop}
	var apiErr *apiError
	switch {
	case drop:
		call.Status, call.ErrorCode = 0, droppedCode
	case errors.As(err, &apiErr):
		call.Status, call.ErrorCode = apiErr.status, apiErr.code
		rep.status, rep.body = apiErr.status, errorBody(r.service, apiErr, requestID)
	default:
		rep.body = successBody(r.service, r.action, result, s.operation(r).result, requestID)
	}
	s.calls = append(s.calls, call.clone())
	return rep
}

// run checks faults and permissions and then runs the operation. When drop is
// true the connection is closed without an answer.
func (s *Server) run(r *request, version string) (result []node, drop bool, err error) {
	fault := s.faultFor(r.service, r.action)
	if fault != nil && fault.Kind != FaultDropAfter {
		if e := fault.asError(r); e != nil {
			return nil, false, e
		}
		return nil, true, nil
	}
	result, err = s.execute(r, version)
	return result, fault != nil, err
}

func (s *Server) execute(r *request, version string) ([]node, error) {
	op := s.operation(r)
	wanted := iamVersion
	if r.service == "sts" {
		wanted = stsVersion
	}
	if op.run == nil || version != wanted {
		return nil, newError("InvalidAction", http.StatusBadRequest,
			"Could not find operation %s for version %s", r.action, version)
	}
	if err := r.authorise(op); err != nil {
		return nil, err
	}
	result, err := op.run(r)
	if err != nil {
		return nil, err
	}
	r.recordUse()
	return result, nil
}

// operation is one API operation.
type operation struct {
	// run does it and returns the members of its result.
	run func(*request) ([]node, error)
	// needs lists the permissions that the caller needs; nil means none that
	// are checked before run.
	needs func(*request) []access
	// result says whether the answer has a Result element, as the service model
	// does with resultWrapper.
	result bool
}

func (s *Server) operation(r *request) operation {
	if r.service == "sts" {
		return stsOperations[r.action]
	}
	return iamOperations[r.action]
}

// sourceIP is the caller's address, for aws:SourceIp.
func sourceIP(hr *http.Request) string {
	host, _, err := net.SplitHostPort(hr.RemoteAddr)
	if err != nil {
		return hr.RemoteAddr
	}
	return host
}

// authenticate finds out who calls and which service is meant, and returns the
// access key id of the request.
func (s *Server) authenticate(r *request, hr *http.Request, body []byte, version string) (string, error) {
	header := hr.Header.Get("Authorization")
	if header == "" {
		r.service = "iam"
		if version == stsVersion {
			r.service = "sts"
		}
		if r.service == "sts" && r.action == "AssumeRoleWithWebIdentity" {
			return "", nil
		}
		return "", newError("MissingAuthenticationToken", http.StatusForbidden,
			"Request is missing Authentication Token")
	}
	sig, ok := parseSignature(header)
	r.service = sig.service
	if !ok {
		return sig.accessKeyID, newError("IncompleteSignature", http.StatusBadRequest,
			"The request signature does not conform to AWS standards.")
	}
	if sig.service != "iam" && sig.service != "sts" {
		return sig.accessKeyID, newError("InvalidAction", http.StatusBadRequest,
			"The simulator does not offer the service %s.", sig.service)
	}
	cred := s.keys[sig.accessKeyID]
	if cred == nil {
		return sig.accessKeyID, errInvalidToken()
	}
	if cred.SessionToken != hr.Header.Get("X-Amz-Security-Token") {
		return sig.accessKeyID, errInvalidToken()
	}
	if !sig.verify(hr, body, cred.SecretAccessKey) {
		return sig.accessKeyID, newError("SignatureDoesNotMatch", http.StatusForbidden,
			"The request signature we calculated does not match the signature you provided. "+
				"Check your AWS Secret Access Key and signing method. Consult the service documentation for details.")
	}
	r.caller, r.account = cred.principal(), cred.account
	if cred.session != nil {
		if cred.session.role.deleted {
			return sig.accessKeyID, errInvalidToken()
		}
		if !r.now.Before(cred.session.expires) {
			return sig.accessKeyID, newError("ExpiredToken", http.StatusForbidden,
				"The security token included in the request is expired")
		}
	}
	return sig.accessKeyID, nil
}
