package sim_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/accessanalyzer"
	"github.com/aws/aws-sdk-go-v2/service/accessanalyzer/types"
	"github.com/google/go-cmp/cmp"

	"github.com/nhi-governance/terraform-provider-governed/internal/sim"
)

const administratorAccess = "arn:aws:iam::aws:policy/AdministratorAccess"

func criterion(values ...string) types.Criterion { return types.Criterion{Eq: values} }

// found are the findings of an analyzer, as type and resource, by the page.
func found(t *testing.T, c clients, analyzer string, filter map[string]types.Criterion) (findings []string) {
	t.Helper()
	pages := accessanalyzer.NewListFindingsV2Paginator(c.Analyzer, &accessanalyzer.ListFindingsV2Input{AnalyzerArn: &analyzer, Filter: filter, MaxResults: aws.Int32(2)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(t.Context())
		noError(t, err)
		for _, f := range page.Findings {
			resource := aws.ToString(f.Resource)
			findings = append(findings, string(f.FindingType)+" "+resource[strings.LastIndex(resource, ":")+1:])
		}
	}
	return findings
}

func TestAnalyzer(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	c := newClients(t, s)
	a := s.Account(sim.DefaultAccount)
	old, lately := clockStart.AddDate(0, 0, -91), clockStart.AddDate(0, 0, -1)
	a.PutRole(sim.Role{Name: "idle", CreatedAt: old})
	a.PutRole(sim.Role{Name: "young", CreatedAt: clockStart.AddDate(0, 0, -89)})
	a.PutRole(sim.Role{Name: "busy", CreatedAt: old, LastUsedAt: lately})
	a.PutRole(sim.Role{Name: "mighty", CreatedAt: old, LastUsedAt: lately, AttachedPolicyARNs: []string{administratorAccess}})
	a.PutRole(sim.Role{Name: "AWSServiceRoleForBackup", Path: "/aws-service-role/backup.amazonaws.com/", CreatedAt: old})
	a.PutUser(sim.User{Name: "robot", CreatedAt: old, Login: &sim.Login{}, AccessKeys: []sim.AccessKey{{}, {LastUsedAt: lately}}})
	a.PutUser(sim.User{Name: "off", CreatedAt: old, AccessKeys: []sim.AccessKey{{Inactive: true}}})
	arn := a.PutAnalyzer(sim.Analyzer{Name: "unused"})
	external := a.PutAnalyzer(sim.Analyzer{Name: "external", Type: "ACCOUNT"})
	a.PutAnalyzer(sim.Analyzer{Name: "elsewhere", Region: "us-east-1"})

	listed, err := c.Analyzer.ListAnalyzers(t.Context(), &accessanalyzer.ListAnalyzersInput{MaxResults: aws.Int32(1)})
	noError(t, err)
	if len(listed.Analyzers) != 1 || *listed.Analyzers[0].Name != "external" || listed.NextToken == nil {
		t.Errorf("listed %+v", listed)
	}
	listed, err = c.Analyzer.ListAnalyzers(t.Context(), &accessanalyzer.ListAnalyzersInput{MaxResults: aws.Int32(1), NextToken: listed.NextToken})
	noError(t, err)
	if len(listed.Analyzers) != 1 || *listed.Analyzers[0].Arn != arn || listed.Analyzers[0].Configuration != nil || listed.NextToken != nil {
		t.Errorf("listed %+v", listed)
	}
	listed, err = c.Analyzer.ListAnalyzers(t.Context(), &accessanalyzer.ListAnalyzersInput{Type: types.TypeOrganizationUnusedAccess})
	noError(t, err)
	if len(listed.Analyzers) != 0 {
		t.Errorf("listed %+v", listed)
	}
	got, err := c.Analyzer.GetAnalyzer(t.Context(), &accessanalyzer.GetAnalyzerInput{AnalyzerName: aws.String("unused")})
	noError(t, err)
	if configuration, ok := got.Analyzer.Configuration.(*types.AnalyzerConfigurationMemberUnusedAccess); !ok || *configuration.Value.UnusedAccessAge != 90 {
		t.Errorf("got %+v", got.Analyzer)
	}

	all := []string{"UnusedIAMRole role/idle", "UnusedPermission role/mighty", "UnusedIAMUserAccessKey user/robot", "UnusedIAMUserPassword user/robot"}
	a.ArchiveFinding("arn:aws:iam::123456789012:user/robot", "UnusedIAMUserPassword")
	for name, test := range map[string]struct {
		filter map[string]types.Criterion
		want   []string
	}{
		"all":      {nil, all},
		"active":   {map[string]types.Criterion{"status": criterion("ACTIVE")}, all[:3]},
		"archived": {map[string]types.Criterion{"status": {Neq: []string{"ACTIVE"}}}, all[3:]},
		"roles":    {map[string]types.Criterion{"resourceType": criterion("AWS::IAM::Role"), "findingType": criterion("UnusedIAMRole", "ExternalAccess")}, all[:1]},
		"contains": {map[string]types.Criterion{"resource": {Contains: []string{"mighty", "robot"}}}, all[1:]},
		"owner":    {map[string]types.Criterion{"resourceOwnerAccount": {Exists: aws.Bool(false)}}, nil},
	} {
		if diff := cmp.Diff(test.want, found(t, c, arn, test.filter)); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
	if got := found(t, c, external, nil); got != nil {
		t.Errorf("an analyzer of external access found %q", got)
	}
}

// TestAnalyzerRefuses holds the simulator to what the service does not do.
func TestAnalyzerRefuses(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	c := newClients(t, s)
	a := s.Account(sim.DefaultAccount)
	arn := a.PutAnalyzer(sim.Analyzer{Name: "unused"})
	list := func(arn string, change func(*accessanalyzer.ListFindingsV2Input)) error {
		in := &accessanalyzer.ListFindingsV2Input{AnalyzerArn: &arn}
		if change != nil {
			change(in)
		}
		_, err := c.Analyzer.ListFindingsV2(t.Context(), in)
		return err
	}
	_, err := c.Analyzer.GetAnalyzer(t.Context(), &accessanalyzer.GetAnalyzerInput{AnalyzerName: aws.String("none")})
	wantCode(t, err, "ResourceNotFoundException")
	wantCode(t, list(strings.Replace(arn, "eu-west-1", "us-east-1", 1), nil), "ResourceNotFoundException")
	wantCode(t, list("unused", nil), "ValidationException")
	wantCode(t, list(arn, func(in *accessanalyzer.ListFindingsV2Input) { in.MaxResults = aws.Int32(101) }), "ValidationException")
	wantCode(t, list(arn, func(in *accessanalyzer.ListFindingsV2Input) { in.NextToken = aws.String("x") }), "ValidationException")
	wantCode(t, list(arn, func(in *accessanalyzer.ListFindingsV2Input) {
		in.Filter = map[string]types.Criterion{"owner": criterion("x")}
	}), "ValidationException")
	_, err = c.Analyzer.ListAnalyzers(t.Context(), &accessanalyzer.ListAnalyzersInput{Type: "ALL"})
	wantCode(t, err, "ValidationException")
	_, err = c.Analyzer.GetFindingV2(t.Context(), &accessanalyzer.GetFindingV2Input{AnalyzerArn: &arn, Id: aws.String("x")})
	wantCode(t, err, "UnknownOperationException")

	s.DenyActions(a.ID(), "access-analyzer:ListFindings")
	err = list(arn, nil)
	wantCode(t, err, "AccessDeniedException")
	if want := "is not authorized to perform: access-analyzer:ListFindings on resource: " + arn; !strings.Contains(message(err), want) {
		t.Errorf("it says %q", message(err))
	}
	s.InjectFault(sim.Fault{Service: "access-analyzer", Kind: sim.FaultThrottling})
	wantCode(t, list(arn, nil), "ThrottlingException")
	s.ClearFaults()
	s.InjectFault(sim.Fault{Service: "access-analyzer", Kind: sim.FaultInternal})
	wantCode(t, list(arn, nil), "InternalServerException")
	response, err := http.Get(s.URL() + "/analyzer") //nolint:noctx // an unsigned request to the simulator
	noError(t, err)
	noError(t, response.Body.Close())
	if response.StatusCode != http.StatusBadRequest || response.Header.Get("X-Amzn-Errortype") != "MissingAuthenticationTokenException" {
		t.Errorf("an unsigned request got %d, %s", response.StatusCode, response.Header.Get("X-Amzn-Errortype"))
	}
}

func TestAnalyzerOfOrganization(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	c := newClients(t, s)
	for id, organization := range map[string]string{sim.DefaultAccount: "o-a1b2c3d4e5", "222222222222": "o-a1b2c3d4e5", "333333333333": "o-f6g7h8i9j0", "444444444444": ""} {
		a := s.Account(id)
		a.SetOrigin(organization, "")
		a.PutRole(sim.Role{Name: "idle" + id[:1], CreatedAt: clockStart.AddDate(0, 0, -400)})
	}
	arn := s.Account(sim.DefaultAccount).PutAnalyzer(sim.Analyzer{Name: "all", Type: sim.AnalyzerOfOrganization, UnusedAccessAge: 365})
	if diff := cmp.Diff([]string{"UnusedIAMRole role/idle1", "UnusedIAMRole role/idle2"}, found(t, c, arn, nil)); diff != "" {
		t.Error(diff)
	}
	for name, seed := range map[string]sim.Analyzer{"an age": {UnusedAccessAge: 366}, "no organization": {Type: sim.AnalyzerOfOrganization}} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s was taken", name)
				}
			}()
			s.Account("444444444444").PutAnalyzer(seed)
		}()
	}
}
