package azure

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/nhi-governance/terraform-provider-governed/internal/platform"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform/azure/graph"
)

// end is when what is made now stops to be valid: after ValidDays, and never after the end of the credential's life where that
// is known.
func (s AppCredentialSpec) end(start time.Time) time.Time {
	end := start.AddDate(0, 0, s.ValidDays)
	if !s.Expires.IsZero() && s.Expires.Before(end) {
		end = s.Expires
	}
	return end.Truncate(time.Second)
}

// Issue makes a client secret or a certificate.
func (c *AppCredentials) Issue(ctx context.Context) (platform.Issued, error) {
	var app graph.Application
	if err := c.get(ctx, url.Values{"$select": {"id,appId"}}, &app); err != nil {
		return platform.Issued{}, err
	}
	start := c.now().UTC().Truncate(time.Second)
	one := appCredential{label: label(c.note), Credential: platform.Credential{Type: c.spec.Type, CreatedAt: start, ExpiresAt: c.spec.end(start), Active: true}}
	sending, tries := graph.Watched(ctx)
	var secret map[string]string
	var public map[string]string
	var err error
	if c.spec.Type == platform.Certificate {
		public, secret, err = c.addCertificate(sending, app.AppID, &one)
	} else {
		secret, err = c.addSecret(sending, &one)
	}
	if tries.Uncertain() {
		// What was made shows only when the replicas agree.
		if waitErr := c.tenant.wait(ctx, replicationLongest); waitErr != nil && err == nil {
			err = waitErr
		}
	}
	if err != nil {
		return platform.Issued{Uncertain: tries.Uncertain()}, refusedByPolicy(err)
	}
	fields := map[string]string{"tenant_id": c.tenant.ID(), "client_id": strings.ToLower(app.AppID), "key_id": one.ID}
	for name, value := range public {
		fields[name] = value
	}
	issued := platform.NewIssued(one.Credential, fields, secret)
	issued.Uncertain = tries.Uncertain()
	return issued, nil
}

func (c *AppCredentials) addSecret(ctx context.Context, one *appCredential) (secret map[string]string, err error) {
	var made graph.PasswordCredential
	err = c.send(ctx, http.MethodPost, "/addPassword", map[string]any{"passwordCredential": graph.PasswordCredential{
		DisplayName: one.label, StartDateTime: &one.CreatedAt, EndDateTime: &one.ExpiresAt,
	}}, &made)
	if err == nil && (made.KeyID == "" || made.SecretText == "") {
		return nil, errors.New("POST /applications/{id}/addPassword answered without a secret")
	}
	if err != nil {
		return nil, err
	}
	one.ID = strings.ToLower(made.KeyID)
	c.tenant.entra.recent.noteCredential(c.now(), c.id.Resource, one.ID, one)
	return map[string]string{"client_secret": made.SecretText}, nil
}

// Revoke removes a secret or certificate, and then its note.
func (c *AppCredentials) Revoke(ctx context.Context, id string) error {
	var app graph.Application
	err := c.get(ctx, nil, &app)
	if err != nil {
		return ignoreNotFound(err)
	}
	all := c.tenant.entra.recent.overCredentials(c.now(), c.id.Resource, c.credentials(app.PasswordCredentials, app.KeyCredentials))
	for _, one := range all {
		switch {
		case one.ID != id:
			continue
		case one.Type == platform.Certificate:
			err = c.changeCertificates(ctx, one, false)
		default:
			err = c.removeSecret(ctx, id)
		}
		if err = ignoreNotFound(err); err != nil {
			return err
		}
		c.tenant.entra.recent.noteCredential(c.now(), c.id.Resource, id, nil)
	}
	return ignoreNotFound(c.retag(ctx, func(tagging graphTagging, tags []string) []string { return tagging.withStore(tags, id, "") }))
}

// removeSecret repeats until the directory knows the secret or its absence: a replica refuses to remove one that has not
// reached it, as it does one that is gone. One that this process has just made is gone only where a try to remove it may
// have had its effect.
func (c *AppCredentials) removeSecret(ctx context.Context, id string) error {
	sending, tries := graph.Watched(ctx)
	fresh := c.tenant.entra.recent.made(c.now(), c.id.Resource, id) != nil
	pause, waited := replicationFirst, time.Duration(0)
	for absent := 0; ; {
		err := c.send(sending, http.MethodPost, "/removePassword", map[string]any{"keyId": id}, nil)
		var invalid *platform.ErrInvalid
		if !errors.As(err, &invalid) {
			return err
		}
		var app graph.Application
		if readErr := c.get(ctx, url.Values{"$select": {"id,passwordCredentials"}}, &app); readErr != nil {
			return readErr
		}
		if slices.ContainsFunc(app.PasswordCredentials, func(one graph.PasswordCredential) bool { return strings.EqualFold(one.KeyID, id) }) {
			absent = 0
		} else if absent++; absent >= agreeing && (!fresh || tries.Uncertain()) {
			return nil
		}
		if waited >= replicationTimeout {
			return &platform.ErrNotPropagated{Operation: "POST /applications/{id}/removePassword", Waited: waited, Detail: err.Error(), Err: err}
		}
		if err := c.tenant.wait(ctx, pause); err != nil {
			return err
		}
		waited += pause
		pause = min(2*pause, replicationLongest)
	}
}
