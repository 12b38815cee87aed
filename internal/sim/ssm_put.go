package sim

import (
	"net/http"
	"regexp"
	"slices"
)

// defaultParameterKey encrypts a SecureString for which no key is given.
const defaultParameterKey = "alias/aws/ssm"

// putParameter makes a parameter, or with Overwrite a new version of it.
func putParameter(r *request) (object, error) {
	name := r.needText("Name", parameterNameRule)
	next := parameterVersion{
		kind:        r.mayEnum("Type", "", typeString, typeList, typeSecure),
		value:       r.input.str("Value"),
		keyID:       r.mayText("KeyId", parameterKeyRule),
		tier:        r.mayEnum("Tier", "", tierStandard, tierAdvanced, "Intelligent-Tiering"),
		description: r.mayText("Description", parameterDesc),
		pattern:     r.mayText("AllowedPattern", parameterPattern),
		dataType:    r.mayEnum("DataType", "text", "text", "aws:ec2:image"),
		modified:    r.now,
		by:          r.caller.arn,
	}
	if len(next.value) < 1 {
		r.problems = append(r.problems, "Value at 'value' failed to satisfy constraint: Member must have length greater than or equal to 1.")
	}
	tags, err := r.parameterTags(nil)
	if err != nil {
		return nil, err
	}
	overwrite := r.input.flag("Overwrite")
	switch {
	case overwrite && r.input.has("Tags"):
		return nil, errValidation("Invalid request: tags and overwrite can't be used together. To create a parameter with tags, please remove overwrite flag. To update tags for an existing parameter, please use AddTagsToResource or RemoveTagsFromResource.")
	case r.input.has("Policies"):
		return nil, errValidation("The simulator does not offer parameter policies.")
	}
	name = r.parameterName(name)
	if err := checkParameterName(name); err != nil {
		return nil, err
	}
	parameters := r.account.parametersOf(r.region)
	p := parameters.get(name)
	if p != nil && !overwrite {
		return nil, newError("ParameterAlreadyExists", http.StatusBadRequest,
			"The parameter already exists. To overwrite this value, set the overwrite option in the request to true.")
	}
	if err := next.complete(p); err != nil {
		return nil, err
	}
	if next.kind == typeSecure {
		// An overwrite need not name the type.
		r.server.remember(next.value)
	}
	if p == nil {
		if parameters.len() >= maxStandard && next.tier == tierStandard {
			return nil, newError("ParameterLimitExceeded", http.StatusBadRequest, "You have exceeded the number of parameters for this account and Region.")
		}
		next.number = 1
		p = &parameter{account: r.account, region: r.region, name: name, tags: tags, versions: []parameterVersion{next}}
		parameters.put(name, p, r.server.lag)
		return object{"Version": 1, "Tier": next.tier}, nil
	}
	next.number = p.current().number + 1
	versions := slices.Clone(p.versions)
	if len(versions) >= maxParameterVersions {
		if len(versions[0].labels) > 0 {
			return nil, newError("ParameterMaxVersionLimitExceeded", http.StatusBadRequest,
				"You attempted to create a new version of %s by calling the PutParameter API with the overwrite flag. Version %d, the oldest version, can't be deleted because it has a label associated with it. Move the label to another version of the parameter, and try again.",
				name, versions[0].number)
		}
		versions = versions[1:]
	}
	p.changing(r)
	p.versions = append(versions, next)
	return object{"Version": next.number, "Tier": next.tier}, nil
}

