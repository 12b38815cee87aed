package sim

import (
	"context"
	"errors"
	"io"
	"maps"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

// API versions of the Query services (service models, metadata apiVersion).
const (
	iamVersion = "2010-05-08"
	stsVersion = "2011-06-15"
)

// versionsOf are the API versions that a request has to name; JSON services
// take theirs from the target.
var versionsOf = map[string]string{"iam": iamVersion, "sts": stsVersion}

// maxBody is the largest request that is read, in bytes.
const maxBody = 1 << 20

// droppedCode is what the call record says of a dropped connection.
const droppedCode = "ConnectionDropped"

// Handler answers the requests of every service and of the control endpoint. It
// panics with [http.ErrAbortHandler] to drop a connection.
func (s *Server) Handler() http.Handler {
	mux := http.NewServeMux()
	AddControl(mux, s)
	mux.HandleFunc("/", s.serve)
	return mux
}

// reply is what goes back over the wire.
type reply struct {
	status    int
	body      []byte
	kind      string // Content-Type
	requestID string
	errorType string // X-Amzn-Errortype, of REST-JSON
	drop      bool
}

// serve answers one request of any service.
func (s *Server) serve(w http.ResponseWriter, hr *http.Request) {
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
	w.Header().Set("Content-Type", rep.kind)
	w.Header().Set("Content-Length", strconv.Itoa(len(rep.body)))
	w.Header().Set("X-Amzn-Requestid", rep.requestID)
	if rep.errorType != "" {
		w.Header().Set("X-Amzn-Errortype", rep.errorType)
	}
	w.WriteHeader(rep.status)
	// A client that went away needs no answer.
	_, _ = w.Write(rep.body)
}

// read makes the request of an HTTP request: of a REST-JSON service when the
// path is one of its own, of a JSON service when a target names the operation,
// of a Query service otherwise.
func (s *Server) read(hr *http.Request, body []byte) (*request, error) {
	r := &request{server: s, sourceIP: sourceIP(hr), params: url.Values{}}
	if isREST(hr.URL.Path) {
		return r, r.readREST(hr, body)
	}
	if target := hr.Header.Get("X-Amz-Target"); target != "" {
		prefix, action, _ := strings.Cut(target, ".")
		r.service, r.action = targets[prefix], action
		in, err := parseInput(body)
		r.input = in
		return r, err
	}
	params, err := url.ParseQuery(string(body))
	if err == nil {
		r.params = params
	} else {
		err = newError("MalformedQueryString", http.StatusNotFound, "The query string contains a syntax error.")
	}
	maps.Copy(r.params, hr.URL.Query())
	r.action, r.version = r.params.Get("Action"), r.params.Get("Version")
	r.params.Del("Action")
	r.params.Del("Version")
	return r, err
}

// targets are the JSON services by the first part of X-Amz-Target (service
// models, metadata targetPrefix).
var targets = map[string]string{
	"AWSOrganizationsV20161128": "organizations", "StarlingDoveService": "config", "secretsmanager": "secretsmanager", "AmazonSSM": "ssm",
}

// answer runs one request from authentication to the rendered reply and
// records it.
func (s *Server) answer(hr *http.Request, body []byte) reply {
	s.mu.Lock()
	defer s.mu.Unlock()
	r, parseErr := s.read(hr, body)
	r.rememberSecrets()
	r.now = s.clock.Now()
	rep := reply{status: http.StatusOK, kind: "text/xml", requestID: s.requestID()}

	var result []node
	accessKey, err := s.authenticate(r, hr, body)
	if err == nil {
		err = parseErr
	}
	if err == nil {
		result, rep.drop, err = s.run(hr.Context(), r, accessKey)
	}

	call := Call{
		Time: r.now, Service: r.service, Action: r.action, AccessKeyID: accessKey,
		Principal: r.caller.arn, Params: r.recorded(), Status: http.StatusOK,
		Permissions: r.permissions, Attempt: attempt(hr.Header.Get("Amz-Sdk-Request")),
	}
	if r.caller.account != nil {
		call.Account = r.caller.account.id
	}
	if r.json() {
		rep.kind = "application/x-amz-json-1.1"
	}
	if r.restful() {
		rep.kind = "application/json"
	}
	var apiErr *apiError
	switch {
	case rep.drop:
		call.Status, call.ErrorCode = 0, droppedCode
	case errors.As(err, &apiErr):
		apiErr = r.jsonError(apiErr)
		call.Status, call.ErrorCode = apiErr.status, apiErr.code
		rep.status, rep.body = apiErr.status, errorBody(r.service, apiErr, rep.requestID)
		if r.json() {
			rep.body = jsonErrorBody(apiErr)
		}
		if r.restful() {
			rep.errorType = apiErr.code
		}
	case r.json():
		rep.body = jsonBody(r.output)
	default:
		rep.body = successBody(r.service, r.action, result, s.operation(r).result, rep.requestID)
	}
	s.calls.Record(call)
	return rep
}

// recorded returns the parameters for the record of calls.
func (r *request) recorded() url.Values {
	if r.json() {
		return r.input.recorded(secretMembers)
	}
	if r.has("Password") {
		out := maps.Clone(r.params)
		out.Set("Password", sensitive)
		return out
	}
	return r.params
}

// secretMembers are the members that the service models mark as sensitive.
var secretMembers = []string{"SecretString", "SecretBinary", "RotationToken", "Value"}

// run checks faults and permissions and then runs the operation. When drop is
// true the connection is closed without an answer.
func (s *Server) run(client context.Context, r *request, accessKey string) (result []node, drop bool, err error) {
	fault := s.faults.Match(r.service, r.action)
	if fault == nil {
		fault = &Fault{Kind: FaultNone}
	}
	if fault.Refuses() {
		if e := fault.asError(r); e != nil {
			return nil, false, e
		}
		return nil, true, nil
	}
	lag, maxPage := s.lag, s.maxPage
	defer func() { s.lag, s.maxPage = lag, maxPage }()
	switch fault.Kind {
	case FaultLag:
		s.lag = FaultReads
	case FaultShortPage:
		s.maxPage = 1
	case FaultHoldBefore:
		if !s.faults.Hold(client) {
			return nil, true, nil
		}
	}
	r.recordKeyUse(accessKey)
	result, err = s.execute(r)
	if fault.Kind == FaultHoldAfter {
		s.faults.Hold(client)
	}
	return result, fault.Kind == FaultDropAfter, err
}

func (s *Server) execute(r *request) ([]node, error) {
	op := s.operation(r)
	if r.json() && op.json == nil {
		return nil, newError("InvalidAction", http.StatusBadRequest, "The simulator does not offer %s of the service %s.", r.action, r.service)
	}
	if op.run == nil && op.json == nil || r.version != versionsOf[r.service] {
		return nil, newError("InvalidAction", http.StatusBadRequest,
			"Could not find operation %s for version %s", r.action, r.version)
	}
	if err := r.authorise(op); err != nil {
		return nil, err
	}
	var result []node
	var err error
	if op.json != nil {
		r.output, err = op.json(r)
	} else {
		result, err = op.run(r)
	}
	if err != nil {
		return nil, err
	}
	r.recordUse()
	return result, nil
}

// operation is one API operation.
type operation struct {
	// run does it and returns the members of its result, in a Query service.
	run func(*request) ([]node, error)
	// json does it and returns its answer, in a JSON service.
	json func(*request) (object, error)
	// needs lists the permissions that the caller needs; nil means none that
	// are checked before run.
	needs func(*request) []access
	// result says whether the answer has a Result element, as the service model
	// does with resultWrapper.
	result bool
}

func (s *Server) operation(r *request) operation {
	switch r.service {
	case "sts":
		return stsOperations[r.action]
	case "config":
		return configOperations[r.action]
	case "organizations":
		return organizationsOperations[r.action]
	case "secretsmanager":
		return secretsManagerOperations[r.action]
	case "ssm":
		return ssmOperations[r.action]
	case analyzerService:
		return analyzerOperations[r.action]
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
func (s *Server) authenticate(r *request, hr *http.Request, body []byte) (string, error) {
	header := hr.Header.Get("Authorization")
	if header == "" {
		if r.service == "" {
			r.service = "iam"
		}
		if r.version == stsVersion {
			r.service = "sts"
		}
		if r.service == "sts" && r.action == "AssumeRoleWithWebIdentity" {
			return "", nil
		}
		return "", newError("MissingAuthenticationToken", http.StatusForbidden,
			"Request is missing Authentication Token")
	}
	sig, ok := parseSignature(header)
	named := r.service
	r.service, r.region = sig.service, sig.region
	if !ok {
		return sig.accessKeyID, newError("IncompleteSignature", http.StatusBadRequest,
			"The request signature does not conform to AWS standards.")
	}
	if known := sig.service == "iam" || sig.service == "sts" || r.json(); !known || named != "" && named != sig.service {
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
	if cred.userSession == nil && cred.user != nil && !cred.user.authenticates(sig.accessKeyID) {
		return sig.accessKeyID, errInvalidToken()
	}
	r.caller, r.account = cred.principal(), cred.account
	if cred.userSession != nil {
		return sig.accessKeyID, r.checkUserSession(cred)
	}
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
