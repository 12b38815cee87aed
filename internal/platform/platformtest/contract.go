package platformtest

import (
	"errors"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform"
)

func absent[Spec any, S platform.State](t *testing.T, h Harness[Spec, S]) {
	estate := h.Open(t)
	want := estate.Wanted("absent")
	predicted, err := estate.Driver().Predict(t.Context(), want)
	if err != nil {
		t.Fatal(err)
	}
	id := predicted.Common().ID
	if h.ProviderManaged || h.IDByCloud {
		id, _ = made(t, estate, want)
		if _, err := estate.Driver().Delete(t.Context(), id); err != nil {
			t.Fatal(err)
		}
	}
	before := estate.Writes()
	if _, err := estate.Driver().Read(t.Context(), id); !errors.Is(err, platform.ErrNotFound) {
		t.Errorf("Read returned %v", err)
	}
	if _, err := estate.Driver().Converge(t.Context(), id, want); !errors.Is(err, platform.ErrNotFound) {
		t.Errorf("Converge returned %v", err)
	}
	if removed, err := estate.Driver().Delete(t.Context(), id); err != nil || len(removed) > 0 {
		t.Errorf("Delete returned %v, %v", removed, err)
	}
	if writes := estate.Writes() - before; writes != 0 {
		t.Errorf("%d requests changed something", writes)
	}
}

func createTwice[Spec any, S platform.State](t *testing.T, h Harness[Spec, S]) {
	estate := h.Open(t)
	id, _ := made(t, estate, estate.Wanted("twice"))
	before := estate.Left()
	_, err := estate.Driver().Create(t.Context(), estate.Wanted("twice"))
	var exists *platform.ErrAlreadyExists
	if !errors.As(err, &exists) {
		t.Fatalf("the second Create returned %v", err)
	}
	same(t, "the id of what has the name", exists.ID, id.String())
	if after := estate.Left(); !slices.Equal(before, after) {
		t.Errorf("the second Create left %v instead of %v", after, before)
	}
}

