package sim_test

import (
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"
	"github.com/google/go-cmp/cmp"

	"github.com/nhi-governance/terraform-provider-governed/internal/sim"
)

const (
	tokenA = "aaaaaaaa-aaaa-4aaa-aaaa-aaaaaaaaaaaa"
	tokenB = "bbbbbbbb-bbbb-4bbb-bbbb-bbbbbbbbbbbb"
	tokenC = "cccccccc-cccc-4ccc-cccc-cccccccccccc"
)

func mustCreateSecret(t *testing.T, c clients, name, value string) *secretsmanager.CreateSecretOutput {
	t.Helper()
	out, err := c.SM.CreateSecret(t.Context(), &secretsmanager.CreateSecretInput{Name: &name, SecretString: &value, ClientRequestToken: aws.String(tokenA)})
	noError(t, err)
	return out
}

func TestSecretVersions(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	c := newClients(t, s)
	ctx := t.Context()
	made := mustCreateSecret(t, c, "nhi/robot", "one")
	if !strings.HasPrefix(*made.ARN, "arn:aws:secretsmanager:eu-west-1:123456789012:secret:nhi/robot-") || len(*made.ARN) != len("arn:aws:secretsmanager:eu-west-1:123456789012:secret:nhi/robot-")+6 {
		t.Error(*made.ARN)
	}
	if again := mustCreateSecret(t, c, "nhi/robot", "one"); *again.ARN != *made.ARN || *again.VersionId != tokenA {
		t.Errorf("retry %+v", again)
	}
	_, err := c.SM.CreateSecret(ctx, &secretsmanager.CreateSecretInput{Name: aws.String("nhi/robot"), SecretString: aws.String("two"), ClientRequestToken: aws.String(tokenA)})
	wantCode(t, err, "ResourceExistsException")
	put := func(token, value string, stages ...string) error {
		_, err := c.SM.PutSecretValue(ctx, &secretsmanager.PutSecretValueInput{SecretId: made.ARN, SecretString: &value, ClientRequestToken: &token, VersionStages: stages})
		return err
	}
	get := func(in secretsmanager.GetSecretValueInput) string {
		t.Helper()
		in.SecretId = aws.String("nhi/robot")
		out, err := c.SM.GetSecretValue(ctx, &in)
		noError(t, err)
		return *out.SecretString
	}
	noError(t, put(tokenB, "two"))
	noError(t, put(tokenB, "two"))
	wantCode(t, put(tokenB, "three"), "ResourceExistsException")
	noError(t, put(tokenC, "three", "AWSPENDING"))
	if got := []string{
		get(secretsmanager.GetSecretValueInput{}),
		get(secretsmanager.GetSecretValueInput{VersionStage: aws.String("AWSPREVIOUS")}),
		get(secretsmanager.GetSecretValueInput{VersionStage: aws.String("AWSPENDING")}),
		get(secretsmanager.GetSecretValueInput{VersionId: aws.String(tokenA)}),
	}; !cmp.Equal(got, []string{"two", "one", "three", "one"}) {
		t.Errorf("values %q", got)
	}
	_, err = c.SM.GetSecretValue(ctx, &secretsmanager.GetSecretValueInput{SecretId: made.ARN, VersionStage: aws.String("none")})
	wantCode(t, err, "ResourceNotFoundException")
	_, err = c.SM.GetSecretValue(ctx, &secretsmanager.GetSecretValueInput{SecretId: made.ARN, VersionId: aws.String(tokenA), VersionStage: aws.String("AWSCURRENT")})
	wantCode(t, err, "InvalidRequestException")

	move := func(from, to *string) error {
		_, err := c.SM.UpdateSecretVersionStage(ctx, &secretsmanager.UpdateSecretVersionStageInput{
			SecretId: made.ARN, VersionStage: aws.String("AWSCURRENT"), RemoveFromVersionId: from, MoveToVersionId: to,
		})
		return err
	}
	wantCode(t, move(nil, aws.String(tokenC)), "InvalidParameterException")
	wantCode(t, move(aws.String(tokenB), nil), "InvalidParameterException")
	noError(t, move(aws.String(tokenB), aws.String(tokenC)))
	d, err := c.SM.DescribeSecret(ctx, &secretsmanager.DescribeSecretInput{SecretId: made.ARN})
	noError(t, err)
	want := map[string][]string{tokenB: {"AWSPREVIOUS"}, tokenC: {"AWSPENDING", "AWSCURRENT"}}
	if diff := cmp.Diff(want, d.VersionIdsToStages); diff != "" {
		t.Error(diff)
	}
	for all, n := range map[bool]int{false: 2, true: 3} {
		list, err := c.SM.ListSecretVersionIds(ctx, &secretsmanager.ListSecretVersionIdsInput{SecretId: made.ARN, IncludeDeprecated: &all})
		noError(t, err)
		if len(list.Versions) != n {
			t.Errorf("%d versions, want %d", len(list.Versions), n)
		}
	}
	updated, err := c.SM.UpdateSecret(ctx, &secretsmanager.UpdateSecretInput{SecretId: made.ARN, Description: aws.String("d"), SecretBinary: []byte{0, 1, 2}})
	noError(t, err)
	binary, err := c.SM.GetSecretValue(ctx, &secretsmanager.GetSecretValueInput{SecretId: made.ARN, VersionId: updated.VersionId})
	noError(t, err)
	if string(binary.SecretBinary) != "\x00\x01\x02" || binary.SecretString != nil {
		t.Errorf("value %+v", binary)
	}
	if v, _ := s.Account(sim.DefaultAccount).Secret(region, "nhi/robot"); v.Description != "d" || v.Versions != 4 || string(v.Binary) != "\x00\x01\x02" {
		t.Errorf("view %+v", v)
	}
}

