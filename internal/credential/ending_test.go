package credential_test

import (
	"context"
	"errors"
	"testing"

	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform"
)

// ending is an issuer whose credentials cannot be deactivated, whose notes are exact, and that tells no last use.
type ending struct{ platform.Issuer }

func (e ending) Holder(ctx context.Context) (platform.Holder, error) {
	holder, err := e.Issuer.Holder(ctx)
	if holder.Issuing != nil {
		note := *holder.Issuing
		note.Exact = true
		holder.Issuing = &note
	}
	return holder, err
}

func (ending) LastUse(context.Context, string) (governance.Use, error) {
	return governance.Use{Unknown: "nobody may read the report"}, nil
}

// TestEndsByRevoking ends a credential where the platform knows no inactive ones, and makes another at a renewal.
func TestEndsByRevoking(t *testing.T) {
	t.Parallel()
	c := newCloud()
	life := c.life("smtp")
	life.Issuer = ending{life.Issuer}
	_, err := life.Apply(t.Context(), want(c, "smtp", false), agree)
	must(t, err)
	over := want(c, "smtp", true)
	over.New, over.Disabled = false, true
	for range 2 { // The second finds nothing to do.
		result, err := life.Apply(t.Context(), over, agree)
		must(t, err)
		if result.Current.ID != "" || len(c.credentials) > 0 || c.stores["smtp"] == nil {
			t.Errorf("%+v is left of %v", result, c.credentials)
		}
	}
	renewed := want(c, "smtp", true)
	_, err = life.Apply(t.Context(), renewed, agree)
	must(t, err)
	c.wantHome(t)
}

// TestExactNote revokes what an interrupted issuance has left behind although nobody tells whether it was used.
func TestExactNote(t *testing.T) {
	t.Parallel()
	c := newCloud()
	theirs := c.add()
	c.fail = func(_ int, name string) (bool, bool) { return name != "put", name == "announce" || name == "prepare" }
	life := c.life("smtp")
	life.Issuer = ending{life.Issuer}
	if _, err := life.Apply(t.Context(), want(c, "smtp", false), agree); !errors.Is(err, errLost) {
		t.Fatal(err)
	}
	c.fail = nil
	state, err := life.Observe(t.Context())
	must(t, err)
	for _, one := range state.Others {
		if one.ID != theirs.ID {
			t.Errorf("%s is taken for somebody else's", one.ID)
		}
	}
	_, err = life.Apply(t.Context(), want(c, "smtp", false), agree)
	must(t, err)
	c.wantHome(t, theirs.ID)
}
