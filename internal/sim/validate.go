package sim

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"
)

// rule is the constraint of one string shape (IAM service model).
type rule struct {
	min, max int // in characters
	pattern  *regexp.Regexp
	shown    string // the pattern as the service words it
	invalid  string // the service's own words for a value outside the pattern
}

const nameCharacters = "It must contain only alphanumeric characters and/or the following: +=,.@_-"

var (
	roleNameRule    = rule{1, 64, regexp.MustCompile(`^[\w+=,.@-]+$`), `[\w+=,.@-]+`, nameCharacters}
	longNameRule    = rule{1, 128, roleNameRule.pattern, roleNameRule.shown, nameCharacters}
	pathRule        = rule{1, 512, regexp.MustCompile(`^(/|/[!-~]+/)$`), `(\u002F)|(\u002F[\u0021-\u007E]+\u002F)`, "It must begin and end with / and contain only alphanumeric characters and/or / characters."}
	policyPathRule  = rule{1, 512, regexp.MustCompile(`^((/[A-Za-z0-9.,+@=_-]+)*)/$`), `((/[A-Za-z0-9\.,\+@=_-]+)*)/`, pathRule.invalid}
	pathPrefixRule  = rule{1, 512, regexp.MustCompile(`^/[!-\x7f]*$`), `\u002F[\u0021-\u007F]*`, ""}
	roleDescRule    = rule{0, 1000, regexp.MustCompile(`^[\x09\x0a\x0d\x20-\x7e\x{a1}-\x{ff}]*$`), `[\u0009\u000A\u000D\u0020-\u007E\u00A1-\u00FF]*`, ""}
	policyDescRule  = rule{0, 1000, nil, "", ""}
	documentRule    = rule{1, 131072, regexp.MustCompile(`^[\x09\x0a\x0d\x20-\x{ff}]+$`), `[\u0009\u000A\u000D\u0020-\u00FF]+`, ""}
	arnRule         = rule{20, 2048, nil, "", ""}
	tagKeyRule      = rule{1, 128, regexp.MustCompile(`^[\p{L}\p{Z}\p{N}_.:/=+\-@]+$`), `[\p{L}\p{Z}\p{N}_.:/=+\-@]+`, ""}
	tagValueRule    = rule{0, 256, regexp.MustCompile(`^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$`), `[\p{L}\p{Z}\p{N}_.:/=+\-@]*`, ""}
	markerRule      = rule{1, 320, regexp.MustCompile(`^[\x20-\x{ff}]+$`), `[\u0020-\u00FF]+`, ""}
	urlRule         = rule{1, 255, nil, "", ""}
	versionIDRule   = rule{1, 64, regexp.MustCompile(`^v[1-9][0-9]*(\.[A-Za-z0-9-]*)?$`), `v[1-9][0-9]*(\.[A-Za-z0-9-]*)?`, ""}
	sessionNameRule = rule{2, 64, regexp.MustCompile(`^[\w+=,.@-]*$`), `[\w+=,.@-]*`, ""}
	externalIDRule  = rule{2, 1224, regexp.MustCompile(`^[\w+=,.@:/-]*$`), `[\w+=,.@:\/-]*`, ""}
)

// Session duration of a role and of a session, in seconds (service models).
const (
	minMaxSession     = 3600
	maxMaxSession     = 43200
	minSession        = 900
	defaultSession    = 3600
	maxChainedSession = 3600
)

// maxTags is the number of tags an entity can have (IAM quotas).
const maxTags = 50

// Paths under which only AWS makes roles (IAM user guide, "Service-linked
// roles" and IAM Identity Center user guide, "Permission sets").
const (
	serviceLinkedPath = "/aws-service-role/"
	reservedPath      = "/aws-reserved/"
)

// member turns a parameter's name into the service's spelling of the member:
// "RoleName" becomes "roleName".
func member(name string) string {
	if name == "" {
		return name
	}
	return strings.ToLower(name[:1]) + name[1:]
}

func (r *request) problem(value, name, constraint string) {
	r.problems = append(r.problems, fmt.Sprintf("Value '%s' at '%s' failed to satisfy constraint: %s", value, member(name), constraint))
}

// required checks a string parameter that has to be given and returns it.
func (r *request) required(name string, c rule) string {
	if !r.has(name) {
		r.problems = append(r.problems, fmt.Sprintf("Value null at '%s' failed to satisfy constraint: Member must not be null", member(name)))
		return ""
	}
	v := r.str(name)
	r.constrain(v, name, c)
	return v
}

// optional checks a string parameter that may be left out and returns it, or
// the fallback.
func (r *request) optional(name string, c rule, fallback string) string {
	if !r.has(name) {
		return fallback
	}
	v := r.str(name)
	r.constrain(v, name, c)
	return v
}

