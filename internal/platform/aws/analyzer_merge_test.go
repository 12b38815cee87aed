package aws

import (
	"testing"
	"time"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/accessanalyzer/types"
	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/google/go-cmp/cmp"

	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
)

var analyzedAt = time.Date(2026, 11, 20, 6, 0, 0, 0, time.UTC)

// TestMergeUnused takes what an analyzer has found for knowledge only as far as it goes.
func TestMergeUnused(t *testing.T) {
	t.Parallel()
	found := func(kinds ...governance.UnusedKind) (all []governance.UnusedAccess) {
		for _, kind := range kinds {
			all = append(all, governance.UnusedAccess{Kind: kind, Days: 90, AnalyzedAt: analyzedAt})
		}
		return all
	}
	since, tracked := analyzedAt.AddDate(0, 0, -90), analyzedAt.AddDate(0, 0, -400)
	all := found(governance.UnusedAccessKey, governance.UnusedIdentity, governance.UnusedPassword, governance.UnusedPermissions)
	for name, test := range map[string]struct {
		identity governance.Identity
		found    []governance.UnusedAccess
		want     governance.Identity
	}{
		"nothing found":       {governance.Identity{}, nil, governance.Identity{}},
		"known already":       {governance.Identity{LastUsedKnown: true, TrackedSince: tracked}, all, governance.Identity{LastUsedKnown: true, TrackedSince: tracked, UnusedAccess: all}},
		"not known":           {governance.Identity{}, found(governance.UnusedIdentity), governance.Identity{LastUsedKnown: true, TrackedSince: since, UnusedAccess: found(governance.UnusedIdentity)}},
		"used long before":    {governance.Identity{LastUsedAt: since.Add(-time.Hour)}, found(governance.UnusedIdentity), governance.Identity{LastUsedAt: since.Add(-time.Hour), LastUsedKnown: true, TrackedSince: since, UnusedAccess: found(governance.UnusedIdentity)}},
		"used since":          {governance.Identity{LastUsedAt: analyzedAt.Add(time.Hour), LastUsedKnown: true}, all, governance.Identity{LastUsedAt: analyzedAt.Add(time.Hour), LastUsedKnown: true, UnusedAccess: found(governance.UnusedAccessKey, governance.UnusedPassword, governance.UnusedPermissions)}},
		"a key is not a user": {governance.Identity{}, found(governance.UnusedAccessKey), governance.Identity{UnusedAccess: found(governance.UnusedAccessKey)}},
	} {
		mergeUnused(&test.identity, test.found)
		if diff := cmp.Diff(test.want, test.identity); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

// TestUnusedAccessAdd takes active findings of unused access, each kind once.
func TestUnusedAccessAdd(t *testing.T) {
	t.Parallel()
	const robot = "arn:aws-us-gov:iam::123456789012:user/ci/robot"
	u := unusedAccess{byID: map[string][]governance.UnusedAccess{}}
	for _, finding := range []types.FindingSummaryV2{
		{FindingType: types.FindingTypeUnusedPermission, Resource: awssdk.String(robot), Status: types.FindingStatusActive},
		{FindingType: types.FindingTypeUnusedIamUserAccessKey, Resource: awssdk.String(robot), Status: types.FindingStatusActive, AnalyzedAt: &analyzedAt},
		{FindingType: types.FindingTypeUnusedIamUserAccessKey, Resource: awssdk.String(robot), Status: types.FindingStatusActive},
		{FindingType: types.FindingTypeUnusedIamUserPassword, Resource: awssdk.String(robot), Status: types.FindingStatusArchived},
		{FindingType: types.FindingTypeUnusedIamUserPassword, Resource: awssdk.String(robot), Status: types.FindingStatusResolved},
		{FindingType: types.FindingTypeExternalAccess, Resource: awssdk.String(robot), Status: types.FindingStatusActive},
		{FindingType: types.FindingTypeUnusedIamRole, Resource: awssdk.String("no ARN"), Status: types.FindingStatusActive},
		{FindingType: types.FindingTypeUnusedIamRole, Status: types.FindingStatusActive},
	} {
		u.add(finding, 30)
	}
	want := map[string][]governance.UnusedAccess{"aws:123456789012:user/ci/robot": {
		{Kind: governance.UnusedAccessKey, Watcher: analyzerName, Days: 30, AnalyzedAt: analyzedAt},
		{Kind: governance.UnusedPermissions, Watcher: analyzerName, Days: 30},
	}}
	if diff := cmp.Diff(want, u.byID); diff != "" {
		t.Error(diff)
	}
}

// TestMergeServiceUse takes the latest use, and no list for no knowledge.
func TestMergeServiceUse(t *testing.T) {
	t.Parallel()
	now, tracked := analyzedAt, analyzedAt.AddDate(0, 0, -400)
	service := func(name, region string, at *time.Time) iamtypes.ServiceLastAccessed {
		return iamtypes.ServiceLastAccessed{ServiceNamespace: &name, LastAuthenticatedRegion: &region, LastAuthenticated: at}
	}
	last, before := now.AddDate(0, 0, -3), now.AddDate(0, 0, -4)
	for name, test := range map[string]struct {
		services       []iamtypes.ServiceLastAccessed
		identity, want governance.Identity
	}{
		"no service": {nil, governance.Identity{}, governance.Identity{}},
		"no use":     {[]iamtypes.ServiceLastAccessed{service("s3", "", nil)}, governance.Identity{}, governance.Identity{LastUsedKnown: true, TrackedSince: tracked}},
		"the latest": {
			[]iamtypes.ServiceLastAccessed{service("s3", "eu-west-1", &before), service("sqs", "us-east-1", &last), service("sns", "", nil)},
			governance.Identity{},
			governance.Identity{LastUsedKnown: true, TrackedSince: tracked, LastUsedAt: last, LastUsedService: "sqs", LastUsedRegion: "us-east-1"},
		},
		"an earlier one than known": {
			[]iamtypes.ServiceLastAccessed{service("s3", "eu-west-1", &before)},
			governance.Identity{LastUsedAt: last, LastUsedService: "iam"},
			governance.Identity{LastUsedKnown: true, TrackedSince: tracked, LastUsedAt: last, LastUsedService: "iam"},
		},
	} {
		mergeServiceUse(&test.identity, test.services, now)
		if diff := cmp.Diff(test.want, test.identity); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}
