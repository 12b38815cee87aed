package azure

import (
	"context"
	"encoding/json"
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

// addCertificate makes a key pair, and adds the public half to those that are there.
func (c *AppCredentials) addCertificate(ctx context.Context, appID string, one *appCredential) (public, secret map[string]string, err error) {
	key, err := c.tenant.config.NewKey()
	if err != nil {
		return nil, nil, err
	}
	pair, err := newKeyPair(key, appID, one.CreatedAt, one.ExpiresAt)
	if err != nil {
		return nil, nil, err
	}
	one.ID = uuid.NewString()
	one.raw, err = json.Marshal(graph.KeyCredential{
		KeyID: one.ID, DisplayName: one.label, Type: "AsymmetricX509Cert", Usage: "Verify", Key: pair.encoded,
		StartDateTime: &one.CreatedAt, EndDateTime: &one.ExpiresAt,
	})
	if err == nil {
		err = c.changeCertificates(ctx, *one, true)
	}
	return map[string]string{"certificate": pair.certificate}, map[string]string{"private_key": pair.privateKey}, err
}

// changeCertificates has one certificate there or not, and all others as they are. Microsoft Graph replaces the whole
// collection, so a repeated request has no further effect, and one with a list that is not whole removes what it lacks.
func (c *AppCredentials) changeCertificates(ctx context.Context, one appCredential, there bool) error {
	have, err := c.certificates(ctx)
	if err != nil {
		return err
	}
	others := slices.DeleteFunc(have, func(other appCredential) bool { return other.ID == one.ID })
	want, noted := others, (*appCredential)(nil)
	if there {
		want, noted = append(slices.Clone(others), one), &one
	}
	raw := make([]json.RawMessage, len(want))
	for i, certificate := range want {
		raw[i] = certificate.raw
	}
	if err := c.send(ctx, http.MethodPatch, "", map[string]any{"keyCredentials": raw}, nil); err != nil {
		return err
	}
	c.tenant.entra.recent.noteCredential(c.now(), c.id.Resource, one.ID, noted)
	return c.confirm(ctx, credentialIDs(others), one.ID, there)
}

// certificates are those of the application as Microsoft Graph takes them back. They are whole once the read with keys has
// every certificate that a read without them has shown: each may come from a replica that lags.
func (c *AppCredentials) certificates(ctx context.Context) ([]appCredential, error) {
	pause, waited := replicationFirst, time.Duration(0)
	for {
		var app graph.Application
		if err := c.get(ctx, nil, &app); err != nil {
			return nil, err
		}
		c.show(app.KeyCredentials)
		all, err := c.withKeys(ctx)
		if err != nil {
			return nil, err
		}
		missing := slices.DeleteFunc(c.known(c.shown), func(id string) bool { return slices.Contains(credentialIDs(all), id) })
		if len(missing) == 0 {
			return all, nil
		}
		if waited >= replicationTimeout {
			return nil, &platform.ErrNotPropagated{Operation: "GET " + applicationName + "?$select=keyCredentials", Waited: waited, Detail: fmt.Sprintf(
				"it lacks %s, which another read of %s has shown. Nothing was changed, because Microsoft Graph replaces all certificates at once and would have removed what the list lacks. Apply again", certificateNames(missing), c.id)}
		}
		if err := c.tenant.wait(ctx, pause); err != nil {
			return nil, err
		}
		waited += pause
		pause = min(2*pause, replicationLongest)
	}
}

// withKeys is one read of the certificates with their keys, which is limited to 150 a minute.
func (c *AppCredentials) withKeys(ctx context.Context) ([]appCredential, error) {
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

// confirm reads what was written until a replica shows it, and finds certificates of others that are gone: those that were
// sent, and those that a replica from before the change shows and that no read had shown. They are not put back, because
// somebody may have revoked them in the same moment.
func (c *AppCredentials) confirm(ctx context.Context, others []string, id string, there bool) error {
	var before []string
	pause, waited := replicationFirst, time.Duration(0)
	for {
		var app graph.Application
		if err := c.get(ctx, nil, &app); err != nil {
			return err
		}
		now := credentialIDs(c.credentials(nil, app.KeyCredentials))
		if slices.Contains(now, id) == there {
			lost := slices.DeleteFunc(append(slices.Clone(others), before...), func(other string) bool { return slices.Contains(now, other) })
			if len(lost) == 0 {
				return nil
			}
			slices.Sort(lost)
			return &platform.ErrConflict{Detail: fmt.Sprintf(
				"%s of %s was there before this change and is not any more: somebody else has changed the certificates at the same time, and Microsoft Graph replaces all at once. Unless it was removed on purpose, add it again", certificateNames(slices.Compact(lost)), c.id)}
		}
		for _, other := range c.known(now) {
			if other != id && !slices.Contains(others, other) {
				before = append(before, other)
			}
		}
		if waited >= replicationTimeout {
			return &platform.ErrNotPropagated{Operation: "PATCH " + applicationName, Waited: waited, Detail: fmt.Sprintf("no read of %s shows the change of %s. Somebody else may have changed the certificates at the same time. Apply again", c.id, certificateNames([]string{id}))}
		}
		if err := c.tenant.wait(ctx, pause); err != nil {
			return err
		}
		waited += pause
		pause = min(2*pause, replicationLongest)
	}
}

// show notes which certificates a read has shown.
func (c *AppCredentials) show(certificates []graph.KeyCredential) {
	for _, id := range credentialIDs(c.credentials(nil, certificates)) {
		if !slices.Contains(c.shown, id) {
			c.shown = append(c.shown, id)
		}
	}
}

// known are these ids without those that this process has lately removed.
func (c *AppCredentials) known(ids []string) []string {
	return slices.DeleteFunc(slices.Clone(ids), func(id string) bool { return c.tenant.entra.recent.removed(c.now(), c.id.Resource, id) })
}

func credentialIDs(all []appCredential) []string {
	ids := make([]string, len(all))
	for i, one := range all {
		ids[i] = one.ID
	}
	return ids
}

// certificateNames are as the retirement names them.
func certificateNames(ids []string) string {
	return certificatePrefix + strings.Join(ids, ", "+certificatePrefix)
}
