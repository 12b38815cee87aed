package sim

// ssmOperations are the operations of Systems Manager that the simulator
// offers: those of Parameter Store.
var ssmOperations map[string]operation

func init() {
	ssmOperations = map[string]operation{
		"PutParameter":          {json: putParameter, needs: newParameter},
		"GetParameter":          {json: getParameter, needs: onParameter},
		"GetParameters":         {json: getParameters, needs: onParameters},
		"GetParameterHistory":   {json: getParameterHistory, needs: onParameter},
		"DescribeParameters":    {json: describeParameters, needs: onRegion},
		"DeleteParameter":       {json: deleteParameter, needs: onParameter},
		"DeleteParameters":      {json: deleteParameters, needs: onParameters},
		"LabelParameterVersion": {json: labelParameterVersion, needs: onParameter},

		"AddTagsToResource":      {json: addTagsToResource, needs: onTagged},
		"RemoveTagsFromResource": {json: removeTagsFromResource, needs: onTagged},
		"ListTagsForResource":    {json: listTagsForResource, needs: onTagged},
	}
}

// onRegion is the permission of an operation without a resource.
func onRegion(r *request) []access {
	return []access{{action: r.permission(), resource: "arn:aws:ssm:" + r.region + ":" + r.account.id + ":*"}}
}

func (r *request) parameterAccess(text string) access {
	name := r.parameterName(text)
	for i := range name {
		if name[i] == ':' {
			name = name[:i]
			break
		}
	}
	a := access{action: r.permission(), resource: parameterARN(r.region, r.account.id, name)}
	if p := r.account.parametersOf(r.region).get(name); p != nil {
		a.tags = p.tags
	}
	return a
}

func onParameter(r *request) []access { return []access{r.parameterAccess(r.input.str("Name"))} }

func onParameters(r *request) []access {
	var out []access
	for _, name := range r.input.list("Names") {
		out = append(out, r.parameterAccess(name))
	}
	return out
}

func onTagged(r *request) []access { return []access{r.parameterAccess(r.input.str("ResourceId"))} }

// newParameter is the permission to put a parameter; tags take one of their own
// (Systems Manager API reference, PutParameter, Tags).
func newParameter(r *request) []access {
	a := r.parameterAccess(r.input.str("Name"))
	if a.keys == nil {
		a.keys = map[string]string{}
	}
	a.keys["ssm:Overwrite"] = "false"
	if r.input.flag("Overwrite") {
		a.keys["ssm:Overwrite"] = "true"
	}
	needs := []access{a}
	if r.input.has("Tags") {
		a.action = "ssm:AddTagsToResource"
		needs = append(needs, a)
	}
	return needs
}
