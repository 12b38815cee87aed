package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/nhi-governance/terraform-provider-governed/internal/cli"
	"github.com/nhi-governance/terraform-provider-governed/internal/sim"
)

// cloud is something to plan against that counts the calls it gets.
type cloud struct {
	env   map[string]string
	calls func() int
	close func()
}

// simulated is a fresh simulator.
func simulated() (cloud, error) {
	server := sim.New(sim.WithQuota(sim.DefaultAccount, "RolesQuota", 5000))
	if err := server.Start(); err != nil {
		return cloud{}, err
	}
	return cloud{env: server.Env(), calls: func() int { return server.CountCalls("") }, close: server.Close}, nil
}

// motoAccounts gives every measurement an account of its own.
var motoAccounts atomic.Int64

// proxied is a moto_server behind a proxy that counts.
func proxied(endpoint string) func() (cloud, error) {
	return func() (cloud, error) {
		target, err := url.Parse(endpoint)
		if err != nil {
			return cloud{}, err
		}
		proxy := httputil.NewSingleHostReverseProxy(target)
		account := fmt.Sprintf("%012d", 900000000000+motoAccounts.Add(1))
		var calls atomic.Int64
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			calls.Add(1)
			r.Header.Set("X-Moto-Account-Id", account) // moto's own way to choose the account
			proxy.ServeHTTP(w, r)
		}))
		env := map[string]string{
			"AWS_ENDPOINT_URL": server.URL, "AWS_ACCESS_KEY_ID": "bench",
			"AWS_SECRET_ACCESS_KEY": "bench", "AWS_REGION": "eu-west-1", "AWS_EC2_METADATA_DISABLED": "true",
		}
		return cloud{env: env, calls: func() int { return int(calls.Load()) }, close: server.Close}, nil
	}
}

// governedRoles is a configuration of n governed roles with a policy each.
func governedRoles(n int) string {
	return governed(n, `aws_role = {
    trust           = { aws_services = ["lambda.amazonaws.com"] }
    inline_policies = { read = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Action = "s3:GetObject", Resource = "arn:aws:s3:::bench/*" }] }) }
  }`)
}

// governedUsers is a configuration of n governed users with a policy each.
func governedUsers(n int) string {
	return governed(n, `aws_user = {
    inline_policies = { read = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Action = "s3:GetObject", Resource = "arn:aws:s3:::bench/*" }] }) }
  }`)
}

// governed is a configuration of n governed identities of a kind.
func governed(n int, kind string) string {
	return fmt.Sprintf(`
terraform {
  required_providers {
    governed = { source = "nhi-governance/governed" }
  }
}

provider "governed" {
  aws = {}
}

resource "governed_service_identity" "bench" {
  count   = %d
  name    = "bench-${count.index}"
  owner   = "platform"
  purpose = "Measures what a plan of many identities costs"
  expiry  = %q

  %s
}
`, n, time.Now().UTC().AddDate(0, 0, 90).Format(time.DateOnly), kind)
}

// peerRoles is the nearest thing that hashicorp/aws can say.
func peerRoles(n int) string {
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

// planOn applies a configuration, and measures the empty plan that follows.
func planOn(start func() (cloud, error), mirror, configuration string) func(context.Context) (figures, error) {
	return func(ctx context.Context) (figures, error) {
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
			os.WriteFile(filepath.Join(folder, "main.tf"), []byte(configuration), 0o600),
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
		if _, err := run("apply", "-auto-approve"); err != nil {
			return figures{}, err
		}
		before := target.calls()
		got, err := run("plan", "-detailed-exitcode")
		got.calls = target.calls() - before
		return got, err
	}
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
