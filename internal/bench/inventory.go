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

	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform/aws"
	"github.com/nhi-governance/terraform-provider-governed/internal/sim"
)

// inventoryRole is the role that the bench takes in further accounts.
const inventoryRole = "inventory"

// reading is what a process that has read an inventory says of itself.
type reading struct {
	Identities int
	Gaps       []string
	// Kept is the memory in bytes that the inventory takes.
	Kept uint64
}

// readInventory reads the provider's account and further ones.
func readInventory(ctx context.Context, accounts []string, out io.Writer) error {
	before := heap()
	account := aws.NewAccount(aws.Config{
		MetadataKeys: governance.NewMetadataKeys(nil), InventoryAccounts: accounts, InventoryRole: inventoryRole,
	})
	listing, err := account.Identities(ctx)
	if err != nil {
		return err
	}
	result := reading{Identities: len(listing.Identities), Gaps: listing.Gaps, Kept: heap() - before}
	// What the account keeps for those who ask again counts, and so does what this one was given.
	runtime.KeepAlive(account)
	runtime.KeepAlive(listing)
	return json.NewEncoder(out).Encode(result)
}

func heap() uint64 {
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
		got.note = fmt.Sprintf("%.1f KB kept for each", float64(result.Kept)/float64(result.Identities)/1024)
		return got, nil
	}
}

// usersAmong is how many identities there are for each that is a user.
const usersAmong = 9

// seedIdentities puts roles and users into an account, every second one governed, each with a trust and a policy of its
// own.
func seedIdentities(account *sim.Account, n int) {
	now := time.Now().UTC()
	for i := range n {
		name := fmt.Sprintf("workload-%05d", i)
		policies := map[string]string{"work": fmt.Sprintf(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["s3:GetObject","s3:PutObject"],"Resource":"arn:aws:s3:::data-%d/*"},{"Effect":"Allow","Action":["sqs:SendMessage","sqs:ReceiveMessage"],"Resource":"arn:aws:sqs:eu-west-1:%s:jobs-%d"}]}`, i, account.ID(), i)}
		tags := map[string]string{"Team": fmt.Sprint("team-", i%40), "CostCenter": fmt.Sprint(1000 + i%300)}
		if i%2 == 0 {
			tags = map[string]string{
				"nhi:owner": fmt.Sprint("team-", i%40), "nhi:purpose": fmt.Sprint("Moves the data of workload ", i), "nhi:expiry": now.AddDate(0, 0, i%300).Format(time.DateOnly),
				"nhi:environment": "prod", "nhi:managed_by": governance.ManagedBy,
			}
		}
		if i%usersAmong == 0 {
			account.PutUser(sim.User{
				Name: name, Path: "/service/", Tags: tags, InlinePolicies: policies, CreatedAt: now.AddDate(0, 0, -i%900),
				AccessKeys: []sim.AccessKey{{LastUsedAt: now.AddDate(0, 0, -i%400)}},
			})
			continue
		}
		account.PutRole(sim.Role{
			Name: name, Path: "/workloads/", Tags: tags, InlinePolicies: policies, CreatedAt: now.AddDate(0, 0, -i%900), LastUsedAt: now.AddDate(0, 0, -i%400),
			TrustPolicy: fmt.Sprintf(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"Service":"lambda.amazonaws.com"},"Condition":{"ArnLike":{"aws:SourceArn":"arn:aws:lambda:eu-west-1:%s:function:workload-%d"}}}]}`, account.ID(), i),
		})
	}
}
