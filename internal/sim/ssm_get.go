package sim

import (
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
)

// shown is the value as it is given: of a SecureString only with decryption,
// else what stands for its ciphertext.
func (v *parameterVersion) shown(r *request) string {
	if v.kind != typeSecure {
		return v.value
	}
	if !r.input.flag("WithDecryption") {
		return "AQICAH" + deriveSecret("ciphertext/"+v.value) + deriveSecret("ciphertext2/"+v.value)
	}
	return v.value
}

func (p *parameter) node(r *request, v *parameterVersion, selector string) object {
	out := object{
		"Name": p.name, "Type": v.kind, "Value": v.shown(r), "Version": v.number,
		"LastModifiedDate": epoch(v.modified), "ARN": p.arn(), "DataType": v.dataType,
	}
	out.text("Selector", selector)
	return out
}

func getParameter(r *request) (object, error) {
	name := r.needText("Name", parameterNameRule)
	if err := r.checked(); err != nil {
		return nil, err
	}
	p, v, selector, err := r.seenParameter(name)
	if err != nil {
		return nil, err
	}
	return object{"Parameter": p.node(r, v, selector)}, nil
}

// names reads Names, one to ten of them.
func (r *request) names() ([]string, error) {
	names := r.input.list("Names")
	switch {
	case len(names) < 1:
		r.problem("[]", "names", "Member must have length greater than or equal to 1")
	case len(names) > 10:
		r.problem("["+strings.Join(names, ", ")+"]", "names", "Member must have length less than or equal to 10")
	}
	return names, r.checked()
}

func getParameters(r *request) (object, error) {
	names, err := r.names()
	if err != nil {
		return nil, err
	}
	found, invalid := []object{}, []string{}
	for _, name := range names {
		p, v, selector, err := r.seenParameter(name)
		if err != nil {
			invalid = append(invalid, name)
			continue
		}
		found = append(found, p.node(r, v, selector))
	}
	return object{"Parameters": found, "InvalidParameters": invalid}, nil
}

// metadata writes what GetParameterHistory and DescribeParameters have in
// common.
func (p *parameter) metadata(v *parameterVersion) object {
	out := object{
		"Name": p.name, "Type": v.kind, "Version": v.number, "Tier": v.tier, "DataType": v.dataType,
		"LastModifiedDate": epoch(v.modified), "LastModifiedUser": v.by, "Policies": []object{},
	}
	out.text("KeyId", v.keyID)
	out.text("Description", v.description)
	out.text("AllowedPattern", v.pattern)
	return out
}

func getParameterHistory(r *request) (object, error) {
	name := r.needText("Name", parameterNameRule)
	pg, err := r.jsonPage(50, 50, "InvalidNextToken")
	if err != nil {
		return nil, err
	}
	p, _, _, err := r.seenParameter(name)
	if err != nil {
		return nil, err
	}
	byKey := map[string]*parameterVersion{}
	var keys []string
	for i := range p.versions {
		key := fmt.Sprintf("%012d", p.versions[i].number)
		byKey[key] = &p.versions[i]
		keys = append(keys, key)
	}
	versions := []object{}
	for _, key := range pagedStrings(pg, keys) {
		v := byKey[key]
		o := p.metadata(v)
		o["Value"] = v.shown(r)
		o["Labels"] = append([]string{}, v.labels...)
		versions = append(versions, o)
	}
	out := object{"Parameters": versions}
	pg.nextToken(out)
	return out, nil
}

// parameterFilter is one of ParameterFilters, or of the older Filters.
type parameterFilter struct {
	key, option string
	values      []string
}

func (r *request) parameterFilters() ([]parameterFilter, error) {
	var out []parameterFilter
	for _, f := range r.input.objects("Filters") {
		out = append(out, parameterFilter{f.str("Key"), "BeginsWith", f.list("Values")})
	}
	for _, f := range r.input.objects("ParameterFilters") {
		option := f.str("Option")
		switch key := f.str("Key"); {
		case option == "" && key == "Path":
			option = "OneLevel"
		case option == "":
			option = "Equals"
		}
		out = append(out, parameterFilter{f.str("Key"), option, f.list("Values")})
	}
	for _, f := range out {
		known := slices.Contains([]string{"Name", "Type", "KeyId", "Path", "Label", "Tier", "DataType"}, f.key) || strings.HasPrefix(f.key, "tag:")
		options := []string{"Equals", "BeginsWith"}
		switch f.key {
		case "Name":
			options = append(options, "Contains")
		case "Path":
			options = []string{"Recursive", "OneLevel"}
		}
		switch {
		case !known:
			return nil, newError("InvalidFilterKey", http.StatusBadRequest, "The filter key %s is not valid.", f.key)
		case !slices.Contains(options, f.option):
			return nil, newError("InvalidFilterOption", http.StatusBadRequest, "The following filter option is not valid: %s.", f.option)
		case len(f.values) == 0 && !strings.HasPrefix(f.key, "tag:"):
			return nil, newError("InvalidFilterValue", http.StatusBadRequest, "The following filter values are missing : null for filter key %s", f.key)
		}
	}
	return out, nil
}

