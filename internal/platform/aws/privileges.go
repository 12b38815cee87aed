package aws

import (
	"slices"
	"strings"
)

// grants is what matters of one policy.
type grants struct {
	// administers are reasons as of iampolicy.Administers.
	administers []string
	// refuses tells that it denies everything.
	refuses bool
}

type namedGrants struct {
	name string
	grants
}

// policies are what is on a role, a user or a group.
type policies struct {
	// inline are those that grant or refuse everything.
	inline []namedGrants
	// attached and boundary are ARNs, groups are names.
	attached, groups []string
	boundary         string
}

// Policies of AWS's own that make an administrator or refuse everything. PowerUserAccess lacks all of IAM, so it is what
// stands beside it that counts.
var awsGrants = map[string]grants{
	"AdministratorAccess": {administers: []string{"every action"}},
	"IAMFullAccess":       {administers: []string{"every action of IAM"}},
	"AWSDenyAll":          {refuses: true},
}

// privileges are the reasons for which the holder of policies counts as privileged, in the order of the kinds of policy
// and their names. A boundary that is not an administrator's own takes them all away, and so does a policy that refuses
// everything.
func privileges(holder policies, groups map[string]policies, managed map[string]grants) []string {
	if holder.boundary != "" && grantsOfARN(holder.boundary, managed).administers == nil {
		return nil
	}
	reasons, refused := holder.privileges("", managed)
	for _, name := range slices.Sorted(slices.Values(holder.groups)) {
		more, refusedToo := groups[name].privileges(groupPrefix+name+": ", managed)
		reasons, refused = append(reasons, more...), refused || refusedToo
	}
	if refused {
		return nil
	}
	return slices.Clip(reasons)
}

func (p policies) privileges(prefix string, managed map[string]grants) (reasons []string, refused bool) {
	note := func(policy string, found grants) {
		refused = refused || found.refuses
		for _, reason := range found.administers {
			reasons = append(reasons, prefix+policy+" allows "+reason)
		}
	}
	for _, arn := range slices.Sorted(slices.Values(p.attached)) {
		name := arn[strings.LastIndex(arn, "/")+1:]
		if found := grantsOfARN(arn, managed); isAWSManaged(arn) && found.administers != nil {
			reasons = append(reasons, prefix+"managed policy "+name) // Everybody knows what it allows.
		} else {
			note("managed policy "+name, found)
		}
	}
	for _, policy := range slices.SortedFunc(slices.Values(p.inline), func(a, b namedGrants) int { return strings.Compare(a.name, b.name) }) {
		note("inline policy "+policy.name, policy.grants)
	}
	return reasons, refused
}

func isAWSManaged(arn string) bool { return strings.Contains(arn, ":iam::aws:policy/") }

func grantsOfARN(arn string, managed map[string]grants) grants {
	if isAWSManaged(arn) {
		return awsGrants[arn[strings.LastIndex(arn, "/")+1:]]
	}
	return managed[arn]
}
