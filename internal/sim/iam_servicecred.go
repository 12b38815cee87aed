package sim

import (
	"net/http"
	"slices"
)

// credentialServices are the services that have service-specific credentials,
// and whether theirs are API keys (IAM API reference,
// CreateServiceSpecificCredential).
var credentialServices = map[string]bool{
	"codecommit.amazonaws.com": false, "cassandra.amazonaws.com": false,
	"bedrock.amazonaws.com": true, "logs.amazonaws.com": true,
}

// maxServiceCredentials is for one service and user (the same page).
const maxServiceCredentials = 2

var serviceCredIDRule = rule{20, 128, wordPattern, `[\w]+`, ""}

func errNotSupported(service string) error {
	return newError("NotSupportedService", http.StatusNotFound, "No such service %s is supported for service-specific credentials.", service)
}

// node writes a credential, with its secret when there is one to give.
func (c serviceCredential) node(u *user, r *request, secret string) node {
	n := el("ServiceSpecificCredential",
		date("CreateDate", c.created),
		text("ServiceName", c.service),
		text("ServiceSpecificCredentialId", c.id),
		text("UserName", u.name),
		text("Status", c.statusAt(r.now)),
	)
	if !c.expires.IsZero() {
		n.kids = append(n.kids, date("ExpirationDate", c.expires))
	}
	if c.apiKey {
		n.kids = append(n.kids, text("ServiceCredentialAlias", c.userName), opt("ServiceCredentialSecret", secret))
	} else {
		n.kids = append(n.kids, text("ServiceUserName", c.userName), opt("ServicePassword", secret))
	}
	return n
}

// newPassword makes the secret of a service-specific credential.
func (r *request) newPassword() string {
	r.server.serial++
	secret := deriveSecret(indexed("service-credential", r.server.serial)) + "="
	r.server.remember(secret)
	return secret
}

func createServiceSpecificCredential(r *request) ([]node, error) {
	service := r.required("ServiceName", urlRule)
	days := r.integer("CredentialAgeDays", 1, 36600, 0)
	u, err := r.writableUser()
	if err != nil {
		return nil, err
	}
	apiKey, known := credentialServices[service]
	if !known {
		return nil, errNotSupported(service)
	}
	if days > 0 && !apiKey {
		return nil, errInvalidInput("CredentialAgeDays is not supported for the service %s.", service)
	}
	serials := map[string]bool{}
	n := 0
	for _, c := range u.credentials {
		serials[c.userName] = true
		if c.service == service {
			n++
		}
	}
	if n >= maxServiceCredentials {
		return nil, errLimitExceeded("Cannot exceed quota for ServiceSpecificCredentialsPerUser: %d", maxServiceCredentials)
	}
	c := serviceCredential{
		id: r.server.uniqueID(prefixServiceKey), service: service, apiKey: apiKey, status: statusActive, created: r.now,
		userName: u.name + "-at-" + r.account.id,
	}
	if serials[c.userName] {
		c.userName = u.name + "+1-at-" + r.account.id
	}
	if days > 0 {
		c.expires = r.now.AddDate(0, 0, days)
	}
	u.changing()
	u.credentials = append(slices.Clone(u.credentials), c)
	return []node{c.node(u, r, r.newPassword())}, nil
}

// listServiceSpecificCredentials gives those of one user, or of all of them
// with AllUsers, never with their secrets.
func listServiceSpecificCredentials(r *request) ([]node, error) {
	service := r.str("ServiceName")
	all := r.enum("AllUsers", "false", "true", "false") == "true"
	var users []*user
	if all {
		if err := r.checked(); err != nil {
			return nil, err
		}
		if r.has("UserName") {
			return nil, errValidation("UserName cannot be given with AllUsers.")
		}
		for _, key := range r.account.users.from("") {
			if u := r.account.users.read(key); u != nil {
				users = append(users, u)
			}
		}
	} else {
		u, err := r.readableSelf()
		if err != nil {
			return nil, err
		}
		users = append(users, u)
	}
	if _, known := credentialServices[service]; service != "" && !known {
		return nil, errNotSupported(service)
	}
	var nodes []node
	for _, u := range users {
		for _, c := range u.credentials {
			if service == "" || c.service == service {
				nodes = append(nodes, c.node(u, r, ""))
			}
		}
	}
	return pagedMembers(r, "ServiceSpecificCredentials", nodes, func(n node) node { return n })
}

// ownCredential reads the user and the credential of a change.
func (r *request) ownCredential() (*user, int, error) {
	id := r.required("ServiceSpecificCredentialId", serviceCredIDRule)
	u, err := r.writableSelf()
	if err != nil {
		return nil, 0, err
	}
	i, err := place(u.credentials, id, func(c serviceCredential) string { return c.id }, "Service Specific Credential")
	return u, i, err
}

func updateServiceSpecificCredential(r *request) ([]node, error) {
	status, err := r.status()
	if err != nil {
		return nil, err
	}
	u, i, err := r.ownCredential()
	if err != nil {
		return nil, err
	}
	u.changing()
	u.credentials = slices.Clone(u.credentials)
	u.credentials[i].status = status
	return nil, nil
}

// resetServiceSpecificCredential gives a new secret; the old one is void.
func resetServiceSpecificCredential(r *request) ([]node, error) {
	u, i, err := r.ownCredential()
	if err != nil {
		return nil, err
	}
	return []node{u.credentials[i].node(u, r, r.newPassword())}, nil
}

func deleteServiceSpecificCredential(r *request) ([]node, error) {
	u, i, err := r.ownCredential()
	if err != nil {
		return nil, err
	}
	u.changing()
	u.credentials = slices.Delete(slices.Clone(u.credentials), i, i+1)
	return nil, nil
}