func (f parameterFilter) matches(p *parameter) bool {
	v := p.current()
	var have []string
	switch f.key {
	case "Name", "Path":
		have = []string{p.name}
	case "Type":
		have = []string{v.kind}
	case "KeyId":
		have = []string{v.keyID}
	case "Tier":
		have = []string{v.tier}
	case "DataType":
		have = []string{v.dataType}
	case "Label":
		for _, o := range p.versions {
			have = append(have, o.labels...)
		}
	default:
		for _, t := range p.tags {
			if "tag:"+t.key == f.key {
				have = append(have, t.value)
			}
		}
		if len(f.values) == 0 {
			return len(have) > 0
		}
	}
	return slices.ContainsFunc(have, func(h string) bool {
		return slices.ContainsFunc(f.values, func(want string) bool { return f.match(h, want) })
	})
}

func (f parameterFilter) match(have, want string) bool {
	switch f.option {
	case "BeginsWith":
		return strings.HasPrefix(have, want)
	case "Contains":
		return strings.Contains(have, want)
	case "Recursive", "OneLevel":
		rest, ok := strings.CutPrefix(have, strings.TrimSuffix(want, "/")+"/")
		return ok && (f.option == "Recursive" || !strings.Contains(rest, "/"))
	}
	return have == want
}

func describeParameters(r *request) (object, error) {
	pg, err := r.jsonPage(50, 50, "InvalidNextToken")
	if err != nil {
		return nil, err
	}
	filters, err := r.parameterFilters()
	if err != nil {
		return nil, err
	}
	parameters := r.account.parametersOf(r.region)
	entries := []object{}
	pagedKeys(pg, parameters.from(pg.after), func(name string) bool {
		p := parameters.read(name)
		if p == nil || slices.ContainsFunc(filters, func(f parameterFilter) bool { return !f.matches(p) }) {
			return false
		}
		o := p.metadata(p.current())
		o["ARN"] = p.arn()
		entries = append(entries, o)
		return true
	})
	out := object{"Parameters": entries}
	pg.nextToken(out)
	return out, nil
}

func deleteParameter(r *request) (object, error) {
	name := r.needText("Name", parameterNameRule)
	if err := r.checked(); err != nil {
		return nil, err
	}
	p, err := r.parameter(name)
	if err != nil {
		return nil, err
	}
	r.account.parametersOf(r.region).remove(p.name, r.server.lag)
	return object{}, nil
}

func deleteParameters(r *request) (object, error) {
	names, err := r.names()
	if err != nil {
		return nil, err
	}
	deleted, invalid := []string{}, []string{}
	for _, name := range names {
		p, err := r.parameter(name)
		if err != nil {
			invalid = append(invalid, name)
			continue
		}
		r.account.parametersOf(r.region).remove(p.name, r.server.lag)
		deleted = append(deleted, name)
	}
	return object{"DeletedParameters": deleted, "InvalidParameters": invalid}, nil
}

// labelPattern is the form of a label; it does not begin with a digit, aws or
// ssm (Systems Manager API reference, LabelParameterVersion).
var labelPattern = regexp.MustCompile(`^[A-Za-z_.-][A-Za-z0-9_.-]{0,99}$`)

// labelParameterVersion moves labels to a version. Invalid ones are given back
// and not set.
func labelParameterVersion(r *request) (object, error) {
	name := r.needText("Name", parameterNameRule)
	number := r.mayNumber("ParameterVersion", 1, 1<<31, 0)
	labels := r.input.list("Labels")
	if len(labels) < 1 || len(labels) > maxParameterLabels {
		r.problem(fmt.Sprintf("[%d labels]", len(labels)), "labels", "Member must have length between 1 and 10")
	}
	if err := r.checked(); err != nil {
		return nil, err
	}
	p, err := r.parameter(name)
	if err != nil {
		return nil, err
	}
	if number == 0 {
		number = p.current().number
	}
	versions := slices.Clone(p.versions)
	target := slices.IndexFunc(versions, func(v parameterVersion) bool { return v.number == number })
	if target < 0 {
		return nil, newError("ParameterVersionNotFound", http.StatusBadRequest,
			"Systems Manager could not find version %d of %s. Verify the version and try again.", number, p.name)
	}
	invalid := []string{}
	for _, label := range labels {
		lower := strings.ToLower(label)
		if !labelPattern.MatchString(label) || strings.HasPrefix(lower, "aws") || strings.HasPrefix(lower, "ssm") {
			invalid = append(invalid, label)
			continue
		}
		for i := range versions {
			versions[i].labels = without(versions[i].labels, label)
		}
		versions[target].labels = append(versions[target].labels, label)
	}
	if len(versions[target].labels) > maxParameterLabels {
		return nil, newError("ParameterVersionLabelLimitExceeded", http.StatusBadRequest,
			"A parameter version can have maximum %d labels.", maxParameterLabels)
	}
	p.changing(r)
	p.versions = versions
	return object{"InvalidLabels": invalid, "ParameterVersion": number}, nil
}
