package inventory

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/list/schema"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/tfsdk"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
	"github.com/nhi-governance/terraform-provider-governed/internal/inventory"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform"
	"github.com/nhi-governance/terraform-provider-governed/internal/tfkit"
)

// Scope is what a list resource lists: the identities that one managed resource could take over.
type Scope struct {
	// TypeName is the managed resource's, and so the list resource's.
	TypeName string
	// Kinds and Categories are all that it can declare.
	Kinds      []governance.Kind
	Categories []governance.Category
	// Takes tells whether it could take over an identity.
	Takes func(*governance.Identity) bool
}

// inScope is what the filters of list blocks take as their defaults.
var inScope = definition{sort: inventory.SortID}

// ListSchema has the filters of the data sources. How many are listed at most, the list block itself says.
func (s Scope) ListSchema() schema.Schema {
	attributes := map[string]schema.Attribute{}
	filters := inScope.filters("Order of the results, of which the block's `limit` takes the first")
	filters["kinds"] = argument{formTexts, "Only those of these kinds: " + code(s.Kinds) + "."}
	filters["categories"] = argument{formTexts, "Only those of these categories: " + code(s.Categories) + "."}
	filters["accounts"] = argument{formTexts, "Only those in these accounts. Those of other accounts than the provider's own are counted in a warning, because only a provider configuration for their account can import them."}
	addToListBlock(attributes, filters)
	addToListBlock(attributes, limits())
	return schema.Schema{
		MarkdownDescription: "Finds the identities that `" + s.TypeName + "` can take over, whoever made them, for `terraform query` (Terraform 1.14 and newer). They are read in bulk: a handful of calls, however many there are. " +
			"The guide \"From discovery to governance\" goes through it step by step.",
		Attributes: attributes,
	}
}

// Validate refuses what cannot be asked.
func (s Scope) Validate(ctx context.Context, config tfsdk.Config) diag.Diagnostics {
	_, diags := s.query(ctx, config)
	return diags
}

// query is what a list block asks for, with what is wrong in it. What is not known yet is left out.
func (s Scope) query(ctx context.Context, config tfsdk.Config) (inventory.Query, diag.Diagnostics) {
	var m filtersModel[types.List]
	diags := config.Get(ctx, &m)
	if diags.HasError() {
		return inventory.Query{}, diags
	}
	q := m.query(inScope)
	problems := q.Problems()
	if len(problems) == 0 {
		problems = append(beyond("kinds", q.Kinds, s.Kinds), beyond("categories", q.Categories, s.Categories)...)
	}
	report(&diags, s.TypeName, problems)
	return q, diags
}

// beyond reports the values that would find nothing, because another resource takes over what they ask for.
func beyond[T ~string](argument string, asked, taken []T) []inventory.Problem {
	var found []inventory.Problem
	for _, one := range asked {
		if !slices.Contains(taken, one) {
			found = append(found, inventory.Problem{Argument: argument, Message: fmt.Sprintf("%q is never listed here, so it would find nothing", string(one)), Remedy: "Write one of " + code(taken) + ", or list another resource."})
		}
	}
	return found
}

// Find lists the identities that fit, in the order that is asked for. What is not known is a warning; that nothing could be
// read is an error, and never an empty list.
func (s Scope) Find(ctx context.Context, data *tfkit.Data, config tfsdk.Config) ([]governance.Identity, diag.Diagnostics) {
	query, diags := s.query(ctx, config)
	if diags.HasError() {
		return nil, diags
	}
	c := configured{data: data}
	listing, more := c.listing(ctx, s.TypeName)
	if diags.Append(more...); diags.HasError() {
		return nil, diags
	}
	reach, err := reachOf(ctx, data, listing)
	if err != nil {
		tfkit.AddError(&diags, path.Empty(), "Identities cannot be listed", s.TypeName, err)
		return nil, diags
	}
	options, now := c.options(query, listing), data.Clock.Now()
	var mine, others []governance.Identity
	for i := range listing.Identities {
		switch one := &listing.Identities[i]; {
		case !s.Takes(one):
		case reach.has(one.ID):
			mine = append(mine, *one)
		default:
			others = append(others, *one)
		}
	}
	found, unknown := inScope.find(query, inventory.Judge(mine, data.Policy, options, now), options, now)
	others, _ = inScope.find(query, inventory.Judge(others, data.Policy, options, now), options, now)
	warnOfGaps(&diags, s.TypeName, slices.Concat(reach.gaps, unknown))
	s.warnOfOtherAccounts(&diags, others, reach.account)
	return found, diags
}

// reach is where this provider configuration can import from.
type reach struct {
	// account is that on AWS; empty without AWS.
	account string
	// gaps are those of what it has.
	gaps []string
}

func (r reach) has(id governance.ID) bool {
	return id.Kind.Platform() != governance.PlatformAWS || id.Account == r.account
}

// reachOf is an error where nothing of the provider's own account could be read.
func reachOf(ctx context.Context, data *tfkit.Data, listing platform.Listing) (reach, error) {
	var r reach
	if data.AWS != nil {
		me, err := data.AWS.ID(ctx)
		if err != nil {
			return r, err
		}
		account := own(listing, me)
		if account.Err != nil {
			return r, account.Err
		}
		r.account, r.gaps = me, account.Gaps
	}
	if data.Azure != nil {
		r.gaps = slices.Concat(r.gaps, own(listing, data.Azure.ID()).Gaps)
	}
	return r, nil
}

// own is what was read of one's own account. An account without identities may not have said its id.
func own(listing platform.Listing, me string) platform.ListedAccount {
	for _, account := range listing.Accounts {
		if account.ID == me || account.ID == "" {
			return account
		}
	}
	return platform.ListedAccount{ID: me}
}

// warnOfOtherAccounts says what is not listed because it could not be imported.
func (s Scope) warnOfOtherAccounts(diags *diag.Diagnostics, others []governance.Identity, me string) {
	if len(others) == 0 {
		return
	}
	counts := map[string]int{}
	for i := range others {
		counts[others[i].ID.Account]++
	}
	var lines strings.Builder
	for _, account := range slices.Sorted(maps.Keys(counts)) {
		fmt.Fprintf(&lines, "- account %s: %d\n", account, counts[account])
	}
	diags.AddWarning("Identities of other accounts are left out", fmt.Sprintf("%s: this provider configuration can import those of account %s alone. In other accounts, these fit:\n\n%s\n"+
		"Have a list block for each of these accounts, with a provider configuration of its own: an alias with a profile or assume_role.", s.TypeName, me, &lines))
}