func TestSecretDeletion(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	c := newClients(t, s)
	ctx := t.Context()
	made := mustCreateSecret(t, c, "s", "value")
	remove := func(days int64, force bool) error {
		in := &secretsmanager.DeleteSecretInput{SecretId: made.ARN}
		if days != 0 {
			in.RecoveryWindowInDays = &days
		}
		if force {
			in.ForceDeleteWithoutRecovery = &force
		}
		_, err := c.SM.DeleteSecret(ctx, in)
		return err
	}
	wantCode(t, remove(6, false), "InvalidParameterException")
	wantCode(t, remove(31, false), "InvalidParameterException")
	wantCode(t, remove(7, true), "InvalidParameterException")
	noError(t, remove(7, false))
	id := made.ARN
	for name, call := range map[string]func() error{
		"get": func() error {
			_, err := c.SM.GetSecretValue(ctx, &secretsmanager.GetSecretValueInput{SecretId: id})
			return err
		},
		"put": func() error {
			_, err := c.SM.PutSecretValue(ctx, &secretsmanager.PutSecretValueInput{SecretId: id, SecretString: aws.String("x")})
			return err
		},
		"tag": func() error {
			_, err := c.SM.TagResource(ctx, &secretsmanager.TagResourceInput{SecretId: id, Tags: []types.Tag{{Key: aws.String("a"), Value: aws.String("b")}}})
			return err
		},
		"create": func() error {
			_, err := c.SM.CreateSecret(ctx, &secretsmanager.CreateSecretInput{Name: aws.String("s")})
			return err
		},
		"delete": func() error { return remove(7, false) },
	} {
		if err := call(); code(err) != "InvalidRequestException" {
			t.Errorf("%s: %v", name, err)
		}
	}
	d, err := c.SM.DescribeSecret(ctx, &secretsmanager.DescribeSecretInput{SecretId: id})
	noError(t, err)
	if d.DeletedDate == nil || !d.DeletedDate.Equal(clockStart.AddDate(0, 0, 7)) {
		t.Errorf("deleted at %v", d.DeletedDate)
	}
	list, err := c.SM.ListSecrets(ctx, &secretsmanager.ListSecretsInput{})
	noError(t, err)
	planned, err := c.SM.ListSecrets(ctx, &secretsmanager.ListSecretsInput{IncludePlannedDeletion: aws.Bool(true)})
	noError(t, err)
	if len(list.SecretList) != 0 || len(planned.SecretList) != 1 {
		t.Errorf("%d listed, %d with those planned", len(list.SecretList), len(planned.SecretList))
	}
	_, err = c.SM.RestoreSecret(ctx, &secretsmanager.RestoreSecretInput{SecretId: id})
	noError(t, err)
	s.Clock().Advance(8 * 24 * time.Hour)
	_, err = c.SM.GetSecretValue(ctx, &secretsmanager.GetSecretValueInput{SecretId: id})
	noError(t, err)
	noError(t, remove(7, false))
	s.Clock().Advance(7 * 24 * time.Hour)
	_, err = c.SM.DescribeSecret(ctx, &secretsmanager.DescribeSecretInput{SecretId: id})
	wantCode(t, err, "ResourceNotFoundException")
	again := mustCreateSecret(t, c, "s", "value")
	if *again.ARN == *made.ARN {
		t.Error("a new secret has the ARN of the old one")
	}
	made = again
	noError(t, remove(0, true))
	noError(t, remove(0, true))
	wantCode(t, remove(7, false), "ResourceNotFoundException")
}

