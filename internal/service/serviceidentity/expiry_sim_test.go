package serviceidentity_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"

	"github.com/nhi-governance/terraform-provider-governed/internal/acctest"
	"github.com/nhi-governance/terraform-provider-governed/internal/sim"
)

// assume tries to use the role as Lambda does.
func assume(t testing.TB, server *sim.Server, allowed bool) {
	t.Helper()
	_, err := account(server).AssumeRoleAsService("lambda.amazonaws.com", role(t, server, "invoice-export").ARN, nil)
	var refused *sim.Error
	if got := err == nil; got != allowed || (!allowed && (!errors.As(err, &refused) || refused.Code != "AccessDenied")) {
		t.Errorf("Lambda may assume the role: %t (%v), should be %t", got, err, allowed)
	}
}

const day = 24 * time.Hour

// TestSimExpiry leads an identity through its life: active, expiring, expired, renewed.
func TestSimExpiry(t *testing.T) {
	t.Parallel()
	server := acctest.NewSim(t)
	configuration := config(server, everything)
	renewed := config(server, everything+"\n  expiry = \""+acctest.Date(server, 300)+"\"")
	resource.UnitTest(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Factories(server),
		CheckDestroy:             destroyed(t, server),
		Steps: []resource.TestStep{
			{Config: configuration, Check: checked(func() { assume(t, server, true) })},
			{
				// Inside the warning window, nothing but the status changes, and that by itself.
				PreConfig:         func() { server.Clock().Advance(70 * day); server.ResetCalls() },
				Config:            configuration,
				ConfigStateChecks: []statecheck.StateCheck{stateValue("status", knownvalue.StringExact("expiring"))},
				Check:             checked(func() { assume(t, server, true); wantWrites(t, server) }),
			},
			{
				// The time is over: the cloud refuses at once, and the plan shows what is still to do.
				PreConfig: func() { server.Clock().Advance(21 * day); assume(t, server, false); server.ResetCalls() },
				Config:    configuration,
				ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{
					plancheck.ExpectResourceAction(resourceAddress, plancheck.ResourceActionUpdate),
					plancheck.ExpectKnownValue(resourceAddress, tfjsonpath.New("status"), knownvalue.StringExact("expired")),
				}},
				Check: checked(func() {
					assume(t, server, false)
					wantWrites(t, server, "UpdateAssumeRolePolicy")
				}),
			},
			{
				PreConfig:         server.ResetCalls,
				Config:            renewed,
				ConfigPlanChecks:  planned(plancheck.ResourceActionUpdate),
				ConfigStateChecks: []statecheck.StateCheck{stateValue("status", knownvalue.StringExact("active"))},
				Check: checked(func() {
					assume(t, server, true)
					wantWrites(t, server, "TagRole", "TagInstanceProfile", "PutRolePolicy", "UpdateAssumeRolePolicy")
				}),
			},
		},
	})
}

// TestSimDestroyExpired removes an identity whose time is over.
func TestSimDestroyExpired(t *testing.T) {
	t.Parallel()
	server := acctest.NewSim(t)
	resource.UnitTest(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Factories(server),
		CheckDestroy:             destroyed(t, server),
		Steps: []resource.TestStep{
			{Config: config(server, "")},
			{
				PreConfig: func() { server.Clock().Advance(365 * day) },
				Config:    acctest.ProviderConfig(server, ""),
				Check:     destroyed(t, server),
			},
			{Config: config(server, "expiry = \""+server.Clock().Now().Add(400*day).Format(time.RFC3339)+"\"")},
			{
				// The identity is disabled first; then the whole configuration goes.
				PreConfig: func() { server.Clock().Advance(100 * day) },
				Config:    config(server, "expiry = \""+server.Clock().Now().Add(400*day).Format(time.RFC3339)+"\""),
			},
		},
	})
}

// TestSimRenewalTooFar holds a renewal against the policy, and lets the identity stay as it is otherwise.
func TestSimRenewalTooFar(t *testing.T) {
	t.Parallel()
	server := acctest.NewSim(t)
	strict := `policy = { max_lifetime_days = 30 }`
	resource.UnitTest(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Factories(server),
		CheckDestroy:             destroyed(t, server),
		Steps: []resource.TestStep{
			{Config: config(server, "")},
			{Config: configFor(server, strict, ""), PlanOnly: true},
			{
				Config:      configFor(server, strict, "expiry = \""+acctest.Date(server, 91)+"\""),
				ExpectError: acctest.Says("Expiry is too far ahead … category shared live for 30 days at most, to " + acctest.Date(server, 30)),
			},
			{
				Config:      configFor(server, strict, "expiry = \""+acctest.Date(server, -1)+"\""),
				ExpectError: acctest.Says("Expiry is in the past … access would have ended on … at the latest " + acctest.Date(server, 30)),
			},
			{Config: configFor(server, strict, "expiry = \""+acctest.Date(server, 30)+"\"")},
		},
	})
}

// planCheck runs between the plan and the apply.
type planCheck func()

func (c planCheck) CheckPlan(context.Context, plancheck.CheckPlanRequest, *plancheck.CheckPlanResponse) {
	c()
}

// TestSimSlowApply applies plans that have waited long.
func TestSimSlowApply(t *testing.T) {
	t.Parallel()
	server := acctest.NewSim(t)
	wait := func(d time.Duration) resource.ConfigPlanChecks {
		return resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{planCheck(func() { server.Clock().Advance(d) })}}
	}
	expiry := acctest.Date(server, 90)
	configured := func(arguments string) string { return config(server, arguments+"\n  expiry = \""+expiry+"\"") }
	resource.UnitTest(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Factories(server),
		CheckDestroy:             destroyed(t, server),
		Steps: []resource.TestStep{
			{Config: configured(""), ConfigPlanChecks: wait(10 * day)},
			{
				// The warning window opens meanwhile.
				Config: configured(`owner = "billing"`), ConfigPlanChecks: wait(60 * day),
				Check: checked(func() { assume(t, server, true) }),
			},
			{
				// The time runs out meanwhile.
				Config: configured(`owner = "payments"`), ConfigPlanChecks: wait(30 * day),
				ExpectError: acctest.Says("Plan is out of date … expiry " + expiry + " has passed since. Plan again."),
			},
			{
				Config:            configured(`owner = "payments"`),
				ConfigStateChecks: []statecheck.StateCheck{stateValue("status", knownvalue.StringExact("expired"))},
			},
		},
	})
}
