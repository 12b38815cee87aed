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

// readInventory reads the provider's account and further ones, and gives out all of it, as governed_identities does.
func readInventory(ctx context.Context, accounts []string, out io.Writer) error {
	server := provider.NewServer("bench")
	if err := configure(ctx, server, accounts); err != nil {
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

func configure(ctx context.Context, server tfprotov6.ProviderServer, accounts []string) error {
	var inventory map[string]any
	if len(accounts) > 0 {
		inventory = map[string]any{"accounts": accounts, "role_name": inventoryRole}
	}
	configuration, err := json.Marshal(map[string]any{"aws": map[string]any{"inventory": inventory}})
	if err != nil {
		return err
	}
	configured, err := server.ConfigureProvider(ctx, &tfprotov6.ConfigureProviderRequest{Config: &tfprotov6.DynamicValue{JSON: configuration}})
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
		arguments := []string{"-read-inventory"}
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
			arguments = append(arguments, id)
		}
		program, err := os.Executable()
		if err != nil {
			return figures{}, err
		}
		command := exec.CommandContext(ctx, program, arguments...)
		command.Env = os.Environ()
		for name, value := range server.Env() {
			command.Env = append(command.Env, name+"="+value)
		}
		var output, problems bytes.Buffer
		command.Stdout, command.Stderr = &output, &problems
		started := time.Now()
		if err := command.Run(); err != nil {
			return figures{}, fmt.Errorf("%w: %s", err, problems.String())
		}
		got := cost(command.ProcessState, time.Since(started))
		got.calls = server.CountCalls("")
		var result reading
		if err := json.Unmarshal(output.Bytes(), &result); err != nil {
			return figures{}, err
		}
		if want := accounts * identities; result.Identities != want || len(result.Gaps) > 0 {
			return figures{}, fmt.Errorf("%d identities were read, not %d: %s", result.Identities, want, strings.Join(result.Gaps, " "))
		}
		got.note = fmt.Sprintf("%.1f KB kept for each, %d MB sent", float64(result.Kept)/float64(result.Identities)/1024, result.Sent>>20)
		return got, nil
	}
}
