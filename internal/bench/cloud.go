package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"

	"github.com/nhi-governance/terraform-provider-governed/internal/sim"
	azuresim "github.com/nhi-governance/terraform-provider-governed/internal/sim/azure"
)

// azureGroup is the resource group that managed identities are in.
const azureGroup = "bench"

// cloud is something to work against that counts the calls it gets.
type cloud struct {
	// provider are the arguments of the provider that lead to it, besides what env has.
	provider map[string]any
	env      map[string]string
	calls    func() int
	close    func()
}

// block is the provider block. HCL takes an object of JSON as it is.
func (c cloud) block() string {
	var arguments strings.Builder
	for name, value := range c.provider {
		text, err := json.Marshal(value)
		if err != nil {
			panic(err) // They are texts.
		}
		fmt.Fprintf(&arguments, "  %s = %s\n", name, text)
	}
	return "provider \"governed\" {\n" + arguments.String() + "}"
}

// nowhere is for what needs no cloud.
func nowhere() (cloud, error) { return cloud{calls: func() int { return 0 }, close: func() {}}, nil }

// simulated is a fresh simulator of AWS.
func simulated() (cloud, error) {
	server := sim.New(sim.WithQuota(sim.DefaultAccount, "RolesQuota", 5000))
	if err := server.Start(); err != nil {
		return cloud{}, err
	}
	return cloud{provider: map[string]any{"aws": map[string]any{}}, env: server.Env(), calls: func() int { return server.CountCalls("") }, close: server.Close}, nil
}

// simulatedAzure is a fresh simulator of Azure and Entra ID.
func simulatedAzure() (cloud, error) { return simulatedTenant(0) }

// simulatedTenant is one with so many applications, and the managed identities and others' service principals that come with them.
func simulatedTenant(applications int) (cloud, error) {
	server, err := azuresim.New()
	if err != nil {
		return cloud{}, err
	}
	folder, err := os.MkdirTemp("", "governed-bench")
	if err != nil {
		return cloud{}, err
	}
	authority := filepath.Join(folder, "ca.pem")
	if err := errors.Join(server.Start(), os.WriteFile(authority, server.CA(), 0o600)); err != nil {
		return cloud{}, errors.Join(err, os.RemoveAll(folder))
	}
	server.Tenant(azuresim.DefaultTenant).Subscription(azuresim.DefaultSubscription).AddResourceGroup(azureGroup, "westeurope")
	if applications > 0 {
		server.SeedEstate(applications)
	}
	return cloud{
		provider: map[string]any{"azure": map[string]any{
			"tenant_id": azuresim.DefaultTenant, "subscription_id": azuresim.DefaultSubscription, "custom_ca_bundle": authority,
			"endpoints": map[string]any{"authority": server.URL(), "graph": server.GraphURL(), "resource_manager": server.ResourceManagerURL()},
		}},
		env: server.Env(), calls: func() int { return len(server.Calls()) },
		close: func() { server.Close(); _ = os.RemoveAll(folder) },
	}, nil
}

// simulatedBoth are a simulator of AWS and one of Azure.
func simulatedBoth() (cloud, error) {
	both, err := simulated()
	if err != nil {
		return cloud{}, err
	}
	azure, err := simulatedAzure()
	if err != nil {
		both.close()
		return cloud{}, err
	}
	maps.Copy(both.provider, azure.provider)
	maps.Copy(both.env, azure.env)
	ofAWS, closeAWS := both.calls, both.close
	both.calls = func() int { return ofAWS() + azure.calls() }
	both.close = func() { azure.close(); closeAWS() }
	return both, nil
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
		return cloud{provider: map[string]any{"aws": map[string]any{}}, env: env, calls: func() int { return int(calls.Load()) }, close: server.Close}, nil
	}
}
