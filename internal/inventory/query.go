package inventory

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
)

// Query is what is asked of an inventory. An empty filter lets everything through; of several, all have to fit.
type Query struct {
	Platforms    []governance.Platform
	Kinds        []governance.Kind
	Categories   []governance.Category
	Owners       []string
	Environments []string
	Accounts     []string
	// Labels are patterns of values, by key; the case of a key does not matter, as in IAM.
	Labels map[string]string
	// Findings are codes, of which an identity has to have one.
	Findings []string
	// Classes are classes of danger in what an identity may do, of which it has to have one.
	Classes []governance.Rule
	// NamePattern is for the whole name: * stands for any characters and ? for one. The case does not matter, as in IAM.
	NamePattern string
	// MinimumScore is the least risk score.
	MinimumScore int
	// UnusedForDays and WithinDays replace those of DefaultOptions where they are not nil.
	UnusedForDays, WithinDays *int
	Sort                      Sort
	// Limit is how many are returned at most; nil is no limit.
	Limit *int
}

// Sort is an order of identities. Where two are equal in it, their ids decide.
type Sort string

// The orders. What is most worth a look comes first, and what is not known last.
const (
	SortID        Sort = "id"
	SortRiskScore Sort = "risk_score"
	SortLastUsed  Sort = "last_used_at"
	SortCreated   Sort = "created_at"
	SortExpiry    Sort = "expiry"
)

// Sorts lists them, the default first.
var Sorts = []Sort{SortID, SortRiskScore, SortLastUsed, SortCreated, SortExpiry}

// Problem is something wrong in a query.
type Problem struct {
	// Argument is the Terraform argument.
	Argument string
	Message  string
	Remedy   string
}

var (
	platforms = []governance.Platform{governance.PlatformAWS, governance.PlatformAzure, governance.PlatformEntra}
	kinds     = []governance.Kind{
		governance.KindAWSRole, governance.KindAWSUser, governance.KindAzureManagedIdentity, governance.KindEntraApplication,
		governance.KindEntraServicePrincipal,
	}
	accountPattern = regexp.MustCompile(`^([0-9]{12}|[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})$`)
)

// Problems are what is wrong with the query, each thing by itself.
func (q Query) Problems() []Problem {
	var found []Problem
	found = append(found, unknown("platforms", q.Platforms, platforms)...)
	found = append(found, unknown("kinds", q.Kinds, kinds)...)
	found = append(found, unknown("categories", q.Categories, governance.Categories)...)
	found = append(found, unknown("findings", q.Findings, FindingCodes())...)
	found = append(found, unknown("classes", q.Classes, governance.DangerRules)...)
	if q.Sort != "" {
		found = append(found, unknown("sort", []Sort{q.Sort}, Sorts)...)
	}
	for _, account := range q.Accounts {
		if !accountPattern.MatchString(account) {
			found = append(found, Problem{"accounts", fmt.Sprintf("%q is not an account id, so it would find nothing", account), "Write the 12 digits of an AWS account, or the GUID of a subscription or tenant of Azure."})
		}
	}
	for _, number := range []struct {
		argument string
		value    int
		note     string
	}{
		{"minimum_score", q.MinimumScore, "Write 0 for all scores."},
		{"unused_for_days", value(q.UnusedForDays), "Write 0 for what was not used today."},
		{"within_days", value(q.WithinDays), "Write 0 for what has expired already."},
		{"limit", value(q.Limit), "Write 0 for the summary alone, or leave it out for no limit."},
	} {
		if number.value < 0 {
			found = append(found, Problem{number.argument, fmt.Sprintf("%d is negative", number.value), number.note})
		} else if number.value > maxNumber {
			found = append(found, Problem{number.argument, fmt.Sprintf("%d is too large", number.value), fmt.Sprintf("Write %d at most.", maxNumber)})
		}
	}
	return found
}

// maxNumber keeps day arithmetic within the years that a time can have.
const maxNumber = 1_000_000

func value(number *int) int {
	if number == nil {
		return 0
	}
	return *number
}

// unknown reports the values that are not known, with those that are.
func unknown[T ~string](argument string, given, known []T) []Problem {
	var found []Problem
	for _, one := range given {
		if !slices.Contains(known, one) {
			texts := make([]string, len(known))
			for i, text := range known {
				texts[i] = string(text)
			}
			found = append(found, Problem{argument, fmt.Sprintf("%q is unknown", string(one)), "Write one of " + strings.Join(texts, ", ") + "."})
		}
	}
	return found
}

