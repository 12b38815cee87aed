package sim

import (
	"net/http"
	"regexp"
	"time"
)

// stsOperations are the STS operations that the simulator offers.
var stsOperations map[string]operation

func init() {
	stsOperations = map[string]operation{
		"GetCallerIdentity":         {run: getCallerIdentity, result: true},
		"AssumeRole":                {run: assumeRole, result: true},
		"GetSessionToken":           {run: getSessionToken, result: true},
		"AssumeRoleWithWebIdentity": {run: assumeRoleWithWebIdentity, result: true},
	}
}

// getCallerIdentity needs no permission, and no policy can deny it (STS API
// reference, GetCallerIdentity).
func getCallerIdentity(r *request) ([]node, error) {
	return []node{
		text("UserId", r.caller.userID()),
		text("Account", r.caller.account.id),
		text("Arn", r.caller.arn),
	}, nil
}

// session is a role session.
type session struct {
	role           *role
	name           string
	issued         time.Time
	expires        time.Time
	policies       []*document // session policies
	tags           []tag
	sourceIdentity string
	provider       string // of a web identity session: its ARN
}

func newSession(r *role, name string, now time.Time, seconds int) *session {
	return &session{role: r, name: name, issued: now, expires: now.Add(time.Duration(seconds) * time.Second)}
}

func (s *session) arn() string {
	return "arn:aws:sts::" + s.role.account.id + ":assumed-role/" + s.role.name + "/" + s.name
}

var roleARNPattern = regexp.MustCompile(`^arn:aws:iam::([0-9]{12}):role(/|/\S+/)([\w+=,.@-]+)$`)

// roleByARN finds a role of any account of the simulator, or nil.
func (s *Server) roleByARN(arn string) *role {
	m := roleARNPattern.FindStringSubmatch(arn)
	if m == nil || s.accounts[m[1]] == nil {
		return nil
	}
	if r := s.accounts[m[1]].role(m[3]); r != nil && r.arn() == arn {
		return r
	}
	return nil
}

// duration checks DurationSeconds against the API's range and returns it.
func (r *request) duration() int {
	return r.integer("DurationSeconds", minSession, maxMaxSession, defaultSession)
}

// sessionRequest reads what AssumeRole and AssumeRoleWithWebIdentity have in
// common. DurationSeconds cannot exceed the role's maximum, which is checked
// once the role may be assumed at all.
func (r *request) sessionRequest() (arn, name string, seconds int) {
	return r.required("RoleArn", arnRule), r.required("RoleSessionName", sessionNameRule), r.duration()
}

func checkDuration(role *role, seconds int) error {
	if seconds > role.maxSession {
		return errValidation("The requested DurationSeconds exceeds the MaxSessionDuration set for this role.")
	}
	return nil
}

// sessionPolicies reads Policy and PolicyArns.
func (r *request) sessionPolicies(account *Account) ([]*document, error) {
	var docs []*document
	if r.has("Policy") {
		text := r.str("Policy")
		if size(text) > 2048 {
			return nil, newError("PackedPolicyTooLarge", http.StatusBadRequest, "Packed policy consumes more than 100%% of allotted space, please use smaller policy.")
		}
		doc, err := parsePolicy(identityPolicy, text)
		if err != nil {
			return nil, err
		}
		docs = append(docs, doc)
	}
	for _, i := range r.indexes("PolicyArns") {
		arn := r.str(indexed("PolicyArns", i) + ".arn")
		if len(docs) > 10 {
			return nil, errValidation("The number of session policies exceeds 10.")
		}
		p := account.policy(arn)
		if p == nil {
			return nil, errMalformedPolicy("The policy %s does not exist or is not attachable.", arn)
		}
		docs = append(docs, p.doc)
	}
	return docs, nil
}

// grant makes the credentials of a session.
func (s *Server) grant(sess *session) Credentials {
	c := s.temporary(sess.expires)
	s.keys[c.AccessKeyID] = &credential{Credentials: c, account: sess.role.account, session: sess}
	return c
}

// temporary makes the credentials of another session.
func (s *Server) temporary(expires time.Time) Credentials {
	s.serial++
	seed := indexed("session", s.serial)
	c := Credentials{
		AccessKeyID:     prefixSessionKey + derive(seed, 16),
		SecretAccessKey: deriveSecret(seed),
		SessionToken:    "FwoGZXIvYXdzE" + deriveSecret("token/"+seed) + deriveSecret("token2/"+seed),
		Expires:         expires,
	}
	s.remember(c.SecretAccessKey)
	s.remember(c.SessionToken)
	return c
}

func credentialsNode(c Credentials) node {
	return el("Credentials",
		text("AccessKeyId", c.AccessKeyID),
		text("SecretAccessKey", c.SecretAccessKey),
		text("SessionToken", c.SessionToken),
		date("Expiration", c.Expires),
	)
}

// nodes writes Credentials and AssumedRoleUser.
func (s *session) nodes(c Credentials) []node {
	out := []node{
		credentialsNode(c),
		el("AssumedRoleUser", text("AssumedRoleId", s.role.id+":"+s.name), text("Arn", s.arn())),
	}
	if len(s.policies) > 0 || len(s.tags) > 0 {
		out = append(out, number("PackedPolicySize", min(100, 6*(len(s.policies)+len(s.tags)))))
	}
	return out
}

// recordUse notes the last use of the role whose session made the request.
func (r *request) recordUse() {
	if s := r.caller.session; s != nil {
		s.role.used = &lastUse{at: r.now, region: r.server.region}
	}
}
