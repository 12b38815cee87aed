package credential

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/nhi-governance/terraform-provider-governed/internal/credential"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform"
	"github.com/nhi-governance/terraform-provider-governed/internal/tfkit"
)

var leakedPath = path.Root("leaked_ids")

// leaked tells whether a credential is one of leaked_ids.
func (m *model) leaked(id string) bool {
	return id != "" && slices.Contains(tfkit.Strings(m.LeakedIDs), id)
}

// ended tells whether this resource has revoked a leaked credential already.
func (m *model) ended(id string) bool {
	_, has := m.LeakedRevokedAt.Elements()[id]
	return has
}

// revokedBefore is when the leaked credentials were revoked, as the state has it; also that of what Terraform replaces, of which there
// is no prior.
func (r *Resource) revokedBefore(m, prior *model) types.Map {
	if prior != nil {
		return prior.LeakedRevokedAt
	}
	return r.data.RevokedBefore(m.ID.ValueString())
}

// recordLeaks keeps when each of the leaked credentials was revoked, which is now for those that were not before.
func (m *model) recordLeaks(before types.Map, ended []string, now time.Time) {
	when := map[string]attr.Value{}
	for _, id := range tfkit.Strings(m.LeakedIDs) {
		if at, has := before.Elements()[id]; has {
			when[id] = at
		} else if slices.Contains(ended, id) {
			when[id] = timestamp(now)
		}
	}
	m.LeakedRevokedAt = types.MapNull(types.StringType)
	if len(when) > 0 {
		m.LeakedRevokedAt = types.MapValueMust(types.StringType, when)
	}
}

// planLeaks says what is revoked because it has leaked, and refuses an id that is none of the identity's: a misspelt one would
// leave what has leaked as it is. The state is nil while it is not known where to look.
func (r *Resource) planLeaks(ctx context.Context, life credential.Life, m, prior *model, state *credential.State, diags *diag.Diagnostics) {
	m.recordLeaks(r.revokedBefore(m, prior), nil, time.Time{})
	if prior != nil {
		m.OtherCredentialIDs = m.notLeaked(tfkit.Strings(prior.OtherCredentialIDs))
	}
	if !tfkit.FullyKnown(ctx, m.LeakedIDs) {
		m.LeakedRevokedAt, m.OtherCredentialIDs = types.MapUnknown(types.StringType), types.SetUnknown(types.StringType)
		return
	}
	var found []platform.Credential
	if state != nil {
		found = life.Leaked(*state, tfkit.Strings(m.LeakedIDs))
	}
	pending := slices.DeleteFunc(tfkit.Strings(m.LeakedIDs), m.ended)
	for _, id := range pending {
		i := slices.IndexFunc(found, func(one platform.Credential) bool { return one.ID == id })
		switch {
		case i >= 0:
			r.warnOfLeak(ctx, life, m, found[i], diags)
		case state != nil && !state.Absent:
			refuseLeak(m, *state, id, diags)
		}
	}
	if len(pending) > 0 {
		m.LeakedRevokedAt = types.MapUnknown(types.StringType)
	}
}

// notLeaked are the ids that are not among leaked_ids.
func (m *model) notLeaked(ids []string) types.Set {
	var rest []attr.Value
	for _, id := range ids {
		if !m.leaked(id) {
			rest = append(rest, types.StringValue(id))
		}
	}
	return tfkit.NullableSet(rest)
}

// warnOfLeak says that a credential is revoked, whether it is in use or not.
func (r *Resource) warnOfLeak(ctx context.Context, life credential.Life, m *model, one platform.Credential, diags *diag.Diagnostics) {
	use, err := life.Issuer.LastUse(ctx, one.ID)
	last := fmt.Sprintf("Last use: %s.", use)
	if err != nil {
		last = fmt.Sprintf("Its last use cannot be read: %s.", strings.TrimSuffix(tfkit.Reason(err), "."))
	}
	diags.AddAttributeWarning(leakedPath, "Leaked credential is revoked: "+one.ID,
		fmt.Sprintf("%s: applying ends the %s %s before anything else, in use or not, and without an overlap. %s Sessions that were started with it go on until they are ended too.",
			title(m), life.Issuer.Noun(one.Type), one.ID, last))
}

// refuseLeak says whose an id is that this credential has nothing to do with.
func refuseLeak(m *model, state credential.State, id string, diags *diag.Diagnostics) {
	for _, one := range state.Holder.Credentials {
		if one.ID == id {
			diags.AddAttributeError(leakedPath, "Leaked credential is another resource's",
				fmt.Sprintf("%s: %s is kept in %s. Write it into leaked_ids of the governed_credential that has this store.", title(m), id, one.Store))
			return
		}
	}
	diags.AddAttributeError(leakedPath, "Leaked credential is not the identity's",
		fmt.Sprintf("%s: %s has no credential %s, so nothing would be revoked. Check the id, and whose it is: the data source governed_identity finds it by credential_id. Where somebody has deleted it already, take it out.",
			title(m), m.Identity.ValueString(), id))
}
