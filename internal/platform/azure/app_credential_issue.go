package azure

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

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
	c.tenant.entra.recent.noteCredential(c.now(), c.id.Resource, one.ID, &one)
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
	one.ID = strings.ToLower(made.KeyID)
	return map[string]string{"client_secret": made.SecretText}, err
}

// addCertificate makes a key pair, and adds the public half to those that are there. Microsoft Graph replaces the whole
// collection, so a repeated request has no further effect.
func (c *AppCredentials) addCertificate(ctx context.Context, appID string, one *appCredential) (public, secret map[string]string, err error) {
	have, err := c.certificates(ctx)
	if err != nil {
		return nil, nil, err
	}
	pair, err := newKeyPair(appID, one.CreatedAt, one.ExpiresAt)
	if err != nil {
		return nil, nil, err
	}
	one.ID = uuid.NewString()
	one.raw, err = json.Marshal(graph.KeyCredential{
		KeyID: one.ID, DisplayName: one.label, Type: "AsymmetricX509Cert", Usage: "Verify", Key: pair.encoded,
		StartDateTime: &one.CreatedAt, EndDateTime: &one.ExpiresAt,
	})
	if err == nil {
		err = c.putCertificates(ctx, append(have, *one))
	}
	return map[string]string{"certificate": pair.certificate}, map[string]string{"private_key": pair.privateKey}, err
}

// certificates are those of the application as Microsoft Graph takes them back. This read is limited to 150 a minute.
func (c *AppCredentials) certificates(ctx context.Context) ([]appCredential, error) {
	var app struct {
		Certificates []json.RawMessage `json:"keyCredentials"`
	}
	if err := c.get(ctx, url.Values{"$select": {"id,keyCredentials"}}, &app); err != nil {
		return nil, err
	}
	var all []appCredential
	for _, raw := range app.Certificates {
		var one graph.KeyCredential
		if err := json.Unmarshal(raw, &one); err != nil {
			return nil, fmt.Errorf("a certificate of %s cannot be read: %w", c.id, err)
		}
		all = append(all, appCredential{Credential: platform.Credential{ID: strings.ToLower(one.KeyID), Type: platform.Certificate}, raw: raw})
	}
	all = c.tenant.entra.recent.overCredentials(c.now(), c.id.Resource, all)
	return slices.DeleteFunc(all, func(one appCredential) bool { return one.Type != platform.Certificate }), nil
}

func (c *AppCredentials) putCertificates(ctx context.Context, all []appCredential) error {
	raw := make([]json.RawMessage, len(all))
	for i, one := range all {
		raw[i] = one.raw
	}
	return c.send(ctx, http.MethodPatch, "", map[string]any{"keyCredentials": raw}, nil)
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
			err = c.removeCertificate(ctx, id)
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

func (c *AppCredentials) removeCertificate(ctx context.Context, id string) error {
	have, err := c.certificates(ctx)
	if err != nil {
		return err
	}
	return c.putCertificates(ctx, slices.DeleteFunc(have, func(one appCredential) bool { return one.ID == id }))
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
