package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"

	"github.com/nhi-governance/terraform-provider-governed/internal/cli"
)

// configuration is what Terraform is to make of a cloud.
type configuration func(cloud) string

// governedRoles is a configuration of n governed roles with a policy each.
func governedRoles(n int) configuration {
	return governed(n, `aws_role = {
    trust           = { aws_services = ["lambda.amazonaws.com"] }
    inline_policies = { read = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Action = "s3:GetObject", Resource = "arn:aws:s3:::bench/*" }] }) }
  }`)
}

// governedUsers is a configuration of n governed users with a policy each.
func governedUsers(n int) configuration {
	return governed(n, `aws_user = {
    inline_policies = { read = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Action = "s3:GetObject", Resource = "arn:aws:s3:::bench/*" }] }) }
  }`)
}

// governedCredentials is a configuration of n access keys, of a governed user each, with their secrets in Secrets Manager.
func governedCredentials(n int) configuration {
	return func(target cloud) string {
		return governedUsers(n)(target) + fmt.Sprintf(`
resource "governed_credential" "bench" {
  count         = %d
  identity      = governed_service_identity.bench[count.index].id
  justification = "Measures what a plan of many credentials costs"
  expiry        = governed_service_identity.bench[count.index].expiry
  store         = { aws_secrets_manager = { name = "bench/${count.index}" } }
}
`, n)
	}
}

// managedIdentities is a configuration of n managed identities that a workflow of GitHub may sign in as.
func managedIdentities(n int) configuration {
	return governed(n, fmt.Sprintf(`azure_managed_identity = {
    resource_group_name   = %q
    location              = "westeurope"
    federated_credentials = { release = { github_actions = { repository = "acme/web-shop", environment = "prod" } } }
  }`, azureGroup))
}

// applications is the same of applications of Entra ID.
func applications(n int) configuration {
	return governed(n, `entra_application = {
    federated_credentials = { release = { github_actions = { repository = "acme/web-shop", environment = "prod" } } }
  }`)
}

// governed is a configuration of n governed identities of a kind.
func governed(n int, kind string) configuration {
	return func(target cloud) string {
		return fmt.Sprintf(`
terraform {
  required_providers {
    governed = { source = "nhi-governance/governed" }
  }
}

%s

resource "governed_service_identity" "bench" {
  count   = %d
  name    = "bench-${count.index}"
  owner   = "platform"
  purpose = "Measures what a plan of many identities costs"
  expiry  = %q

  %s
}
`, target.block(), n, time.Now().UTC().AddDate(0, 0, 90).Format(time.DateOnly), kind)
	}
}

// peerRoles is the nearest thing that hashicorp/aws can say.
func peerRoles(n int) configuration {
	return func(cloud) string {
		return fmt.Sprintf(`
terraform {
  required_providers {
    aws = { source = "hashicorp/aws" }
  }
}

provider "aws" {
  skip_metadata_api_check = true
}

resource "aws_iam_role" "bench" {
  count              = %d
  name               = "bench-${count.index}"
  assume_role_policy = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "lambda.amazonaws.com" } }] })
  tags               = { owner = "platform" }
}
`, n)
	}
}

// plainData is a configuration of n resources that Terraform has built in: what a plan costs without any provider.
func plainData(n int) configuration {
	return func(cloud) string {
		return fmt.Sprintf(`
resource "terraform_data" "bench" {
  count = %d
  input = { name = "bench-${count.index}", owner = "platform", purpose = "Measures what a plan of many resources costs" }
}
`, n)
	}
}

// applied measures the apply of a configuration.
func applied(start func() (cloud, error), mirror string, wanted configuration) func(context.Context) (figures, error) {
	return func(ctx context.Context) (figures, error) {
		return work(ctx, start, mirror, wanted, 1, "apply", "-auto-approve")
	}
}

// plans is how often a plan is measured. The cheapest counts, because what else runs on the machine only ever adds to it: half
// as much again where it is busy, also in CPU time.
const plans = 3

// planOn applies a configuration, and measures the empty plan that follows.
func planOn(start func() (cloud, error), mirror string, wanted configuration) func(context.Context) (figures, error) {
	return func(ctx context.Context) (figures, error) {
		return work(ctx, start, mirror, wanted, plans, "plan", "-detailed-exitcode")
	}
}

// work measures a command of Terraform, the cheapest of some times, before which it applies the configuration unless the command does.
func work(ctx context.Context, start func() (cloud, error), mirror string, wanted configuration, times int, command ...string) (figures, error) {
	target, err := start()
	if err != nil {
		return figures{}, err
	}
	defer target.close()
	folder, err := os.MkdirTemp("", "governed-bench")
	if err != nil {
		return figures{}, err
	}
	defer os.RemoveAll(folder)
	settings := filepath.Join(folder, "terraform.rc")
	err = errors.Join(
		os.WriteFile(settings, fmt.Appendf(nil, "provider_installation {\n  filesystem_mirror {\n    path = %q\n  }\n}\n", mirror), 0o600),
		os.WriteFile(filepath.Join(folder, "main.tf"), []byte(wanted(target)), 0o600),
	)
	if err != nil {
		return figures{}, err
	}
	environment := append(os.Environ(), "TF_CLI_CONFIG_FILE="+settings, "CHECKPOINT_DISABLE=1", "TF_LOG=", "GOVERNED_POLICY_FILE=",
		"AWS_CONFIG_FILE="+os.DevNull, "AWS_SHARED_CREDENTIALS_FILE="+os.DevNull, "AWS_PROFILE=", "AWS_SESSION_TOKEN=")
	for name, value := range target.env {
		environment = append(environment, name+"="+value)
	}
	found, err := cli.Find(ctx)
	if err != nil {
		return figures{}, err
	}
	run := func(arguments ...string) (figures, error) {
		return measure(ctx, found.Path, folder, environment, arguments...)
	}
	if _, err := run("init"); err != nil {
		return figures{}, err
	}
	if command[0] != "apply" {
		if _, err := run("apply", "-auto-approve"); err != nil {
			return figures{}, err
		}
	}
	var best figures
	for i := range times {
		before := target.calls()
		got, err := run(command...)
		if err != nil {
			return figures{}, err
		}
		got.calls = target.calls() - before
		if i == 0 || got.cpu < best.cpu {
			best = got
		}
	}
	return best, nil
}

// measure runs Terraform and tells what it and the provider under it cost.
func measure(ctx context.Context, program, folder string, environment []string, arguments ...string) (figures, error) {
	command := exec.CommandContext(ctx, program, append(arguments, "-no-color", "-input=false")...)
	command.Dir, command.Env = folder, environment
	started := time.Now()
	output, err := command.CombinedOutput()
	if err != nil {
		return figures{}, fmt.Errorf("%s %s: %w\n%s", program, arguments[0], err, output)
	}
	return cost(command.ProcessState, time.Since(started)), nil
}

func cost(process *os.ProcessState, wall time.Duration) figures {
	got := figures{wall: wall, cpu: process.UserTime() + process.SystemTime()}
	if usage, ok := process.SysUsage().(*syscall.Rusage); ok {
		got.peak = usage.Maxrss * 1024 // Linux counts in KiB
	}
	return got
}