func createGrantsNothing[Spec any, S platform.State](t *testing.T, h Harness[Spec, S]) {
	estate := h.Open(t)
	want := estate.Wanted("bare")
	id, err := estate.Driver().Create(t.Context(), want)
	if err != nil {
		t.Fatal(err)
	}
	state, err := estate.Driver().Read(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	if attached := state.Common().Attachments; len(attached) > 0 {
		t.Errorf("Create attached %v", attached)
	}
	if h.ProviderManaged {
		return
	}
	if got := state.Common().Metadata; !reflect.DeepEqual(got, want.Metadata) {
		t.Errorf("Create recorded %+v instead of %+v", got, want.Metadata)
	}
	if goOn, err := estate.Use(id); err == nil && goOn() == nil {
		t.Error("the bare identity may do something already")
	}
}

// hostile are texts that have to survive whatever alphabet the cloud has.
var hostile = map[string]string{
	"punctuation":      `Nightly (EU) export, "all" invoices; it's 100% #1 <b>&amp;</b> {x} [y] $z ~ ^ | \`,
	"emoji":            "rollout 🚀 by 👩‍👩‍👧",
	"cjk":              "請求書の夜間エクスポート、毎日。",
	"escape itself":    "a=2Cb",
	"equals signs":     "= == =2 =2=2C =3D =e9",
	"combining":        "e\u0301 हिन्दी ไทย",
	"odd white space":  "a\u00a0b\u2028c\u3000d",
	"control":          "a\tb",
	"percent encoding": "%2C &#44; +",
	"json":             `{"owner":"x"}`,
	"plain":            "Nightly export of invoices to the data lake",
	"maximum plane":    "\U0010ffff \ufffd",
}

func roundTrip[Spec any, S platform.State](t *testing.T, h Harness[Spec, S]) {
	for name, text := range hostile {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			estate := h.Open(t)
			want := estate.Wanted("round-trip")
			want.Metadata.Owner, want.Metadata.Purpose, want.Metadata.Ticket = text, text, text
			want.Metadata.BusinessOwner, want.Metadata.TechnicalOwner, want.Metadata.Environment = text, text, text
			want.Metadata.Systems = []string{"billing db", "a, b", "=20", text}
			if found, err := estate.Driver().Check(t.Context(), want); err != nil || len(found) > 0 {
				t.Fatalf("Check returned %v, %v", found, err)
			}
			id, converged := made(t, estate, want)
			predicted, err := estate.Driver().Predict(t.Context(), want)
			if err != nil {
				t.Fatal(err)
			}
			same(t, "Converge did not return what was predicted", h.Describe(converged), h.Describe(predicted))
			read, err := estate.Driver().Read(t.Context(), id)
			if err != nil {
				t.Fatal(err)
			}
			if got := read.Common().Metadata; !reflect.DeepEqual(got, want.Metadata) {
				t.Errorf("read %+v\nwant %+v", got, want.Metadata)
			}
			if got := read.Common(); got.ID != id || got.Name != want.Name || got.Disabled || got.CreatedAt.IsZero() != h.Undated {
				t.Errorf("read %+v", got)
			}
			expect(t, h, estate, id, want)
			settled(t, estate, id, want)
		})
	}
}

// settled checks that a further Converge writes nothing.
func settled[Spec any, S platform.State](t *testing.T, estate Estate[Spec, S], id governance.ID, want platform.Desired[Spec]) {
	t.Helper()
	before := estate.Writes()
	if _, err := estate.Driver().Converge(t.Context(), id, want); err != nil {
		t.Errorf("a further Converge: %v", err)
	}
	if writes := estate.Writes() - before; writes != 0 {
		t.Errorf("a further Converge made %d writes", writes)
	}
}

func change[Spec any, S platform.State](t *testing.T, h Harness[Spec, S]) {
	estate := h.Open(t)
	id, _ := made(t, estate, estate.Wanted("change"))
	for _, want := range []platform.Desired[Spec]{estate.Changed("change"), estate.Wanted("change")} {
		converged, err := estate.Driver().Converge(t.Context(), id, want)
		if err != nil {
			t.Fatal(err)
		}
		predicted, err := estate.Driver().Predict(t.Context(), want)
		if err != nil {
			t.Fatal(err)
		}
		same(t, "Converge did not return what was predicted", h.Describe(converged), h.Describe(predicted))
		expect(t, h, estate, id, want)
		settled(t, estate, id, want)
	}
}

func drift[Spec any, S platform.State](t *testing.T, h Harness[Spec, S]) {
	estate := h.Open(t)
	want := estate.Wanted("drift")
	id, state := made(t, estate, want)
	estate.Drift(id)
	drifted, err := estate.Driver().Read(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	if h.Describe(drifted) == h.Describe(state) {
		t.Error("Read does not show the drift")
	}
	if _, err := estate.Driver().Converge(t.Context(), id, want); err != nil {
		t.Fatal(err)
	}
	expect(t, h, estate, id, want)
	settled(t, estate, id, want)
}

// works and refused tell whether the identity can be used now, with a session that began earlier (nil for none) too.
func works[Spec any, S platform.State](t *testing.T, estate Estate[Spec, S], id governance.ID) (goOn func() error) {
	t.Helper()
	goOn, err := estate.Use(id)
	if err != nil {
		t.Fatalf("the access is refused: %v", err)
	}
	if err := goOn(); err != nil {
		t.Fatalf("the access cannot be used: %v", err)
	}
	return goOn
}

func refused[Spec any, S platform.State](t *testing.T, estate Estate[Spec, S], id governance.ID, session func() error) {
	t.Helper()
	if _, err := estate.Use(id); err == nil {
		t.Error("the access can begin anew")
	}
	if session != nil && session() == nil {
		t.Error("an access that had begun goes on")
	}
}

func end[Spec any](t *testing.T, want platform.Desired[Spec]) time.Time {
	t.Helper()
	expiry, err := governance.ParseExpiry(want.Metadata.Expiry)
	if err != nil {
		t.Fatal(err)
	}
	return expiry.End()
}

func expiry[Spec any, S platform.State](t *testing.T, h Harness[Spec, S]) {
	estate := h.Open(t)
	want := estate.Wanted("expiry")
	id, _ := made(t, estate, want)
	works(t, estate, id)
	estate.MoveTo(end(t, want).Add(-time.Second))
	session := works(t, estate, id)
	before := estate.Writes()
	estate.MoveTo(end(t, want))
	refused(t, estate, id, session)
	if estate.Writes() != before {
		t.Error("the end took a request of ours")
	}
	state, err := estate.Driver().Read(t.Context(), id)
	if err != nil || state.Common().Disabled {
		t.Errorf("Read returned %+v, %v", state.Common(), err)
	}
}

func shorterExpiry[Spec any, S platform.State](t *testing.T, h Harness[Spec, S]) {
	estate := h.Open(t)
	want := estate.Wanted("shorter")
	id, _ := made(t, estate, want)
	want.Metadata.Expiry = estate.Now().Add(time.Hour).Format(time.RFC3339)
	if _, err := estate.Driver().Converge(t.Context(), id, want); err != nil {
		t.Fatal(err)
	}
	session := works(t, estate, id)
	estate.MoveTo(end(t, want))
	refused(t, estate, id, session)
	expect(t, h, estate, id, want)
}

func disableAndRenew[Spec any, S platform.State](t *testing.T, h Harness[Spec, S]) {
	estate := h.Open(t)
	want := estate.Wanted("renewed")
	id, _ := made(t, estate, want)
	works(t, estate, id)
	want = estate.Wanted("renewed")
	want.Disabled = true
	for _, when := range []time.Time{estate.Now(), end(t, want)} {
		estate.MoveTo(when)
		converged, err := estate.Driver().Converge(t.Context(), id, want)
		if err != nil || !converged.Common().Disabled {
			t.Fatalf("Converge returned %+v, %v", converged.Common(), err)
		}
		refused(t, estate, id, nil)
		expect(t, h, estate, id, want)
		settled(t, estate, id, want)
	}
	want.Disabled = false
	want.Metadata.Expiry = estate.Now().AddDate(0, 1, 0).Format(time.DateOnly)
	if _, err := estate.Driver().Converge(t.Context(), id, want); err != nil {
		t.Fatal(err)
	}
	works(t, estate, id)
	expect(t, h, estate, id, want)
	settled(t, estate, id, want)
}

// endless makes sure that nothing pretends to end what only a deletion ends.
func endless[Spec any, S platform.State](t *testing.T, h Harness[Spec, S]) {
	estate := h.Open(t)
	want := estate.Wanted("endless")
	id, _ := made(t, estate, want)
	estate.MoveTo(end(t, want))
	want.Disabled = true
	converged, err := estate.Driver().Converge(t.Context(), id, want)
	if err != nil || converged.Common().Disabled {
		t.Fatalf("Converge returned %+v, %v", converged.Common(), err)
	}
	works(t, estate, id)
	expect(t, h, estate, id, want)
	settled(t, estate, id, want)
}

// unknownExpiry makes sure that nothing is ever written without an end.
func unknownExpiry[Spec any, S platform.State](t *testing.T, h Harness[Spec, S]) {
	estate := h.Open(t)
	for _, text := range []string{"", "soon"} {
		want := estate.Wanted("endless")
		want.Metadata.Expiry = text
		if _, err := estate.Driver().Predict(t.Context(), want); err != nil {
			t.Errorf("Predict with the expiry %q: %v", text, err)
		}
		if _, err := estate.Driver().Create(t.Context(), want); err == nil {
			t.Errorf("Create made an identity with the expiry %q", text)
		}
	}
	if left := estate.Left(); len(left) > 0 {
		t.Errorf("%v were made", left)
	}
	id, _ := made(t, estate, estate.Wanted("endless"))
	before := estate.Writes()
	want := estate.Wanted("endless")
	want.Metadata.Expiry = ""
	if _, err := estate.Driver().Converge(t.Context(), id, want); err == nil || estate.Writes() != before {
		t.Errorf("Converge took the end away (%v, %d writes)", err, estate.Writes()-before)
	}
}

func deletes[Spec any, S platform.State](t *testing.T, h Harness[Spec, S]) {
	estate := h.Open(t)
	id, state := made(t, estate, estate.Wanted("retired"))
	other, _ := made(t, estate, estate.Wanted("other"))
	wanted := slices.Sorted(slices.Values(append(estate.Attach(id), state.Common().Attachments...)))
	going, err := estate.Driver().Retirement(t.Context(), id)
	if got := slices.Sorted(slices.Values(going.Attachments)); err != nil || !slices.Equal(got, wanted) || len(going.Gaps) > 0 {
		t.Errorf("Retirement foretold %v, with the gaps %v, instead of %v (%v)", got, going.Gaps, wanted, err)
	}
	removed, err := estate.Driver().Delete(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	if got := slices.Sorted(slices.Values(removed)); !slices.Equal(got, wanted) {
		t.Errorf("Delete removed %v instead of %v", got, wanted)
	}
	if _, err := estate.Driver().Read(t.Context(), id); !errors.Is(err, platform.ErrNotFound) {
		t.Errorf("after Delete, Read returned %v", err)
	}
	if going, err := estate.Driver().Retirement(t.Context(), id); !errors.Is(err, platform.ErrNotFound) {
		t.Errorf("after Delete, Retirement returned %v, %v", going, err)
	}
	if removed, err := estate.Driver().Delete(t.Context(), id); err != nil || len(removed) > 0 {
		t.Errorf("the second Delete returned %v, %v", removed, err)
	}
	works(t, estate, other)
	if _, err := estate.Driver().Delete(t.Context(), other); err != nil {
		t.Fatal(err)
	}
	if left := estate.Left(); len(left) > 0 {
		t.Errorf("left over: %v", left)
	}
}
