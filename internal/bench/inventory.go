package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/vmihailenco/msgpack/v5"

	"github.com/nhi-governance/terraform-provider-governed/internal/provider"
	"github.com/nhi-governance/terraform-provider-governed/internal/sim"
)

// inventoryRole is the role that the bench takes in further accounts.
const inventoryRole = "inventory"

// reading is what a process that has read an inventory says of itself.
type reading struct {
	Identities int
	Gaps       []string
	// Kept is the memory in bytes that the inventory takes, and Sent the size in bytes of what Terraform is given.
	Kept, Sent uint64
}

// rest configures the provider and does nothing else: what that takes is what it takes while Terraform is at work elsewhere.
func rest(ctx context.Context, configuration string, out io.Writer) error {
	server := provider.NewServer("bench")
	if err := configure(ctx, server, configuration); err != nil {
		return err
	}
	return json.NewEncoder(out).Encode(reading{})
}

// readInventory reads all that a configuration of the provider, in JSON, leads to, and gives it out, as governed_identities does.
func readInventory(ctx context.Context, configuration string, out io.Writer) error {
	server := provider.NewServer("bench")
	if err := configure(ctx, server, configuration); err != nil {
		return err
	}
	before := heap()
	result, err := list(ctx, server)
	if err != nil {
		return err
	}
	result.Kept = heap() - before
	runtime.KeepAlive(server) // With what it keeps for those who ask again.
	return json.NewEncoder(out).Encode(result)
}

func configure(ctx context.Context, server tfprotov6.ProviderServer, configuration string) error {
	configured, err := server.ConfigureProvider(ctx, &tfprotov6.ConfigureProviderRequest{Config: &tfprotov6.DynamicValue{JSON: []byte(configuration)}})
	if err != nil {
		return err
	}
	return firstError(configured.Diagnostics)
}

// firstError is nil where there are at most warnings.
func firstError(diagnostics []*tfprotov6.Diagnostic) error {
	for _, diagnostic := range diagnostics {
		if diagnostic.Severity == tfprotov6.DiagnosticSeverityError {
			return fmt.Errorf("%s: %s", diagnostic.Summary, diagnostic.Detail)
		}
	}
	return nil
}

// list asks for all identities.
func list(ctx context.Context, server tfprotov6.ProviderServer) (reading, error) {
	listed, err := server.ReadDataSource(ctx, &tfprotov6.ReadDataSourceRequest{TypeName: "governed_identities", Config: &tfprotov6.DynamicValue{JSON: []byte("{}")}})
	if err != nil {
		return reading{}, err
	}
	if err := firstError(listed.Diagnostics); err != nil {
		return reading{}, err
	}
	var given struct {
		Gaps    []string `msgpack:"gaps"`
		Summary struct {
			Total int `msgpack:"total"`
		} `msgpack:"summary"`
	}
	err = msgpack.Unmarshal(listed.State.MsgPack, &given)
	return reading{Identities: given.Summary.Total, Gaps: given.Gaps, Sent: uint64(len(listed.State.MsgPack))}, err
}

// heap is the memory in bytes that is in use. What pools keep goes only with the second collection.
func heap() uint64 {
	runtime.GC()
	runtime.GC()
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return stats.HeapAlloc
}

// inventoryOf measures a process that reads so many accounts with so many identities each.
func inventoryOf(accounts, identities int) func(context.Context) (figures, error) {
	return func(ctx context.Context) (figures, error) {
		server := sim.New()
		if err := server.Start(); err != nil {
			return figures{}, err
		}
		defer server.Close()
		var further []string
		seedIdentities(server.Account(sim.DefaultAccount), identities)
		for i := 1; i < accounts; i++ {
			id := fmt.Sprintf("%012d", 200000000000+i)
			seedIdentities(server.Account(id), identities-1)
			server.Account(id).PutRole(sim.Role{
				Name:               inventoryRole,
				TrustPolicy:        `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"AWS":"` + sim.DefaultAccount + `"}}]}`,
				AttachedPolicyARNs: []string{"arn:aws:iam::aws:policy/SecurityAudit"},
				InlinePolicies:     map[string]string{"report": `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["iam:GetAccountAuthorizationDetails","iam:GetCredentialReport","iam:GenerateCredentialReport"],"Resource":"*"}]}`},
			})
			further = append(further, id)
		}
		var inventory map[string]any
		if len(further) > 0 {
			inventory = map[string]any{"accounts": further, "role_name": inventoryRole}
		}
		got, result, err := elsewhere(ctx, readInventoryFlag, map[string]any{"aws": map[string]any{"inventory": inventory}}, server.Env())
		if err != nil {
			return figures{}, err
		}
		got.calls = server.CountCalls("")
		if want := accounts * identities; result.Identities != want || len(result.Gaps) > 0 {
			return figures{}, fmt.Errorf("%d identities were read, not %d: %s", result.Identities, want, strings.Join(result.Gaps, " "))
		}
		return got, nil
	}
}

// idle measures a process that has both clouds configured and asks neither for anything.
func idle(ctx context.Context) (figures, error) {
	both, err := simulatedBoth()
	if err != nil {
		return figures{}, err
	}
	defer both.close()
	got, _, err := elsewhere(ctx, idleFlag, both.provider, both.env)
	got.calls = both.calls()
	return got, err
}

// inventoryOfTenant measures a process that reads a tenant of Entra ID with so many applications, and the managed identities and
// others' service principals that come with them.
func inventoryOfTenant(applications int) func(context.Context) (figures, error) {
	return func(ctx context.Context) (figures, error) {
		target, err := simulatedTenant(applications)
		if err != nil {
			return figures{}, err
		}
		defer target.close()
		got, result, err := elsewhere(ctx, readInventoryFlag, target.provider, target.env)
		if err != nil {
			return figures{}, err
		}
		got.calls = target.calls()
		if result.Identities < applications || len(result.Gaps) > 0 {
			return figures{}, fmt.Errorf("%d identities were read of %d applications: %s", result.Identities, applications, strings.Join(result.Gaps, " "))
		}
		return got, nil
	}
}

// elsewhere has a process of its own do what a flag says, with a configuration and an environment.
func elsewhere(ctx context.Context, what string, configuration map[string]any, environment map[string]string) (figures, reading, error) {
	argument, err := json.Marshal(configuration)
	if err != nil {
		return figures{}, reading{}, err
	}
	program, err := os.Executable()
	if err != nil {
		return figures{}, reading{}, err
	}
	command := exec.CommandContext(ctx, program, what, string(argument))
	command.Env = os.Environ()
	for name, value := range environment {
		command.Env = append(command.Env, name+"="+value)
	}
	var output, problems bytes.Buffer
	command.Stdout, command.Stderr = &output, &problems
	started := time.Now()
	if err := command.Run(); err != nil {
		return figures{}, reading{}, fmt.Errorf("%w: %s", err, problems.String())
	}
	got := cost(command.ProcessState, time.Since(started))
	var result reading
	if err := json.Unmarshal(output.Bytes(), &result); err != nil {
		return figures{}, reading{}, err
	}
	if result.Identities > 0 {
		got.each = int64(result.Kept) / int64(result.Identities)
		got.note = fmt.Sprintf("%.1f KB kept for each, %d MB sent", float64(got.each)/1024, result.Sent>>20)
	}
	return got, result, nil
}
