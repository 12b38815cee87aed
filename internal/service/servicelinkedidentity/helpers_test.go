package servicelinkedidentity_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"

	"github.com/nhi-governance/terraform-provider-governed/internal/acctest"
	"github.com/nhi-governance/terraform-provider-governed/internal/sim"
)

const (
	typeName        = "governed_service_linked_identity"
	resourceAddress = typeName + ".this"
	nested          = "aws_service_linked_role"

	backup     = "backup.amazonaws.com"
	backupRole = "AWSServiceRoleForBackup"
	backupARN  = "arn:aws:iam::123456789012:role/aws-service-role/backup.amazonaws.com/AWSServiceRoleForBackup"
	backupID   = "aws:123456789012:role/aws-service-role/backup.amazonaws.com/AWSServiceRoleForBackup"

	autoscaling    = "autoscaling.amazonaws.com"
	autoscalingWeb = "AWSServiceRoleForAutoScaling_web"
)

// linkedRole is a whole configuration of the resource, for the protocol.
func linkedRole(server *sim.Server, role acctest.Values) acctest.Values {
	return acctest.Values{
		"owner": "storage", "purpose": "Backs up the databases of the shop, every night", "expiry": acctest.Date(server, 90),
		nested: acctest.Values{"aws_service_name": backup}.With(role),
	}
}

// config is the same for the Terraform CLI, with further arguments of the nested attribute.
func config(server *sim.Server, arguments, role string) string {
	return acctest.ProviderConfig(server, "") + fmt.Sprintf(`
resource %q "this" {
  owner   = "storage"
  purpose = "Backs up the databases of the shop, every night"
  expiry  = %q
  %s
  aws_service_linked_role = {
    %s
  }
}
`, typeName, acctest.Date(server, 90), arguments, role)
}

func protocol(t *testing.T, server *sim.Server) *acctest.Resource {
	t.Helper()
	return acctest.NewConfiguredProtocol(t, server, nil).Resource(typeName)
}

// madeByAWS is a role that was there before, with some tags.
func madeByAWS(t testing.TB, server *sim.Server, service, suffix string, tags map[string]string) {
	t.Helper()
	input := &iam.CreateServiceLinkedRoleInput{AWSServiceName: &service}
	if suffix != "" {
		input.CustomSuffix = &suffix
	}
	made, err := acctest.IAM(server).CreateServiceLinkedRole(t.Context(), input)
	if err != nil {
		t.Fatal(err)
	}
	if len(tags) > 0 {
		tagged(t, server, aws.ToString(made.Role.RoleName), tags)
	}
}

func role(t testing.TB, server *sim.Server, name string) sim.RoleView {
	t.Helper()
	view, ok := server.Account(sim.DefaultAccount).Role(name)
	if !ok {
		t.Fatalf("there is no role %s", name)
	}
	return view
}

func wantTags(t testing.TB, server *sim.Server, want ...string) {
	t.Helper()
	var tags []string
	for key, value := range role(t, server, backupRole).Tags {
		tags = append(tags, key+"="+value)
	}
	slices.Sort(tags)
	if !slices.Equal(tags, want) {
		t.Errorf("tags are %q, not %q", tags, want)
	}
}

func wantRoles(t testing.TB, server *sim.Server, names ...string) {
	t.Helper()
	if roles := server.Account(sim.DefaultAccount).Roles(); !slices.Equal(roles, names) {
		t.Errorf("roles are %v, not %v", roles, names)
	}
}

// wantWrites fails the test unless exactly these changes have been asked for since the last ResetCalls, in this order.
func wantWrites(t testing.TB, server *sim.Server, actions ...string) {
	t.Helper()
	var got []string
	for _, call := range server.Calls() {
		if !strings.HasPrefix(call.Action, "Get") && !strings.HasPrefix(call.Action, "List") {
			got = append(got, call.Action)
		}
	}
	if !slices.Equal(got, actions) {
		t.Errorf("writes were %v, not %v", got, actions)
	}
}

// metadataTags are the tags of linkedRole, sorted, with further ones.
func metadataTags(server *sim.Server, further ...string) []string {
	return slices.Sorted(slices.Values(append([]string{
		"nhi:expiry=" + acctest.Date(server, 90), "nhi:managed_by=terraform-provider-governed", "nhi:owner=storage",
		"nhi:purpose=Backs up the databases of the shop=2C every night",
	}, further...)))
}

// tagged puts tags on a role behind Terraform's back.
func tagged(t testing.TB, server *sim.Server, name string, tags map[string]string) {
	t.Helper()
	before := role(t, server, name)
	all := maps.Clone(before.Tags)
	if all == nil {
		all = map[string]string{}
	}
	maps.Copy(all, tags)
	server.Account(sim.DefaultAccount).PutRole(sim.Role{Name: name, Path: before.Path, TrustPolicy: before.TrustPolicy, Description: before.Description, Tags: all, AttachedPolicyARNs: before.AttachedPolicyARNs})
}
