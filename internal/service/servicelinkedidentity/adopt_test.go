package servicelinkedidentity_test

import (
	"strings"
	"testing"

	"github.com/nhi-governance/terraform-provider-governed/internal/acctest"
	"github.com/nhi-governance/terraform-provider-governed/internal/sim"
)

// TestAdopt takes over what AWS has made, after a warning that says what follows, and leaves it when the resource goes.
func TestAdopt(t *testing.T) {
	t.Parallel()
	server := acctest.NewSim(t)
	madeByAWS(t, server, backup, "", map[string]string{"stray": "x", "team": "old"})
	r := protocol(t, server)
	server.ResetCalls()
	wanted := linkedRole(server, nil).With(acctest.Values{"labels": acctest.Values{"team": "storage"}})
	r.Apply(wanted).Want(t, "warning aws_service_linked_role.aws_service_name: Existing identity … the role AWSServiceRoleForBackup exists already, since "+
		"… applying adopts it and writes the metadata to its tags. When this resource goes, the role stays. These tags of it are removed: stray. "+
		"… import it: … to = governed_service_linked_identity.example … id = \""+backupID+"\" … Rule: existing_identity (warn)")
	wantWrites(t, server, "CreateServiceLinkedRole", "UntagRole", "TagRole")
	acctest.WantSame(t, "adopted", r.State(nested, "adopted"), true)
	wantTags(t, server, metadataTags(server, "team=storage")...)
	r.Refresh().Want(t)
	r.Plan(wanted).Want(t)
	if r.Changes() {
		t.Error("the second plan changes something")
	}
	r.Plan(nil).Want(t, "warning aws_service_linked_role: Identity stays in place … the role AWSServiceRoleForBackup was there before this resource")
	// It stays even where AWS would refuse to delete it.
	server.Account(sim.DefaultAccount).SetServiceLinkedRoleUsage(backupRole, "eu-west-1", "vault/main")
	r.Apply(nil).Want(t, "warning aws_service_linked_role: Identity stays in place … the role AWSServiceRoleForBackup was there before this resource, so it stays, without the metadata and the labels in its tags. "+
		"… run aws iam delete-service-linked-role --role-name AWSServiceRoleForBackup")
	wantTags(t, server)
	r.Apply(wanted).Want(t, "warning aws_service_linked_role.aws_service_name: Existing identity … the role stays\n")
}

// TestAdoptRefused never takes over what is governed already, nor what is not to be taken over.
func TestAdoptRefused(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		tags map[string]string
		role acctest.Values
		says string
	}{
		"governed":       {map[string]string{"nhi:managed_by": "terraform-provider-governed"}, nil, "… and is marked as governed by terraform-provider-governed … Find the resource that governs it. Once no other state has it, import it:"},
		"by another":     {map[string]string{"nhi:managed_by": "janitor"}, nil, "… and is marked as governed by janitor"},
		"not to be":      {nil, acctest.Values{"adopt_existing": false}, "… and adopt_existing is false … Either write adopt_existing = true, or import it:"},
		"both unwelcome": {map[string]string{"nhi:managed_by": "janitor"}, acctest.Values{"adopt_existing": false}, "… and is marked as governed by janitor"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := acctest.NewSim(t)
			madeByAWS(t, server, backup, "", test.tags)
			r := protocol(t, server)
			server.ResetCalls()
			r.Plan(linkedRole(server, test.role)).Want(t, "error aws_service_linked_role.aws_service_name: Existing identity "+test.says+" … id = \""+backupID+"\"")
			wantWrites(t, server)
		})
	}
	// AWS makes the role between plan and apply.
	server := acctest.NewSim(t)
	r := protocol(t, server)
	r.Plan(linkedRole(server, acctest.Values{"aws_service_name": acctest.Unknown, "adopt_existing": false})).Want(t)
	madeByAWS(t, server, backup, "", nil)
	r.ApplyPlanned(linkedRole(server, acctest.Values{"adopt_existing": false})).Want(t, "error aws_service_linked_role.aws_service_name: Existing identity … adopt_existing is false")
}

