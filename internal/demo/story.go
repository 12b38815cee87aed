package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/nhi-governance/terraform-provider-governed/internal/sim"
	azuresim "github.com/nhi-governance/terraform-provider-governed/internal/sim/azure"
)

// How many roles the account had before, and how many applications the tenant.
const (
	estateSize = 40
	tenantSize = 8
)

const (
	githubIssuer  = "https://token.actions.githubusercontent.com"
	reviewRole    = "access-review"
	reviewSubject = "repo:acme/access-review:environment:prod"
	reportRole    = "revenue-report"
)

// story is the demo while it plays.
type story struct {
	*workspace
	ctx   context.Context //nolint:containedctx // lives as long as the demo
	cloud *sim.Server
	azure *azuresim.Server
	scene int
	// before are the roles that were there before.
	before []string
}

// play tells the whole story and cleans up, also when it stops early.
func play(ctx context.Context, mirror string, out io.Writer) (err error) {
	cloud := sim.New(sim.WithRunningClock())
	if err := cloud.Start(); err != nil {
		return err
	}
	defer cloud.Close()
	cloud.SeedEstate(estateSize)
	azure, err := azuresim.New(azuresim.WithSharedClock(cloud.Clock()))
	if err != nil {
		return err
	}
	if err := azure.Start(); err != nil {
		return err
	}
	defer azure.Close()
	azure.SeedEstate(tenantSize)
	w, err := newWorkspace(ctx, mirror, cloud.Env(), out)
	if err != nil {
		return err
	}
	if err := w.reach(azure); err != nil {
		return errors.Join(err, w.close())
	}
	defer func() {
		if closing := w.close(); err == nil {
			err = closing
		}
	}()
	s := &story{workspace: w, ctx: ctx, cloud: cloud, azure: azure, before: cloud.Account(sim.DefaultAccount).Roles()}
	if err := s.print(fmt.Sprintf("A simulated AWS account at %s, with %d roles that were there before.", cloud.URL(), len(s.before)),
		fmt.Sprintf("A simulated tenant of Entra ID at %s, with %d applications.", azure.URL(), len(azure.Tenant(azuresim.DefaultTenant).Applications()))); err != nil {
		return err
	}
	for _, scene := range []func() error{s.missing, s.wrong, s.create, s.look, s.use, s.expire, s.renew, s.secondSystem, s.removeFirst, s.credential, s.removeCredential, s.managedIdentity, s.removeManagedIdentity, s.unowned, s.cleanUp} {
		if err := scene(); err != nil {
			return fmt.Errorf("scene %d: %w", s.scene, err)
		}
	}
	_, err = fmt.Fprintln(out, "\nEverything happened as told.")
	return err
}

// begin prints what is going to be shown.
func (s *story) begin(title string) error {
	s.scene++
	_, err := fmt.Fprintf(s.out, "\n%s\n%2d. %s\n\n", strings.Repeat("─", 100), s.scene, title)
	return err
}

// told fails unless something is as the story says.
func told(ok bool, what string, args ...any) error {
	if ok {
		return nil
	}
	return fmt.Errorf("not as told: "+what, args...)
}

// says fails unless an output has all the texts, however Terraform has wrapped its lines.
func says(output string, texts ...string) error {
	flat := strings.Join(strings.Fields(strings.ReplaceAll(output, "│", " ")), " ")
	for _, text := range texts {
		if !strings.Contains(flat, text) {
			return fmt.Errorf("not as told: Terraform did not say %q", text)
		}
	}
	return nil
}

// succeed runs Terraform and fails unless it succeeds.
func (s *story) succeed(run func(context.Context, ...string) (string, bool, error), arguments ...string) (string, error) {
	output, ok, err := run(s.ctx, arguments...)
	if err == nil && !ok {
		err = fmt.Errorf("not as told: terraform %s failed:\n%s", arguments[0], output)
	}
	return output, err
}

// apply applies what is written, and fails unless Terraform says all of this. The output is for what it must not say.
func (s *story) apply(texts ...string) (string, error) {
	output, err := s.succeed(s.terraform, "apply", "-auto-approve")
	if err != nil {
		return output, err
	}
	return output, says(output, texts...)
}

