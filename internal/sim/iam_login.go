package sim

import (
	"net/http"
	"strings"
	"unicode"
)

// passwordRule checks a password's length and characters; its value does not
// show in messages.
var passwordRule = rule{1, 128, documentRule.pattern, documentRule.shown, ""}

const passwordMinimum = 8

// password reads the Password parameter and checks it against the default
// password policy (IAM user guide, "Set an account password policy": eight
// characters at least, three of four kinds, not the user's name).
func (r *request) password(userName string) (string, error) {
	p := r.secretParameter("Password", passwordRule)
	if err := r.checked(); err != nil || p == "" {
		return "", err
	}
	var upper, lower, digit, other int
	for _, c := range p {
		switch {
		case unicode.IsUpper(c):
			upper = 1
		case unicode.IsLower(c):
			lower = 1
		case unicode.IsDigit(c):
			digit = 1
		default:
			other = 1
		}
	}
	switch {
	case len(p) < passwordMinimum:
		return "", newError("PasswordPolicyViolation", http.StatusBadRequest, "Password should have a minimum length of %d", passwordMinimum)
	case upper+lower+digit+other < 3, strings.EqualFold(p, userName):
		return "", newError("PasswordPolicyViolation", http.StatusBadRequest, "Password does not conform to the account password policy.")
	}
	return p, nil
}

// secretParameter checks an optional parameter whose value must not show in
// messages.
func (r *request) secretParameter(name string, c rule) string {
	v := r.str(name)
	if !r.has(name) {
		return ""
	}
	before := len(r.problems)
	r.constrain(v, name, c)
	for i := before; i < len(r.problems); i++ {
		r.problems[i] = strings.Replace(r.problems[i], "Value '"+v+"' at ", "Value at ", 1)
	}
	return v
}

func errNoLoginProfile(name string) error {
	return errNoSuchEntity("Login Profile for User %s cannot be found.", name)
}

func (p *loginProfile) node(userName string) node {
	return el("LoginProfile",
		text("UserName", userName),
		date("CreateDate", p.created),
		boolean("PasswordResetRequired", p.resetRequired),
	)
}

func createLoginProfile(r *request) ([]node, error) {
	reset := r.enum("PasswordResetRequired", "false", "true", "false") == "true"
	u, err := r.writableSelf()
	if err != nil {
		return nil, err
	}
	if !r.has("Password") {
		return nil, errValidation("1 validation error detected: Value null at 'password' failed to satisfy constraint: Member must not be null")
	}
	if _, err := r.password(u.name); err != nil {
		return nil, err
	}
	if u.login != nil {
		return nil, errAlreadyExists("Login Profile for user %s already exists.", u.name)
	}
	u.changing()
	u.login = &loginProfile{created: r.now, changed: r.now, resetRequired: reset}
	return []node{u.login.node(u.name)}, nil
}

func getLoginProfile(r *request) ([]node, error) {
	u, err := r.readableSelf()
	if err != nil {
		return nil, err
	}
	if u.login == nil {
		return nil, errNoLoginProfile(u.name)
	}
	return []node{u.login.node(u.name)}, nil
}

func updateLoginProfile(r *request) ([]node, error) {
	reset := r.enum("PasswordResetRequired", "", "true", "false")
	u, err := r.writableUser()
	if err != nil {
		return nil, err
	}
	password, err := r.password(u.name)
	if err != nil {
		return nil, err
	}
	if u.login == nil {
		return nil, errNoLoginProfile(u.name)
	}
	u.changing()
	next := *u.login
	if password != "" {
		next.changed = r.now
	}
	if reset != "" {
		next.resetRequired = reset == "true"
	}
	u.login = &next
	return nil, nil
}

func deleteLoginProfile(r *request) ([]node, error) {
	u, err := r.writableSelf()
	if err != nil {
		return nil, err
	}
	if u.login == nil {
		return nil, errNoLoginProfile(u.name)
	}
	u.changing()
	u.login = nil
	return nil, nil
}
