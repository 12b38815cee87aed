package azure

import (
	"context"
	"errors"
	"net/url"
	"strings"
	"time"

	"github.com/nhi-governance/terraform-provider-governed/internal/platform"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform/azure/graph"
)

// signIns are last uses, as far as reports tell. What has no row is unknown, and not unused.
type signIns struct {
	// applications are by application id in lower case, keys by the id of a secret or certificate.
	applications, keys map[string]time.Time
	err, keysErr       error
}

// keyActivity is a row of the report on credentials.
type keyActivity struct {
	KeyID string `json:"keyId"`
	Last  struct {
		At *time.Time `json:"lastSignInDateTime"`
	} `json:"signInActivity"`
}

// permissionReports is what both reports take besides a permission.
const permissionReports = permissionAudit + " with a licence of Microsoft Entra ID P1 or P2"

// readSignIns reads both reports, which are beta and exist in the public cloud alone.
func (t *Tenant) readSignIns(ctx context.Context) signIns {
	var s signIns
	if t.config.Environment != Environments[0] {
		s.err = errors.New("this cloud has no report of sign-ins")
		s.keysErr = s.err
		return s
	}
	s.applications, s.err = t.signInReport(ctx)
	s.keys, s.keysErr = t.keyReport(ctx)
	for _, one := range []*error{&s.err, &s.keysErr} {
		if forbidden := (*platform.ErrForbidden)(nil); errors.As(*one, &forbidden) {
			*one = &platform.ErrForbidden{Permission: permissionReports, Detail: forbidden.Detail, Err: forbidden}
		}
	}
	return s
}

// keyReport is when secrets and certificates were last used, by key id in lower case, as far as that is known.
func (t *Tenant) keyReport(ctx context.Context) (map[string]time.Time, error) {
	return t.entra.keys.Get(ctx, func() (map[string]time.Time, error) {
		const path = "/reports/appCredentialSignInActivities"
		rows, err := listAll[keyActivity](ctx, t, graph.Request{Version: graph.Beta, Path: path, Query: url.Values{"$top": {pageSize}}}, path, permissionAudit)
		seen := map[string]time.Time{}
		for _, row := range rows {
			if row.Last.At != nil {
				seen[strings.ToLower(row.KeyID)] = *row.Last.At
			}
		}
		return seen, err
	})
}