func TestSecretRefusals(t *testing.T) {
	t.Parallel()
	c := newClients(t, newServer(t))
	for name, tt := range map[string]struct {
		in   secretsmanager.CreateSecretInput
		code string
	}{
		"name":        {secretsmanager.CreateSecretInput{Name: aws.String("a b")}, "ValidationException"},
		"long name":   {secretsmanager.CreateSecretInput{Name: aws.String(strings.Repeat("a", 513))}, "ValidationException"},
		"short token": {secretsmanager.CreateSecretInput{Name: aws.String("a"), ClientRequestToken: aws.String("short")}, "ValidationException"},
		"both values": {secretsmanager.CreateSecretInput{Name: aws.String("a"), SecretString: aws.String("a"), SecretBinary: []byte("a")}, "InvalidParameterException"},
		"large value": {secretsmanager.CreateSecretInput{Name: aws.String("a"), SecretString: aws.String(strings.Repeat("s", 65537))}, "ValidationException"},
		"own tag":     {secretsmanager.CreateSecretInput{Name: aws.String("a"), Tags: []types.Tag{{Key: aws.String("aws:x"), Value: aws.String("")}}}, "InvalidParameterException"},
		"own region":  {secretsmanager.CreateSecretInput{Name: aws.String("a"), AddReplicaRegions: []types.ReplicaRegionType{{Region: aws.String(region)}}}, "InvalidParameterException"},
	} {
		_, err := c.SM.CreateSecret(t.Context(), &tt.in)
		if code(err) != tt.code || strings.Contains(message(err), "sss") {
			t.Errorf("%s: %v, want %s", name, err, tt.code)
		}
	}
}

func TestSecretReplicas(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	c := newClients(t, s)
	ctx := t.Context()
	made, err := c.SM.CreateSecret(ctx, &secretsmanager.CreateSecretInput{
		Name: aws.String("s"), SecretString: aws.String("value"), AddReplicaRegions: []types.ReplicaRegionType{{Region: aws.String("us-east-1")}},
	})
	noError(t, err)
	if len(made.ReplicationStatus) != 1 || made.ReplicationStatus[0].Status != types.StatusTypeInSync {
		t.Errorf("status %+v", made.ReplicationStatus)
	}
	there := func(o *secretsmanager.Options) { o.Region = "us-east-1" }
	got, err := c.SM.GetSecretValue(ctx, &secretsmanager.GetSecretValueInput{SecretId: aws.String("s")}, there)
	noError(t, err)
	if *got.SecretString != "value" || *got.ARN != strings.Replace(*made.ARN, region, "us-east-1", 1) {
		t.Errorf("replica %+v", got)
	}
	_, err = c.SM.PutSecretValue(ctx, &secretsmanager.PutSecretValueInput{SecretId: aws.String("s"), SecretString: aws.String("x")}, there)
	wantCode(t, err, "InvalidParameterException")
	_, err = c.SM.DeleteSecret(ctx, &secretsmanager.DeleteSecretInput{SecretId: made.ARN})
	wantCode(t, err, "InvalidRequestException")
	_, err = c.SM.RemoveRegionsFromReplication(ctx, &secretsmanager.RemoveRegionsFromReplicationInput{SecretId: made.ARN, RemoveReplicaRegions: []string{"us-east-1"}})
	noError(t, err)
	_, err = c.SM.GetSecretValue(ctx, &secretsmanager.GetSecretValueInput{SecretId: aws.String("s")}, there)
	wantCode(t, err, "ResourceNotFoundException")
	s.Account(sim.DefaultAccount).PutSecret(sim.Secret{Name: "s", Region: "us-east-1"})
	replicate := func(force bool) error {
		_, err := c.SM.ReplicateSecretToRegions(ctx, &secretsmanager.ReplicateSecretToRegionsInput{
			SecretId: made.ARN, AddReplicaRegions: []types.ReplicaRegionType{{Region: aws.String("us-east-1")}}, ForceOverwriteReplicaSecret: force,
		})
		return err
	}
	status := func() types.StatusType {
		t.Helper()
		d, err := c.SM.DescribeSecret(ctx, &secretsmanager.DescribeSecretInput{SecretId: made.ARN})
		noError(t, err)
		return d.ReplicationStatus[0].Status
	}
	// A secret that is in the way makes the replica fail, not the call.
	noError(t, replicate(false))
	if got := status(); got != types.StatusTypeFailed {
		t.Error(got)
	}
	noError(t, replicate(true))
	if got := status(); got != types.StatusTypeInSync {
		t.Error(got)
	}
	wantCode(t, replicate(true), "InvalidParameterException")
}

