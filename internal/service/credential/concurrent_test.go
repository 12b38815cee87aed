package credential_test

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/nhi-governance/terraform-provider-governed/internal/acctest"
	"github.com/nhi-governance/terraform-provider-governed/internal/sim"
)

// crowd are credentials of one identity, which are all applied at the same time, by one run of Terraform or by several.
type crowd struct {
	all []held
	// run is a further run of Terraform.
	run func() *acctest.Protocol
	// alone tells that only one run changes the identity, which never gets in its own way.
	alone bool
}

// held is a credential with the configuration that it is to have.
type held struct {
	r      *acctest.Resource
	config acctest.Values
}

// newCrowd shares credentials with such configurations out among runs.
func newCrowd(runs int, run func() *acctest.Protocol, configs ...acctest.Values) *crowd {
	c := &crowd{run: run, alone: runs == 1}
	made := make([]*acctest.Protocol, runs)
	for i := range made {
		made[i] = run()
	}
	for i, config := range configs {
		c.all = append(c.all, held{made[i%runs].Resource(typeName), config})
	}
	return c
}

// apply makes all credentials at once, or destroys them. A run that another one gets in the way of may be refused, by a
// message that says so; the next one has to finish.
func (c *crowd) apply(t *testing.T, destroy bool, refusal string) {
	t.Helper()
	said := make([]acctest.Diagnostics, len(c.all))
	var together sync.WaitGroup
	for i, one := range c.all {
		if destroy {
			one.config = nil
		}
		together.Go(func() { said[i] = one.r.ApplyOnce(one.config) })
	}
	together.Wait()
	for i, one := range c.all {
		if !said[i].Failed() {
			continue
		}
		if c.alone || !strings.Contains(said[i].String(), refusal) {
			t.Errorf("the credential %d was refused:\n%s", i, said[i])
		}
		one.r = one.r.Under(c.run())
		if one.r.Exists() {
			one.r.Refresh()
		}
		if destroy {
			one.config = nil
		}
		if one.r.Exists() || !destroy {
			if next := one.r.ApplyOnce(one.config); next.Failed() {
				t.Errorf("the next apply was refused:\n%s", next)
			}
		}
		c.all[i].r = one.r
	}
	for _, one := range c.all {
		if destroy == one.r.Exists() {
			t.Fatalf("a credential is in the state: %t, and should be: %t", one.r.Exists(), !destroy)
		}
		if !destroy {
			wantSettled(t, one.r.Under(c.run()), one.config)
		}
	}
}

func (c *crowd) create(t *testing.T) {
	t.Helper()
	c.apply(t, false, "Another credential of the identity is being made since")
}

func (c *crowd) destroy(t *testing.T) {
	t.Helper()
	c.apply(t, true, "error identity: Credential cannot be retired")
}

// TestSimTwoCredentialsAtOnce makes and destroys both credentials that a user can have at the same time, in different stores,
// on services that throttle. Both work in between, and each store has its own.
func TestSimTwoCredentialsAtOnce(t *testing.T) {
	t.Parallel()
	for name, runs := range map[string]int{"one apply": 1, "two states": 2} {
		for round := range 3 {
			t.Run(fmt.Sprintf("%s, round %d", name, round), func(t *testing.T) {
				t.Parallel()
				server := newSim(t)
				kept := stores(server)
				c := newCrowd(runs, func() *acctest.Protocol { return acctest.NewConfiguredProtocol(t, server, nil) },
					kept["secrets manager"].config, kept["parameter store"].config)
				throttle(server, 3+round, 7)
				c.create(t)
				first, second := kept["secrets manager"].read(t), kept["parameter store"].read(t)
				use(t, server, first, true)
				use(t, server, second, true)
				wantKeys(t, server, first.AccessKeyID, second.AccessKeyID)
				acctest.WantSame(t, "credential_id in Secrets Manager", c.all[0].r.State("credential_id"), first.AccessKeyID)
				acctest.WantSame(t, "credential_id in Parameter Store", c.all[1].r.State("credential_id"), second.AccessKeyID)
				c.destroy(t)
				wantNothingLeft(t, server)
			})
		}
	}
}

// throttle refuses one of so many calls from now on.
func throttle(server *sim.Server, first, every int) {
	for nth := first; nth < 40*every; nth += every {
		server.InjectFault(sim.Fault{Kind: sim.FaultThrottling, Nth: nth})
	}
}

// TestSimManyCredentialsOfOneApplication makes and destroys certificates and client secrets of one application in one apply, on
// services that throttle. What is somebody else's stays. Two states are not played: Microsoft Graph takes tags and certificates
// as whole collections and knows no ETag, so that the guide forbids it.
func TestSimManyCredentialsOfOneApplication(t *testing.T) {
	t.Parallel()
	e := newEntra(t)
	var configs []acctest.Values
	for i := range 6 {
		kind := []string{"certificate", "client_secret"}[i%2]
		configs = append(configs, e.config(kind, acctest.Values{"aws_ssm_parameter": acctest.Values{"name": fmt.Sprintf("/robot/%d", i)}}))
	}
	c := newCrowd(1, func() *acctest.Protocol { return e.protocol(t) }, configs...)
	e.azure.SetBudget("graph", 9, 1, 1)
	throttle(e.aws, 5, 9)
	c.create(t)
	ids := slices.Clone(e.app.KeyIDs)
	for _, one := range c.all {
		ids = append(ids, text(one.r, "credential_id"))
	}
	e.wantCredentials(t, ids...)
	e.wantTags(t, ids[len(e.app.KeyIDs):]...)
	c.destroy(t)
	e.wantNothingLeft(t)
}