// complete fills in what a request leaves out, from the parameter's current
// version where there is one, and checks the whole.
func (v *parameterVersion) complete(p *parameter) error {
	if p != nil {
		old := p.current()
		if v.kind == "" {
			v.kind = old.kind
		}
		if v.kind != old.kind {
			return newError("HierarchyTypeMismatchException", http.StatusBadRequest,
				"Parameter Store does not support changing a parameter type in a hierarchy. For example, you can't change a parameter from a String type to a SecureString type. You must create a new, unique parameter.")
		}
		if v.tier == "" {
			v.tier = old.tier
		}
		if v.tier == tierStandard && old.tier == tierAdvanced {
			return errValidation("This parameter uses the advanced-parameter tier. You can't downgrade a parameter from the advanced-parameter tier to the standard-parameter tier. If necessary, you can delete the advanced parameter and recreate it as a standard parameter.")
		}
		if v.keyID == "" {
			v.keyID = old.keyID
		}
		if v.description == "" {
			v.description = old.description
		}
	}
	switch {
	case v.kind == "":
		return errValidation("A parameter type is required when you create a parameter.")
	case v.keyID != "" && v.kind != typeSecure:
		return errValidation("KeyId is only valid for parameters of the type SecureString.")
	case v.kind == typeSecure && v.keyID == "":
		v.keyID = defaultParameterKey
	}
	size := len(v.value)
	switch {
	case v.tier == "Intelligent-Tiering" && size > maxStandardValue:
		v.tier = tierAdvanced
	case v.tier == "Intelligent-Tiering", v.tier == "":
		v.tier = tierStandard
	}
	switch {
	case v.tier == tierStandard && size > maxStandardValue:
		return errValidation("Standard tier parameters support a maximum parameter value of %d characters. To create a larger parameter value, upgrade the parameter to use the advanced-parameter tier. For more information, see https://docs.aws.amazon.com/systems-manager/latest/userguide/parameter-store-advanced-parameters.html", maxStandardValue)
	case size > maxAdvancedValue:
		return errValidation("Advanced tier parameters support a maximum parameter value of %d characters.", maxAdvancedValue)
	}
	if v.pattern == "" {
		return nil
	}
	pattern, err := regexp.Compile(v.pattern)
	switch {
	case err != nil:
		return newError("InvalidAllowedPatternException", http.StatusBadRequest, "The allowed pattern is not a valid regular expression.")
	case !pattern.MatchString(v.value):
		return newError("ParameterPatternMismatchException", http.StatusBadRequest, "Parameter value, cannot be validated against allowedPattern: %s", v.pattern)
	}
	return nil
}

// parameterTags adds Tags to those that are there.
func (r *request) parameterTags(have []tag) ([]tag, error) {
	return r.addTags(have, tagLimits{
		key: tagKeyRule, value: tagValueRule, reserved: errValidation("Tag keys beginning with aws: are reserved for system use."),
		most: maxParameterTags, tooMany: newError("TooManyTagsError", http.StatusBadRequest, "The Tags can't be more than %d.", maxParameterTags),
	})
}

// tagged returns the parameter that ResourceId names, for the operations on
// tags.
func (r *request) tagged() (*parameter, error) {
	kind := r.needText("ResourceType", rule{1, 64, nil, "", ""})
	id := r.needText("ResourceId", rule{1, 2048, nil, "", ""})
	if err := r.checked(); err != nil {
		return nil, err
	}
	if kind != "Parameter" {
		return nil, newError("InvalidResourceType", http.StatusBadRequest, "The simulator knows tags of parameters only.")
	}
	p, err := r.parameter(id)
	if err != nil {
		return nil, newError("InvalidResourceId", http.StatusBadRequest, "The resource ID is not valid. Verify that you entered the correct ID and try again.")
	}
	return p, nil
}

func addTagsToResource(r *request) (object, error) {
	p, err := r.tagged()
	if err != nil {
		return nil, err
	}
	tags, err := r.parameterTags(p.tags)
	if err != nil {
		return nil, err
	}
	p.changing(r)
	p.tags = tags
	return object{}, nil
}

func removeTagsFromResource(r *request) (object, error) {
	p, err := r.tagged()
	if err != nil {
		return nil, err
	}
	keys := r.input.list("TagKeys")
	p.changing(r)
	p.tags = slices.DeleteFunc(slices.Clone(p.tags), func(t tag) bool { return slices.Contains(keys, t.key) })
	return object{}, nil
}

func listTagsForResource(r *request) (object, error) {
	p, err := r.tagged()
	if err != nil {
		return nil, err
	}
	seen := r.account.parametersOf(r.region).read(p.name)
	if seen == nil {
		return object{"TagList": []object{}}, nil
	}
	return object{"TagList": tagObjects(seen.tags)}, nil
}
