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
	s := signIns{keys: map[string]time.Time{}}
	if t.config.Environment != Environments[0] {
		s.err = errors.New("this cloud has no report of sign-ins")
		s.keysErr = s.err
		return s
	}
	s.applications, s.err = t.signInReport(ctx)
	const path = "/reports/appCredentialSignInActivities"
	rows, err := listAll[keyActivity](ctx, t, graph.Request{Version: graph.Beta, Path: path, Query: url.Values{"$top": {pageSize}}}, path, permissionAudit)
	for _, row := range rows {
		if row.Last.At != nil {
			s.keys[strings.ToLower(row.KeyID)] = *row.Last.At
		}
	}
	s.keysErr = err
	for _, one := range []*error{&s.err, &s.keysErr} {
		if forbidden := (*platform.ErrForbidden)(nil); errors.As(*one, &forbidden) {
			*one = &platform.ErrForbidden{Permission: permissionReports, Detail: forbidden.Detail, Err: forbidden}
		}
	}
	return s
}
