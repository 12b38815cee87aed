package azure

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform"
)

// shortestSchedule is the least time that Privileged Identity Management assigns a role for.
const shortestSchedule = 5 * time.Minute

// restore gives everything back, who may sign in last.
func (w *ward) restore(ctx context.Context, held []string) (kept []string, err error) {
	all := slices.Clone(w.record.taken)
	slices.SortStableFunc(all, func(a, b taken) int { return strings.Compare(string(b.kind), string(a.kind)) })
	for _, one := range all {
		if slices.ContainsFunc(w.has, one.same) {
			continue
		}
		why := w.withhold(one, held)
		if why == "" {
			err := w.give(ctx, one)
			if why = lostTarget(err); err != nil && why == "" {
				return kept, fmt.Errorf("%s: %w", one, err)
			}
		}
		if why != "" {
			kept = append(kept, one.String()+" "+why)
		}
	}
	return kept, nil
}

// withhold says why one of what was taken is not given back; empty when it is.
func (w *ward) withhold(one taken, held []string) string {
	now := w.identities.tenant.config.Clock.Now()
	end := one.role.End
	switch {
	case w.expired(now):
		return "stays removed, because the identity has expired since"
	case !slices.Contains(held, one.encode()):
		return "stays removed: the record on the identity names it, but this state has not removed it, and whoever may tag the identity could have written that"
	case !end.IsZero() && !end.After(now):
		return "has ended since"
	case !end.IsZero() && end.Before(now.Add(shortestSchedule)):
		return "stays removed, because it ends at " + end.UTC().Format(time.RFC3339) + ", and Azure assigns no role for less than five minutes"
	case w.nobody && one.kind != takenFederated:
		return "could not be given back, because the service principal of the identity is gone"
	}
	return ""
}

// expired tells whether a governed identity has no time left, or was disabled for that.
func (w *ward) expired(now time.Time) bool {
	tagging := w.identities.tenant.tagging
	expiry, err := governance.ParseExpiry(w.state.Metadata.Expiry)
	return w.state.ManagedBy == governance.ManagedBy && (tagging.record(w.state.tags, governance.RecordDisabled) != "" || err == nil && expiry.PassedAt(now))
}

// lostTarget says why something that was taken cannot be given back ever again; empty when it can.
func lostTarget(err error) string {
	const gone = "could not be given back, because what it is for is gone"
	var invalid *platform.ErrInvalid
	if errors.Is(err, platform.ErrNotFound) {
		return gone
	}
	if !errors.As(err, &invalid) {
		return ""
	}
	switch invalid.Code {
	case codeNoResourceGroup, codeNoSubscription, codeNoResource, codeNoParent, codeNoGroup:
		return gone
	case codeNoRole:
		return "could not be given back, because that role is gone"
	case codePolicyRules, codeNoLicense:
		return "could not be given back: Privileged Identity Management refuses it by now (" + invalid.Code + "). " + invalid.Detail
	}
	return ""
}
