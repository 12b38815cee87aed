package aws

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/arn"
	"github.com/aws/aws-sdk-go-v2/service/accessanalyzer"
	"github.com/aws/aws-sdk-go-v2/service/accessanalyzer/types"
	"github.com/hashicorp/terraform-plugin-log/tflog"
	"golang.org/x/sync/errgroup"

	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
)

const (
	// analyzerName is what findings call the service.
	analyzerName = "IAM Access Analyzer"
	// findingsPage is how many findings are asked for at a time.
	findingsPage = 100
	// regionsAtOnce bounds in how many regions analyzers are looked for at a time.
	regionsAtOnce = 8
)

// unusedKinds are what the types of findings are about. Others are not about unused access.
var unusedKinds = map[types.FindingType]governance.UnusedKind{
	types.FindingTypeUnusedIamRole:          governance.UnusedIdentity,
	types.FindingTypeUnusedIamUserAccessKey: governance.UnusedAccessKey,
	types.FindingTypeUnusedIamUserPassword:  governance.UnusedPassword,
	types.FindingTypeUnusedPermission:       governance.UnusedPermissions,
}

// unusedAccess is what an analyzer has found unused.
type unusedAccess struct {
	byID map[string][]governance.UnusedAccess
	// organization tells that it speaks for all accounts of the organisation.
	organization bool
	// gap says why nothing is known, without the account; empty when it is known.
	gap   string
	calls int
}

// analyzer is one that looks for unused access.
type analyzer struct {
	api          analyzerClient
	region       string
	name, arn    string
	organization bool
	// days is for how long access goes unused before it is a finding.
	days int
}

// addUnusedAccess adds what IAM Access Analyzer has found unused. It fails only when it is cancelled.
func (a *Account) addUnusedAccess(ctx context.Context, listing *accountListing) error {
	found, err := a.unusedOf(ctx)
	if err != nil {
		return err
	}
	if listing.calls += found.calls; found.gap != "" {
		listing.gaps = append(listing.gaps, fmt.Sprintf("What is unused in account %s is not known from %s: %s.", listing.account, analyzerName, found.gap))
	}
	listing.mergeUnused(found)
	return nil
}

// addRecordedUnusedAccess adds it to an account that is read from AWS Config, and so without a role that could ask its own
// analyzer.
func (a *Account) addRecordedUnusedAccess(ctx context.Context, listing *accountListing) error {
	if !a.config.UnusedAccessFindings {
		return nil
	}
	found, err := a.unusedOf(ctx)
	if err != nil {
		return err
	}
	if found.organization {
		listing.mergeUnused(found)
		return nil
	}
	gap := "What is unused in the accounts that are read from AWS Config is not known from " + analyzerName +
		": that takes an active analyzer of the type ORGANIZATION_UNUSED_ACCESS in the provider's own account"
	if found.gap != "" {
		gap += ", and " + found.gap
	}
	listing.gaps = append(listing.gaps, gap+".")
	return nil
}

func (l *accountListing) mergeUnused(found unusedAccess) {
	for i := range l.identities {
		mergeUnused(&l.identities[i], found.byID[l.identities[i].ImportID])
	}
}

// mergeUnused adds what was found unused and is not out of date: a use since then is newer knowledge. What has seen no use
// of the identity itself is knowledge of its use where there is no other.
func mergeUnused(identity *governance.Identity, found []governance.UnusedAccess) {
	for _, unused := range found {
		if unused.Kind == governance.UnusedIdentity {
			if identity.LastUsedAt.After(unused.Since()) {
				continue
			}
			if !identity.LastUsedKnown {
				identity.LastUsedKnown, identity.TrackedSince = true, unused.Since()
			}
		}
		identity.UnusedAccess = append(identity.UnusedAccess, unused)
	}
}

// unusedOf is what is found unused in this account: by the organisation's analyzer in the provider's own, or else by one
// of this account.
func (a *Account) unusedOf(ctx context.Context) (unusedAccess, error) {
	if a.manager != nil {
		all, err := a.manager.unusedOf(ctx)
		if err != nil || all.organization {
			return unusedAccess{byID: all.byID}, err
		}
	}
	return a.unused.Get(ctx, func() (unusedAccess, error) { return a.readUnused(ctx) })
}

// readUnused asks one analyzer, because those of all regions find the same.
func (a *Account) readUnused(ctx context.Context) (unusedAccess, error) {
	connection, err := a.connect(ctx)
	if err != nil {
		return unusedAccess{}, err
	}
	regions := a.config.InventoryRegions
	if len(regions) == 0 {
		regions = []string{connection.sdk.Region}
	}
	searches := make([]analyzerSearch, len(regions))
	var group errgroup.Group
	group.SetLimit(regionsAtOnce)
	for i, region := range regions {
		group.Go(func() error {
			sdk := connection.sdk.Copy()
			sdk.Region = region
			api := accessanalyzer.NewFromConfig(sdk, func(o *accessanalyzer.Options) { o.BaseEndpoint = a.endpoint("accessanalyzer", o.BaseEndpoint) })
			searches[i].run(ctx, newAnalyzerClient(api), region)
			return nil
		})
	}
	_ = group.Wait() // Failures are kept by region.
	if ctx.Err() != nil {
		return unusedAccess{}, ctx.Err()
	}
	var result unusedAccess
	var found []analyzer
	for _, search := range searches {
		result.calls += search.calls
		found = append(found, search.found...)
	}
	if len(found) == 0 {
		result.gap = noAnalyzer(regions, searches)
		return result, nil
	}
	// That of the organisation, and the one that waits longest before it calls something unused.
	best := slices.MinFunc(found, func(a, b analyzer) int {
		if a.organization != b.organization {
			if a.organization {
				return -1
			}
			return 1
		}
		return cmp.Or(cmp.Compare(b.days, a.days), cmp.Compare(a.arn, b.arn))
	})
	if err := result.read(ctx, best); err != nil {
		if ctx.Err() != nil {
			return unusedAccess{}, ctx.Err()
		}
		return unusedAccess{gap: fmt.Sprintf("the analyzer %s in %s cannot be read: %s", best.name, best.region, reason(err)), calls: result.calls}, nil
	}
	tflog.Info(ctx, "Read the findings of unused access", map[string]any{"analyzer": best.arn, "days": best.days, "identities": len(result.byID), "calls": result.calls})
	return result, nil
}

