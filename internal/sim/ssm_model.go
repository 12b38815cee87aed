package sim

import (
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Types and tiers of a parameter (service model).
const (
	typeString   = "String"
	typeList     = "StringList"
	typeSecure   = "SecureString"
	tierStandard = "Standard"
	tierAdvanced = "Advanced"
)

// parameter is a parameter of Parameter Store with its history.
type parameter struct {
	account  *Account
	region   string
	name     string
	tags     []tag
	versions []parameterVersion // the last is the current one
}

type parameterVersion struct {
	number      int
	kind        string // type
	value       string
	keyID       string // of a SecureString
	tier        string
	description string
	pattern     string
	dataType    string
	labels      []string
	modified    time.Time
	by          string // ARN
}

func (p *parameter) arn() string { return parameterARN(p.region, p.account.id, p.name) }

func parameterARN(region, account, name string) string {
	return "arn:aws:ssm:" + region + ":" + account + ":parameter/" + strings.TrimPrefix(name, "/")
}

func (p *parameter) current() *parameterVersion { return &p.versions[len(p.versions)-1] }

func (p *parameter) changing(r *request) {
	p.account.parametersOf(p.region).touch(p.name, r.server.lag, cloneParameter)
}

func cloneParameter(p *parameter) *parameter {
	c := *p
	c.tags = slices.Clone(p.tags)
	c.versions = slices.Clone(p.versions)
	return &c
}

func (a *Account) parametersOf(region string) *collection[parameter] {
	if a.parameters[region] == nil {
		a.parameters[region] = newCollection[parameter]()
	}
	return a.parameters[region]
}

// Limits of parameters (Systems Manager API reference, PutParameter, and
// quotas).
const (
	maxStandardValue     = 4096
	maxAdvancedValue     = 8192
	maxParameterName     = 1011
	maxHierarchy         = 15
	maxParameterVersions = 100
	maxParameterLabels   = 10
	maxParameterTags     = 50
	maxStandard          = 10000
)

var (
	parameterNameRule = rule{1, 2048, nil, "", ""}
	parameterPart     = regexp.MustCompile(`^[A-Za-z0-9_.-]+$`)
	parameterDesc     = rule{0, 1024, nil, "", ""}
	parameterKeyRule  = rule{1, 256, regexp.MustCompile(`^([a-zA-Z0-9:/_-]+)$`), `^([a-zA-Z0-9:/_-]+)$`, ""}
	parameterPattern  = rule{0, 1024, nil, "", ""}
)

func errNoParameter() error {
	return newError("ParameterNotFound", http.StatusBadRequest, "")
}

// checkParameterName checks a new parameter's name (Systems Manager user guide,
// "Requirements and constraints for parameter names").
func checkParameterName(name string) error {
	const rest = `If formed as a path, it can consist of sub-paths divided by slash symbol; each sub-path can be formed as a mix of letters, numbers and the following 3 symbols .-_`
	trimmed := strings.TrimPrefix(name, "/")
	parts := strings.Split(trimmed, "/")
	lower := strings.ToLower(trimmed)
	switch {
	case strings.HasPrefix(lower, "aws"):
		return errAccessDenied("No access to reserved parameter name: %s.", name)
	case strings.HasPrefix(lower, "ssm"):
		return errValidation(`Parameter name: can't be prefixed with "ssm" (case-insensitive). %s`, rest)
	case len(parts) > 1 && !strings.HasPrefix(name, "/"):
		return errValidation("Parameter name must be a fully qualified name.")
	case len(name) > maxParameterName:
		return errValidation("Parameter name must not be longer than %d characters.", maxParameterName)
	case len(parts) > maxHierarchy:
		return newError("HierarchyLevelLimitExceededException", http.StatusBadRequest, "A parameter hierarchy can have a maximum of %d levels.", maxHierarchy)
	}
	for _, part := range parts {
		if !parameterPart.MatchString(part) {
			return errValidation("Parameter name: %s", rest)
		}
	}
	return nil
}

// parameterName reads the name in a Name, which may be an ARN.
func (r *request) parameterName(text string) string {
	if rest, ok := strings.CutPrefix(text, "arn:aws:ssm:"+r.region+":"+r.account.id+":parameter/"); ok {
		parameters := r.account.parametersOf(r.region)
		name, _, _ := strings.Cut(rest, ":")
		if strings.Contains(name, "/") || parameters.get("/"+name) != nil && parameters.get(name) == nil {
			return "/" + rest
		}
		return rest
	}
	return text
}

// parameter returns the parameter of a name, for a change.
func (r *request) parameter(name string) (*parameter, error) {
	if p := r.account.parametersOf(r.region).get(r.parameterName(name)); p != nil {
		return p, nil
	}
	return nil, errNoParameter()
}

// seenParameter returns what a read of a name sees: the parameter, the version
// that the name selects, and the selector (":3" or ":label").
func (r *request) seenParameter(text string) (*parameter, *parameterVersion, string, error) {
	name, selector := r.parameterName(text), ""
	if i := strings.IndexByte(name, ':'); i >= 0 {
		name, selector = name[:i], name[i:]
	}
	p := r.account.parametersOf(r.region).read(name)
	if p == nil {
		return nil, nil, "", errNoParameter()
	}
	if selector == "" {
		return p, p.current(), "", nil
	}
	for i := range p.versions {
		v := &p.versions[i]
		if strconv.Itoa(v.number) == selector[1:] || slices.Contains(v.labels, selector[1:]) {
			return p, v, selector, nil
		}
	}
	return nil, nil, "", newError("ParameterVersionNotFound", http.StatusBadRequest,
		"Systems Manager could not find version %s of %s. Verify the version and try again.", selector[1:], name)
}