func TestSecretPolicy(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	c := newClients(t, s)
	ctx := t.Context()
	key := mustCreateUser(t, c, "robot")
	made := mustCreateSecret(t, c, "s", "value")
	read := func() error {
		_, err := clientsWith(s, key).SM.GetSecretValue(ctx, &secretsmanager.GetSecretValueInput{SecretId: made.ARN})
		return err
	}
	put := func(effect, principal string) error {
		_, err := c.SM.PutResourcePolicy(ctx, &secretsmanager.PutResourcePolicyInput{
			SecretId: made.ARN, BlockPublicPolicy: aws.Bool(true),
			ResourcePolicy: aws.String(`{"Version":"2012-10-17","Statement":[{"Effect":"` + effect + `","Principal":{"AWS":"` + principal + `"},"Action":"secretsmanager:GetSecretValue","Resource":"*"}]}`),
		})
		return err
	}
	wantCode(t, read(), "AccessDeniedException")
	wantCode(t, put("Allow", "arn:aws:iam::123456789012:user/ghost"), "MalformedPolicyDocumentException")
	wantCode(t, put("Allow", "*"), "PublicPolicyException")
	noError(t, put("Allow", "arn:aws:iam::123456789012:user/robot"))
	noError(t, read())
	noError(t, put("Allow", "arn:aws:iam::123456789012:root"))
	wantCode(t, read(), "AccessDeniedException")
	putUserInline(t, c, "robot", "read", allow(`"secretsmanager:GetSecretValue"`))
	noError(t, read())
	noError(t, put("Deny", "arn:aws:iam::123456789012:user/robot"))
	err := read()
	wantCode(t, err, "AccessDeniedException")
	if !strings.HasSuffix(message(err), "with an explicit deny in a resource-based policy") {
		t.Error(message(err))
	}
	got, err := c.SM.GetResourcePolicy(ctx, &secretsmanager.GetResourcePolicyInput{SecretId: made.ARN})
	noError(t, err)
	checked, err := c.SM.ValidateResourcePolicy(ctx, &secretsmanager.ValidateResourcePolicyInput{ResourcePolicy: got.ResourcePolicy})
	noError(t, err)
	if !checked.PolicyValidationPassed {
		t.Errorf("errors %+v", checked.ValidationErrors)
	}
	_, err = c.SM.ValidateResourcePolicy(ctx, &secretsmanager.ValidateResourcePolicyInput{ResourcePolicy: aws.String("{}")})
	wantCode(t, err, "MalformedPolicyDocumentException")
	_, err = c.SM.DeleteResourcePolicy(ctx, &secretsmanager.DeleteResourcePolicyInput{SecretId: made.ARN})
	noError(t, err)
	noError(t, read())
	_, err = c.IAM.DeleteUserPolicy(ctx, &iam.DeleteUserPolicyInput{UserName: aws.String("robot"), PolicyName: aws.String("read")})
	noError(t, err)
	wantCode(t, read(), "AccessDeniedException")
}

func TestListSecretsAndPasswords(t *testing.T) {
	t.Parallel()
	s := newServer(t, sim.WithEmptyPages(2))
	s.SetMaxPageSize(1)
	c := newClients(t, s)
	ctx := t.Context()
	a := s.Account(sim.DefaultAccount)
	a.PutSecret(sim.Secret{Name: "nhi/one", Value: "x", Tags: map[string]string{"nhi:owner": "payments"}})
	a.PutSecret(sim.Secret{Name: "nhi/two", Tags: map[string]string{"nhi:owner": "web"}})
	a.PutSecret(sim.Secret{Name: "other"})
	a.PutSecret(sim.Secret{Name: "elsewhere", Region: "us-east-1"})
	for _, tt := range []struct {
		key    types.FilterNameStringType
		values []string
		want   string
	}{
		{"name", []string{"nhi/"}, "nhi/one,nhi/two"},
		{"name", []string{"!nhi/"}, "other"},
		{"tag-key", []string{"nhi:owner"}, "nhi/one,nhi/two"},
		{"tag-value", []string{"web", "none"}, "nhi/two"},
		{"", nil, "nhi/one,nhi/two,other"},
	} {
		in := &secretsmanager.ListSecretsInput{}
		if tt.key != "" {
			in.Filters = []types.Filter{{Key: tt.key, Values: tt.values}}
		}
		var got []string
		for p := secretsmanager.NewListSecretsPaginator(c.SM, in); p.HasMorePages(); {
			out, err := p.NextPage(ctx)
			noError(t, err)
			for _, e := range out.SecretList {
				got = append(got, *e.Name)
			}
		}
		if strings.Join(got, ",") != tt.want {
			t.Errorf("%s %q: %q", tt.key, tt.values, got)
		}
	}
	p, err := c.SM.GetRandomPassword(ctx, &secretsmanager.GetRandomPasswordInput{PasswordLength: aws.Int64(20), ExcludePunctuation: aws.Bool(true), ExcludeCharacters: aws.String("abc")})
	noError(t, err)
	if len(*p.RandomPassword) != 20 || strings.ContainsAny(*p.RandomPassword, "abc!/") {
		t.Error(*p.RandomPassword)
	}
}