// Options are those of the findings that the query asks about.
func (q Query) Options(policy governance.Policy) Options {
	options := DefaultOptions(policy)
	if q.UnusedForDays != nil {
		options.UnusedForDays = *q.UnusedForDays
	}
	if q.WithinDays != nil {
		options.WithinDays = *q.WithinDays
	}
	return options
}

// Filter returns those of some judged identities that fit, in the order asked for and without a limit.
func (q Query) Filter(identities []governance.Identity) []governance.Identity {
	name := glob(cmp.Or(q.NamePattern, "*"))
	labels := make(map[string]*regexp.Regexp, len(q.Labels))
	for key, pattern := range q.Labels {
		labels[key] = glob(pattern)
	}
	var found []governance.Identity
	for i := range identities {
		if one := &identities[i]; q.fits(one) && name.MatchString(one.Name) && hasLabels(one.Metadata.Labels, labels) {
			found = append(found, *one)
		}
	}
	slices.SortStableFunc(found, q.Sort.compare)
	return found
}

func (q Query) fits(one *governance.Identity) bool {
	return anyOf(q.Platforms, one.ID.Kind.Platform()) && anyOf(q.Kinds, one.ID.Kind) && anyOf(q.Categories, one.Category) &&
		anyOf(q.Owners, one.Metadata.Owner) && anyOf(q.Environments, one.Metadata.Environment) && anyOf(q.Accounts, one.ID.Home()) &&
		(len(q.Findings) == 0 || Has(one, q.Findings...)) && q.fitsClasses(one) && one.RiskScore >= q.MinimumScore
}

func (q Query) fitsClasses(one *governance.Identity) bool {
	return len(q.Classes) == 0 || slices.ContainsFunc(one.Privileges, func(p governance.Privilege) bool { return slices.Contains(q.Classes, p.Class) })
}

// Has tells whether an identity has a finding with one of some codes.
func Has(one *governance.Identity, codes ...string) bool {
	return slices.ContainsFunc(one.Findings, func(f governance.Finding) bool { return slices.Contains(codes, f.Code) })
}

// LacksKeyID tells whether a finding is about an access key of which it is not known which one it is.
func LacksKeyID(one *governance.Identity) bool {
	return Has(one, FindingCredentialNotRotated, FindingLongLivedCredential, FindingUnusedCredential) &&
		slices.ContainsFunc(one.Credentials, func(c governance.CredentialSummary) bool {
			return c.Kind == governance.CredentialAccessKey && c.Active && c.ID == ""
		})
}

func anyOf[T comparable](wanted []T, value T) bool {
	return len(wanted) == 0 || slices.Contains(wanted, value)
}

func hasLabels(labels map[string]string, wanted map[string]*regexp.Regexp) bool {
	for key, pattern := range wanted {
		fits := false
		for name, value := range labels {
			fits = fits || (strings.EqualFold(name, key) && pattern.MatchString(value))
		}
		if !fits {
			return false
		}
	}
	return true
}

// glob is a pattern with the wildcards of IAM for a whole text in any case.
func glob(pattern string) *regexp.Regexp {
	return regexp.MustCompile("(?is)^" + strings.NewReplacer(`\*`, ".*", `\?`, ".").Replace(regexp.QuoteMeta(strings.ToValidUTF8(pattern, "?"))) + "$")
}

// compare orders two identities.
func (s Sort) compare(a, b governance.Identity) int {
	order := 0
	switch s {
	case SortRiskScore:
		order = cmp.Compare(b.RiskScore, a.RiskScore)
	case SortLastUsed:
		if a.LastUsedKnown != b.LastUsedKnown {
			return map[bool]int{true: -1, false: 1}[a.LastUsedKnown]
		}
		order = a.LastUsedAt.Compare(b.LastUsedAt)
	case SortCreated:
		order = knownFirst(a.CreatedAt, b.CreatedAt)
	case SortExpiry:
		order = knownFirst(firstEnd(a), firstEnd(b))
	case SortID:
	}
	return cmp.Or(order, cmp.Compare(a.ID.String(), b.ID.String()))
}

// knownFirst compares times, the zero time as the last one.
func knownFirst(a, b time.Time) int {
	switch {
	case a.IsZero() == b.IsZero():
		return a.Compare(b)
	case a.IsZero():
		return 1
	}
	return -1
}

// firstEnd is the earliest of an identity's expiry and the ends of its active credentials; the zero time where nothing ends.
func firstEnd(one governance.Identity) time.Time {
	var first time.Time
	if expiry, err := governance.ParseExpiry(one.Metadata.Expiry); err == nil {
		first = expiry.End()
	}
	for _, c := range one.Credentials {
		if c.Active && knownFirst(c.EndsAt, first) < 0 {
			first = c.EndsAt
		}
	}
	return first
}