// refused plans what is written, and fails unless Terraform refuses it and says all of this.
func (s *story) refused(texts ...string) error {
	output, ok, err := s.terraform(s.ctx, "plan")
	if err != nil {
		return err
	}
	if err := told(!ok, "the plan was not refused"); err != nil {
		return err
	}
	return says(output, texts...)
}

// date is some days ahead of today.
func date(days int) string { return time.Now().UTC().AddDate(0, 0, days).Format(time.DateOnly) }

func (s *story) missing() error {
	if err := s.begin("A system's module declares a role without owner, purpose and expiry. Terraform refuses the plan."); err != nil {
		return err
	}
	if err := s.write("main.tf", "root.tf", ""); err != nil {
		return err
	}
	if err := s.write("access_review/main.tf", "access_review_missing.tf", ""); err != nil {
		return err
	}
	if err := s.show("access_review/main.tf"); err != nil {
		return err
	}
	if _, err := s.succeed(s.quietly, "init"); err != nil {
		return err
	}
	return s.refused(`The argument "owner" is required`, `The argument "purpose" is required`, `The argument "expiry" is required`)
}

func (s *story) wrong() error {
	if err := s.begin("Placeholders do not help: everything that is wrong is reported at once, with what to write instead."); err != nil {
		return err
	}
	if err := s.write("access_review/main.tf", "access_review_wrong.tf", date(-30)); err != nil {
		return err
	}
	if err := s.show("access_review/main.tf"); err != nil {
		return err
	}
	if err := s.refused("Owner names nobody", "Purpose says too little", "Expiry is in the past", "acme/*", "Rule: owner (error)"); err != nil {
		return err
	}
	return told(len(s.role().ARN) == 0, "the role exists")
}

func (s *story) create() error {
	if err := s.begin("Corrected. The plan shows the policies as they will be on the cloud; the apply makes them so."); err != nil {
		return err
	}
	if err := s.write("access_review/main.tf", "access_review.tf", date(60)); err != nil {
		return err
	}
	if err := s.show("access_review/main.tf"); err != nil {
		return err
	}
	output, err := s.succeed(s.terraform, "plan", "-out=tfplan")
	if err != nil {
		return err
	}
	if err := says(output, "Plan: 1 to add, 0 to change, 0 to destroy.", "aws:CurrentTime", "expiry_policy"); err != nil {
		return err
	}
	output, err = s.succeed(s.terraform, "apply", "tfplan")
	if err != nil {
		return err
	}
	return says(output, "1 added, 0 changed, 0 destroyed")
}

func (s *story) look() error {
	if err := s.begin("The role as the cloud has it: metadata in its tags, the expiry in its trust and in a deny of its own."); err != nil {
		return err
	}
	role := s.role()
	texts := []string{role.ARN, "tags"}
	for _, key := range slices.Sorted(maps.Keys(role.Tags)) {
		texts = append(texts, fmt.Sprintf("  %-16s %s", key, role.Tags[key]))
	}
	texts = append(texts, "trust policy", pretty(role.TrustPolicy))
	for _, name := range slices.Sorted(maps.Keys(role.InlinePolicies)) {
		texts = append(texts, "inline policy "+name, pretty(role.InlinePolicies[name]))
	}
	if err := s.print(texts...); err != nil {
		return err
	}
	if err := told(role.Tags["nhi:owner"] == "security-operations", "the owner's tag is %q", role.Tags["nhi:owner"]); err != nil {
		return err
	}
	return told(strings.Contains(role.TrustPolicy, "aws:CurrentTime"), "the trust policy has no time limit")
}

func pretty(document string) string {
	var value any
	if json.Unmarshal([]byte(document), &value) != nil {
		return document
	}
	text, err := json.MarshalIndent(value, "  ", "  ")
	if err != nil {
		return document
	}
	return "  " + string(text)
}

func (s *story) role() sim.RoleView {
	role, _ := s.cloud.Account(sim.DefaultAccount).Role(reviewRole)
	return role
}
