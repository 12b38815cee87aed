package sim

import (
	"errors"
	"strings"
)

var secretPolicyRule = rule{1, 20480, nil, "", ""}

// parseSecretPolicy checks a secret's resource policy: grammar and principals.
func (r *request) parseSecretPolicy() (*trustPolicy, error) {
	text := r.needText("ResourcePolicy", secretPolicyRule)
	if err := r.checked(); err != nil {
		return nil, err
	}
	doc, err := parsePolicy(resourceDocument, text)
	if err != nil {
		return nil, errMalformedPolicy("This resource policy contains a syntax error.")
	}
	p, err := r.server.resolvePrincipals(text, doc)
	if err != nil {
		return nil, errMalformedPolicy("This resource policy contains an unsupported principal.")
	}
	return p, nil
}

// public reports whether the policy lets everyone in: an Allow to * without a
// condition.
func (d *document) public() bool {
	for _, s := range d.statements {
		if s.allow && s.principals != nil && s.principals.everyone && len(s.conditions) == 0 {
			return true
		}
	}
	return false
}

func putSecretPolicy(r *request) (object, error) {
	p, err := r.parseSecretPolicy()
	if err != nil {
		return nil, err
	}
	s, err := r.changedSecret()
	if err != nil {
		return nil, err
	}
	if r.input.flag("BlockPublicPolicy") && p.doc.public() {
		return nil, errSecret("PublicPolicyException", "You can't attach a resource policy that allows broad access to the secret.")
	}
	s.changing(r)
	s.policy = p
	return object{"ARN": s.arn(), "Name": s.name}, nil
}

func getSecretPolicy(r *request) (object, error) {
	s, err := r.seenSecret()
	if err != nil {
		return nil, err
	}
	if !s.deletion.IsZero() {
		return nil, errMarkedDeleted()
	}
	out := object{"ARN": s.arn(), "Name": s.name}
	if p := s.source().policy; p != nil {
		out["ResourcePolicy"] = p.render(r.server)
	}
	return out, nil
}

func deleteSecretPolicy(r *request) (object, error) {
	s, err := r.changedSecret()
	if err != nil {
		return nil, err
	}
	s.changing(r)
	s.policy = nil
	return object{"ARN": s.arn(), "Name": s.name}, nil
}

// validateSecretPolicy says what is wrong with a policy that PutResourcePolicy
// would refuse or that is public. A text that is no policy at all is an error.
func validateSecretPolicy(r *request) (object, error) {
	if r.input.has("SecretId") {
		if _, err := r.changedSecret(); err != nil {
			return nil, err
		}
	}
	p, err := r.parseSecretPolicy()
	found := []object{}
	var malformed *apiError
	switch {
	case errors.As(err, &malformed) && strings.Contains(malformed.message, "principal"):
		found = append(found, object{"CheckName": "SupportedPrincipals", "ErrorMessage": malformed.message})
	case err != nil:
		return nil, err
	case p.doc.public():
		found = append(found, object{"CheckName": "BlockPublicAccess", "ErrorMessage": "This resource policy grants broad access to the secret."})
	}
	return object{"PolicyValidationPassed": len(found) == 0, "ValidationErrors": found}, nil
}