// noAnalyzer says why there is nobody to ask.
func noAnalyzer(regions []string, searches []analyzerSearch) string {
	var idle, failed, reasons []string
	for i, search := range searches {
		idle = append(idle, search.idle...)
		if search.err != nil {
			failed, reasons = append(failed, regions[i]), append(reasons, reason(search.err))
		}
	}
	slices.Sort(reasons)
	if len(failed) > 0 {
		return fmt.Sprintf("analyzers in %s cannot be read: %s", strings.Join(failed, ", "), strings.Join(slices.Compact(reasons), "; "))
	}
	text := "no analyzer of the type ACCOUNT_UNUSED_ACCESS or ORGANIZATION_UNUSED_ACCESS is active in " + strings.Join(regions, ", ")
	if len(idle) > 0 {
		text += " (" + strings.Join(idle, ", ") + ")"
	}
	return text + ". Create one, or name the region of one in aws.inventory.regions"
}

// analyzerSearch is the search for analyzers in one region.
type analyzerSearch struct {
	found []analyzer
	// idle are those that do not work, and why.
	idle  []string
	calls int
	err   error
}

func (s *analyzerSearch) run(ctx context.Context, api analyzerClient, region string) {
	pages := accessanalyzer.NewListAnalyzersPaginator(api, &accessanalyzer.ListAnalyzersInput{})
	for pages.HasMorePages() {
		s.calls++
		page, err := pages.NextPage(ctx)
		if err != nil {
			s.err = mapError("access-analyzer:ListAnalyzers", err)
			return
		}
		for _, summary := range page.Analyzers {
			if summary.Type != types.TypeAccountUnusedAccess && summary.Type != types.TypeOrganizationUnusedAccess {
				continue
			}
			if summary.Status != types.AnalyzerStatusActive {
				s.idle = append(s.idle, fmt.Sprintf("%s in %s is %s", awssdk.ToString(summary.Name), region, summary.Status))
				continue
			}
			s.calls++
			// A list does not have the configuration.
			output, err := api.GetAnalyzer(ctx, &accessanalyzer.GetAnalyzerInput{AnalyzerName: summary.Name})
			if err != nil {
				s.err = mapError("access-analyzer:GetAnalyzer", err)
				return
			}
			found := analyzer{
				api: api, region: region, name: awssdk.ToString(summary.Name), arn: awssdk.ToString(summary.Arn), organization: summary.Type == types.TypeOrganizationUnusedAccess,
			}
			if configuration, ok := output.Analyzer.Configuration.(*types.AnalyzerConfigurationMemberUnusedAccess); ok {
				found.days = int(awssdk.ToInt32(configuration.Value.UnusedAccessAge))
			}
			s.found = append(s.found, found)
		}
	}
}

// read reads what an analyzer has found. Only what a list says is known: a call for each finding would tell which key and
// which permissions.
func (u *unusedAccess) read(ctx context.Context, from analyzer) error {
	u.byID, u.organization = map[string][]governance.UnusedAccess{}, from.organization
	pages := accessanalyzer.NewListFindingsV2Paginator(from.api, &accessanalyzer.ListFindingsV2Input{
		AnalyzerArn: &from.arn, MaxResults: awssdk.Int32(findingsPage),
		Filter: map[string]types.Criterion{"status": {Eq: []string{string(types.FindingStatusActive)}}},
	})
	for pages.HasMorePages() {
		u.calls++
		page, err := pages.NextPage(ctx)
		if err != nil {
			return mapError("access-analyzer:ListFindings", err)
		}
		for _, finding := range page.Findings {
			u.add(finding, from.days)
		}
	}
	return nil
}

// add takes an active finding, each kind once and in order.
func (u *unusedAccess) add(finding types.FindingSummaryV2, days int) {
	kind, known := unusedKinds[finding.FindingType]
	resource, err := arn.Parse(awssdk.ToString(finding.Resource))
	if !known || err != nil || finding.Status != types.FindingStatusActive {
		return
	}
	id := string(governance.PlatformAWS) + ":" + resource.AccountID + ":" + resource.Resource
	unused := governance.UnusedAccess{Kind: kind, Watcher: analyzerName, Days: days, AnalyzedAt: awssdk.ToTime(finding.AnalyzedAt).UTC()}
	i, twice := slices.BinarySearchFunc(u.byID[id], kind, func(u governance.UnusedAccess, kind governance.UnusedKind) int { return cmp.Compare(u.Kind, kind) })
	if !twice {
		u.byID[id] = slices.Insert(u.byID[id], i, unused)
	}
}
