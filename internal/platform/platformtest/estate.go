// Package platformtest is one suite of tests that every platform passes: what platform.Driver promises, held against a
// cloud that a test can break.
package platformtest

import (
	"testing"
	"time"

	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform"
)

// Harness is one platform under test.
type Harness[Spec any, S platform.State] struct {
	// Open makes an empty estate that nobody else uses and that ends with the test.
	Open func(t *testing.T) Estate[Spec, S]
	// Describe writes down all of a state that does not come from the cloud, such as ids that it makes up.
	Describe func(S) string
	// ProviderManaged says that the cloud alone decides what the identity may do and for how long: it makes up the id, only
	// Converge can record metadata, and only Delete ends access.
	ProviderManaged bool
	// IDByCloud says that the cloud makes up the id, so that Predict cannot tell it.
	IDByCloud bool
	// Undated says that the cloud does not tell when an identity was made.
	Undated bool
	// EndedByApply says that the cloud does not end access by itself at the expiry: only Converge disables the identity.
	EndedByApply bool
}

// Method is a method of a driver.
type Method string

// The methods that can be forbidden.
const (
	MethodCreate   Method = "Create"
	MethodConverge Method = "Converge"
	MethodRead     Method = "Read"
	MethodDelete   Method = "Delete"
)

// Failure is a way in which a request goes wrong.
type Failure string

const (
	// Refused is answered with a refusal, once.
	Refused Failure = "refused"
	// Unreached has no effect and no answer, however often the driver tries.
	Unreached Failure = "unreached"
	// Lost has its effect and no answer, however often the driver tries.
	Lost Failure = "lost"
	// LostOnce has its effect and no answer, and is answered when the driver tries again.
	LostOnce Failure = "lost once"
	// Throttled is answered with a throttling, once.
	Throttled Failure = "throttled"
)

// Estate is a cloud of a test's own.
type Estate[Spec any, S platform.State] interface {
	// Driver makes a driver that has seen nothing yet, as a new process would.
	Driver() platform.Driver[Spec, S]
	// Wanted is a valid identity with everything that its kind can have, and an expiry some days ahead. Of one that is in
	// use already, it asks for that to go on after a renewal.
	Wanted(name string) platform.Desired[Spec]
	// Changed is the same identity with everything changed that can change in place, but its expiry.
	Changed(name string) platform.Desired[Spec]

	// Use starts to use the identity and returns a function that goes on with it.
	Use(id governance.ID) (goOn func() error, err error)
	// Drift changes everything about the identity behind the driver's back.
	Drift(id governance.ID)
	// Attach hangs things on the identity that the driver has not made, and returns them as attachments are named.
	Attach(id governance.ID) []string
	// Left lists every object there is.
	Left() []string

	Now() time.Time
	MoveTo(time.Time)

	// Deny takes a permission that the method needs from the driver's caller and returns its name.
	Deny(Method) (permission string)
	// Fail lets the nth request from now on go wrong, and Failed tells whether it has.
	Fail(failure Failure, nth int)
	Failed() bool
	// Mend ends what Fail and Deny began.
	Mend()
	// Writes counts the requests so far that change something.
	Writes() int
	// OnWrite calls a function when the next such request arrives, before it has an effect.
	OnWrite(func())
}

// Run holds a platform against the contract.
func Run[Spec any, S platform.State](t *testing.T, h Harness[Spec, S]) {
	t.Helper()
	checks := map[string]func(*testing.T, Harness[Spec, S]){
		"Absent": absent[Spec, S], "CreateTwice": createTwice[Spec, S], "CreateGrantsNothing": createGrantsNothing[Spec, S],
		"RoundTrip": roundTrip[Spec, S], "Change": change[Spec, S], "Drift": drift[Spec, S],
		"Expiry": expiry[Spec, S], "ShorterExpiry": shorterExpiry[Spec, S], "DisableAndRenew": disableAndRenew[Spec, S], "UnknownExpiry": unknownExpiry[Spec, S],
		"Delete":            deletes[Spec, S],
		"InterruptedCreate": interruptedCreate[Spec, S], "InterruptedChange": interruptedChange[Spec, S], "InterruptedDelete": interruptedDelete[Spec, S],
		"InterruptedRepair": interruptedRepair[Spec, S], "InterruptedDisabling": interruptedDisabling[Spec, S], "InterruptedRenewal": interruptedRenewal[Spec, S],
		"Forbidden": forbidden[Spec, S], "Throttled": throttled[Spec, S],
		"CancelledBefore": cancelledBefore[Spec, S], "CancelledCreate": cancelledCreate[Spec, S], "CancelledLater": cancelledLater[Spec, S],
	}
	if h.ProviderManaged {
		for _, ended := range []string{"Expiry", "ShorterExpiry", "DisableAndRenew", "InterruptedDisabling"} {
			delete(checks, ended)
		}
		checks["Endless"] = endless[Spec, S]
	}
	if h.EndedByApply {
		delete(checks, "Expiry")
		delete(checks, "ShorterExpiry")
	}
	for name, check := range checks {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			check(t, h)
		})
	}
}

// made is an identity that has been created and converged.
func made[Spec any, S platform.State](t *testing.T, estate Estate[Spec, S], want platform.Desired[Spec]) (governance.ID, S) {
	t.Helper()
	driver := estate.Driver()
	id, err := driver.Create(t.Context(), want)
	if err != nil {
		t.Fatalf("Create: %v", err)
	}
	state, err := driver.Converge(t.Context(), id, want)
	if err != nil {
		t.Fatalf("Converge: %v", err)
	}
	return id, state
}

// expect holds what a new driver reads, and what it predicts, against what is wanted.
func expect[Spec any, S platform.State](t *testing.T, h Harness[Spec, S], estate Estate[Spec, S], id governance.ID, want platform.Desired[Spec]) {
	t.Helper()
	driver := estate.Driver()
	predicted, err := driver.Predict(t.Context(), want)
	if err != nil {
		t.Fatalf("Predict: %v", err)
	}
	read, err := driver.Read(t.Context(), id)
	if err != nil {
		t.Fatalf("Read: %v", err)
	}
	same(t, "what was read is not what was predicted", h.Describe(read), h.Describe(predicted))
}

func same(t *testing.T, complaint, got, want string) {
	t.Helper()
	if got != want {
		t.Errorf("%s\n got %s\nwant %s", complaint, got, want)
	}
}