// TestAdoptPossible says what AWS alone knows: whether a name with an underscore is the one that it would take.
func TestAdoptPossible(t *testing.T) {
	t.Parallel()
	const table = "dynamodb.application-autoscaling.amazonaws.com"
	for name, test := range map[string]struct {
		there, suffix, service string
		tags                   map[string]string
		adopted                bool
	}{
		"another suffix":       {there: autoscaling, suffix: "web", service: autoscaling},
		"another, governed":    {there: autoscaling, suffix: "web", service: autoscaling, tags: map[string]string{"nhi:managed_by": "janitor"}},
		"a name of its own":    {there: table, service: table, adopted: true},
		"another of a service": {there: "ecs.application-autoscaling.amazonaws.com", service: table},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := acctest.NewSim(t)
			madeByAWS(t, server, test.there, test.suffix, test.tags)
			r := protocol(t, server)
			diags := r.Apply(linkedRole(server, acctest.Values{"aws_service_name": test.service}))
			if test.there == test.service {
				diags.Want(t, "warning aws_service_linked_role.aws_service_name: Existing identity … AWS may find the role to be there: the role AWSServiceRoleFor")
			} else {
				diags.Want(t)
			}
			acctest.WantSame(t, "adopted", r.State(nested, "adopted"), test.adopted)
		})
	}
}

// TestAdoptUnseen plans without the permission to look, and says so.
func TestAdoptUnseen(t *testing.T) {
	t.Parallel()
	server := acctest.NewSim(t)
	server.DenyActions(sim.DefaultAccount, "iam:ListRoles")
	r := protocol(t, server)
	r.Apply(linkedRole(server, nil)).Want(t, "warning aws_service_linked_role.aws_service_name: Existing identity … whether the role exists already cannot be told … lack the permission iam:ListRoles")
	acctest.WantSame(t, "adopted", r.State(nested, "adopted"), false)
	r.Apply(nil).Want(t)
	madeByAWS(t, server, backup, "", nil)
	r.Apply(linkedRole(server, nil)).Want(t, "warning aws_service_linked_role.aws_service_name: Existing identity",
		"error aws_service_linked_role: Identity cannot be created … iam:ListRoles")
}

// TestImport takes the canonical id, the ARN and the resource identity; what is imported is removed for good.
func TestImport(t *testing.T) {
	t.Parallel()
	for name, by := range map[string]struct {
		id       string
		identity acctest.Values
	}{
		"canonical id": {id: backupID},
		"ARN":          {id: backupARN},
		"identity":     {identity: acctest.Values{"id": backupID}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := acctest.NewSim(t)
			madeByAWS(t, server, backup, "", map[string]string{"nhi:managed_by": "terraform-provider-governed"})
			r := protocol(t, server)
			r.Import(by.id, by.identity).Want(t)
			acctest.WantSame(t, "service", r.State(nested, "aws_service_name"), backup)
			r.Apply(linkedRole(server, nil)).Want(t)
			if r.Replaces() {
				t.Error("the plan replaces the role")
			}
			acctest.WantSame(t, "adopted", r.State(nested, "adopted"), false)
			r.Apply(nil).Want(t)
			wantRoles(t, server)
		})
	}
}

// TestImportSuffix takes the suffix from the configuration, where the name allows it.
func TestImportSuffix(t *testing.T) {
	t.Parallel()
	for suffix, replaces := range map[string]bool{"Web": false, "eb": true, "": false} {
		server := acctest.NewSim(t)
		madeByAWS(t, server, autoscaling, "web", nil)
		r := protocol(t, server)
		r.Import("arn:aws:iam::123456789012:role/aws-service-role/autoscaling.amazonaws.com/"+autoscalingWeb, nil).Want(t)
		wanted := acctest.Values{"aws_service_name": autoscaling}
		if suffix != "" {
			wanted["custom_suffix"] = suffix
		}
		var retired []string
		if replaces {
			retired = []string{"warning aws_service_linked_role: Identity will be retired"}
		}
		r.Plan(linkedRole(server, wanted)).Want(t, retired...)
		acctest.WantSame(t, "replacement for "+suffix, r.Replaces(), replaces)
	}
}

// TestImportOther refuses what is not service-linked.
func TestImportOther(t *testing.T) {
	t.Parallel()
	server := acctest.NewSim(t)
	server.Account(sim.DefaultAccount).PutRole(sim.Role{Name: "ordinary"})
	madeByAWS(t, server, backup, "", nil)
	p := acctest.NewConfiguredProtocol(t, server, nil)
	p.Resource(typeName).Import("arn:aws:iam::123456789012:role/ordinary", nil).Want(t, "error id: Identity is of another kind … aws:123456789012:role/ordinary is no identity that governed_service_linked_identity can declare; it declares: aws_service_linked_role")
	p.Resource("governed_service_identity").Import(backupARN, nil).Want(t, "error id: Identity is of another kind … "+backupID+" is no identity that governed_service_identity can declare")
	p.Resource(typeName).Import("backup", nil).Want(t, "error id: Import id is malformed … an ARN of a service-linked role is fine too")
	p.Resource(typeName).Import(strings.Replace(backupID, "Backup", "Gone", 1), nil).Want(t)
}