func (r *request) constrain(v, name string, c rule) {
	n := utf8.RuneCountInString(v)
	if n > c.max {
		r.problem(v, name, "Member must have length less than or equal to "+strconv.Itoa(c.max))
	}
	if n < c.min {
		r.problem(v, name, "Member must have length greater than or equal to "+strconv.Itoa(c.min))
	}
	if c.pattern != nil && n >= c.min && !c.pattern.MatchString(v) {
		r.problem(v, name, "Member must satisfy regular expression pattern: "+c.shown)
	}
}

// checked returns all constraint violations found so far as one
// ValidationError. A name or path outside its character set, when it is the
// only violation, gets the wording of its own that IAM gives it.
func (r *request) checked() error {
	switch len(r.problems) {
	case 0:
		return nil
	case 1:
		if m := r.ownWording(); m != "" {
			return errValidation("%s", m)
		}
		return errValidation("1 validation error detected: %s", r.problems[0])
	}
	return errValidation("%d validation errors detected: %s", len(r.problems), strings.Join(r.problems, "; "))
}

var ownWordings = map[string]rule{
	"RoleName": roleNameRule, "PolicyName": longNameRule, "InstanceProfileName": longNameRule, "Path": pathRule,
}

func (r *request) ownWording() string {
	for name, c := range ownWordings {
		if strings.Contains(r.problems[0], "' at '"+member(name)+"' failed to satisfy constraint: Member must satisfy regular") {
			return "The specified value for " + member(name) + " is invalid. " + c.invalid
		}
	}
	return ""
}

// tagList checks the Tags parameter as IAM does: at most 50, keys and values by
// their patterns, no reserved prefix, no key twice ignoring case.
func (r *request) tagList() ([]tag, error) {
	tags := r.tags("Tags")
	for i, t := range tags {
		at := fmt.Sprintf("Tags.%d.member.", i+1)
		r.constrain(t.key, at+"key", tagKeyRule)
		r.constrain(t.value, at+"value", tagValueRule)
	}
	if len(tags) > maxTags {
		r.problem(fmt.Sprintf("[%d tags]", len(tags)), "Tags", "Member must have length less than or equal to 50")
	}
	if err := r.checked(); err != nil {
		return nil, err
	}
	return tags, checkTagKeys(tags)
}

func checkTagKeys(tags []tag) error {
	seen := map[string]bool{}
	for _, t := range tags {
		k := strings.ToLower(t.key)
		if strings.HasPrefix(k, "aws:") {
			return errInvalidInput("Tag keys beginning with aws: are reserved for system use: %s", t.key)
		}
		if seen[k] {
			return errInvalidInput("Duplicate tag keys found. Please note that Tag keys are case insensitive.")
		}
		seen[k] = true
	}
	return nil
}

// mergeTags adds tags to a list; a key that is there, ignoring case, keeps its
// place and takes the new spelling and value.
func mergeTags(have, add []tag, owner string) ([]tag, error) {
	out := append([]tag(nil), have...)
next:
	for _, t := range add {
		for i := range out {
			if strings.EqualFold(out[i].key, t.key) {
				out[i] = t
				continue next
			}
		}
		out = append(out, t)
	}
	if len(out) > maxTags {
		return nil, errLimitExceeded("Cannot exceed quota for TagsPer%s: %d", owner, maxTags)
	}
	return out, nil
}

// removeTags takes keys, ignoring case, from a list.
func removeTags(have []tag, keys []string) []tag {
	var out []tag
	for _, t := range have {
		keep := true
		for _, k := range keys {
			if strings.EqualFold(t.key, k) {
				keep = false
			}
		}
		if keep {
			out = append(out, t)
		}
	}
	return out
}

// tagKeys checks the TagKeys parameter of an untag call.
func (r *request) tagKeys() []string {
	keys := r.list("TagKeys")
	for i, k := range keys {
		r.constrain(k, fmt.Sprintf("TagKeys.%d.member", i+1), tagKeyRule)
	}
	if len(keys) > maxTags {
		r.problem(fmt.Sprintf("[%d keys]", len(keys)), "TagKeys", "Member must have length less than or equal to 50")
	}
	return keys
}

func tagsNode(tags []tag) node {
	return list("Tags", tags, func(t tag) node { return el("member", text("Key", t.key), text("Value", t.value)) })
}

// tagsIfAny is tagsNode, or nothing without tags: entities in answers leave
// the element out.
func tagsIfAny(tags []tag) node {
	if len(tags) == 0 {
		return node{}
	}
	return tagsNode(tags)
}
