package sim

import (
	"maps"
	"strings"
)

// iamOperations are the IAM operations that the simulator offers. It is filled
// by init because the operations refer back to the table through the server.
var iamOperations map[string]operation

func init() {
	iamOperations = map[string]operation{
		"CreateRole":             {run: createRole, needs: newRole, result: true},
		"GetRole":                {run: getRole, needs: onRole, result: true},
		"UpdateRole":             {run: updateRole, needs: onRole, result: true},
		"UpdateRoleDescription":  {run: updateRoleDescription, needs: onRole, result: true},
		"UpdateAssumeRolePolicy": {run: updateAssumeRolePolicy, needs: onRole},
		"DeleteRole":             {run: deleteRole, needs: onRole},
		"ListRoles":              {run: listRoles, needs: onList("role"), result: true},

		"TagRole":      {run: tagRole, needs: onRole},
		"UntagRole":    {run: untagRole, needs: onRole},
		"ListRoleTags": {run: listRoleTags, needs: onRole, result: true},

		"PutRolePolicy":    {run: roleHolder.putPolicy, needs: onRole},
		"GetRolePolicy":    {run: roleHolder.getPolicy, needs: onRole, result: true},
		"DeleteRolePolicy": {run: roleHolder.deletePolicy, needs: onRole},
		"ListRolePolicies": {run: roleHolder.listPolicies, needs: onRole, result: true},

		"AttachRolePolicy":         {run: roleHolder.attachPolicy, needs: onRole},
		"DetachRolePolicy":         {run: roleHolder.detachPolicy, needs: onRole},
		"ListAttachedRolePolicies": {run: roleHolder.listAttached, needs: onRole, result: true},

		"PutRolePermissionsBoundary":    {run: roleHolder.putBoundary, needs: onRole},
		"DeleteRolePermissionsBoundary": {run: roleHolder.deleteBoundary, needs: onRole},

		"CreatePolicy":          {run: createPolicy, needs: newPolicy, result: true},
		"GetPolicy":             {run: getPolicy, needs: onPolicy, result: true},
		"GetPolicyVersion":      {run: getPolicyVersion, needs: onPolicy, result: true},
		"DeletePolicy":          {run: deletePolicy, needs: onPolicy},
		"ListPolicies":          {run: listPolicies, needs: onList("policy"), result: true},
		"ListEntitiesForPolicy": {run: listEntitiesForPolicy, needs: onPolicy, result: true},

		"CreateInstanceProfile":         {run: createInstanceProfile, needs: newInstanceProfile, result: true},
		"GetInstanceProfile":            {run: getInstanceProfile, needs: onInstanceProfile, result: true},
		"DeleteInstanceProfile":         {run: deleteInstanceProfile, needs: onInstanceProfile},
		"ListInstanceProfiles":          {run: listInstanceProfiles, needs: onList("instance-profile"), result: true},
		"ListInstanceProfilesForRole":   {run: listInstanceProfilesForRole, needs: onRole, result: true},
		"AddRoleToInstanceProfile":      {run: addRoleToInstanceProfile, needs: onInstanceProfileAndRole},
		"RemoveRoleFromInstanceProfile": {run: removeRoleFromInstanceProfile, needs: onInstanceProfile},
		"TagInstanceProfile":            {run: tagInstanceProfile, needs: onInstanceProfile},
		"UntagInstanceProfile":          {run: untagInstanceProfile, needs: onInstanceProfile},
		"ListInstanceProfileTags":       {run: listInstanceProfileTags, needs: onInstanceProfile, result: true},

		"GenerateServiceLastAccessedDetails": {run: generateServiceLastAccessedDetails, needs: onEntity, result: true},
		"GetServiceLastAccessedDetails":      {run: getServiceLastAccessedDetails, needs: onAnything, result: true},

		"CreateOpenIDConnectProvider": {run: createOIDCProvider, needs: newOIDCProvider, result: true},
		"GetOpenIDConnectProvider":    {run: getOIDCProvider, needs: onOIDCProvider, result: true},
		"DeleteOpenIDConnectProvider": {run: deleteOIDCProvider, needs: onOIDCProvider},
		"ListOpenIDConnectProviders":  {run: listOIDCProviders, needs: onList("oidc-provider"), result: true},

		"GetAccountAuthorizationDetails": {run: getAccountAuthorizationDetails, needs: onAnything, result: true},
		"GetAccountSummary":              {run: getAccountSummary, needs: onAnything, result: true},
	}
	maps.Copy(iamOperations, userOperations())
}

func (r *request) permission() string { return r.service + ":" + r.action }

// onAnything is the permission of an operation without a resource.
func onAnything(r *request) []access { return []access{{action: r.permission(), resource: "*"}} }

// onList is the permission of a list, whose resource is the path prefix.
func onList(kind string) func(*request) []access {
	return func(r *request) []access {
		prefix := r.str("PathPrefix")
		if prefix == "" {
			prefix = "/"
		}
		return []access{{action: r.permission(), resource: "arn:aws:iam::" + r.account.id + ":" + kind + prefix}}
	}
}

// newEntity is the permission to make an entity. With tags it takes the
// permission to tag as well (IAM user guide, "Tags for IAM resources").
func (r *request) newEntity(kind, nameParam, tagAction string) []access {
	path := r.str("Path")
	if path == "" {
		path = "/"
	}
	return r.withTagging("arn:aws:iam::"+r.account.id+":"+kind+path+r.str(nameParam), tagAction)
}

func (r *request) withTagging(arn, tagAction string) []access {
	needs := []access{{action: r.permission(), resource: arn}}
	if len(r.tags("Tags")) > 0 && tagAction != "" {
		needs = append(needs, access{action: tagAction, resource: arn})
	}
	return needs
}

func newRole(r *request) []access   { return r.newEntity("role", "RoleName", "iam:TagRole") }
func newPolicy(r *request) []access { return r.newEntity("policy", "PolicyName", "iam:TagPolicy") }
func newInstanceProfile(r *request) []access {
	return r.newEntity("instance-profile", "InstanceProfileName", "iam:TagInstanceProfile")
}

func newOIDCProvider(r *request) []access {
	return r.withTagging("arn:aws:iam::"+r.account.id+":oidc-provider/"+strings.TrimPrefix(r.str("Url"), "https://"), "iam:TagOpenIDConnectProvider")
}

// onRole is the permission of an operation on the role that RoleName names.
// AWS words the resource of a refusal as "role <name>".
func onRole(r *request) []access {
	name := r.str("RoleName")
	a := access{action: r.permission(), resource: "arn:aws:iam::" + r.account.id + ":role/" + name, shown: "role " + name}
	if role := r.account.role(name); role != nil {
		a.resource, a.tags = role.arn(), role.tags
		if role.boundary != "" && !r.has("PermissionsBoundary") {
			a.keys = map[string]string{"iam:PermissionsBoundary": role.boundary}
		}
	}
	return []access{a}
}

func onPolicy(r *request) []access {
	arn := r.str("PolicyArn")
	a := access{action: r.permission(), resource: arn, shown: "policy " + arn}
	if p := r.account.policy(arn); p != nil {
		a.tags = p.tags
	}
	return []access{a}
}

func onInstanceProfile(r *request) []access {
	name := r.str("InstanceProfileName")
	a := access{
		action:   r.permission(),
		resource: "arn:aws:iam::" + r.account.id + ":instance-profile/" + name,
		shown:    "instance profile " + name,
	}
	if p := r.account.profile(name); p != nil {
		a.resource, a.tags = p.arn(), p.tags
	}
	return []access{a}
}

// onInstanceProfileAndRole adds iam:PassRole: adding a role to an instance
// profile passes it to EC2 (IAM API reference, AddRoleToInstanceProfile).
func onInstanceProfileAndRole(r *request) []access {
	pass := onRole(r)[0]
	pass.action, pass.shown = "iam:PassRole", ""
	pass.keys = map[string]string{"iam:PassedToService": "ec2.amazonaws.com"} //nolint:gosec // a condition key, not a secret
	return append(onInstanceProfile(r), pass)
}

func onOIDCProvider(r *request) []access {
	arn := r.str("OpenIDConnectProviderArn")
	a := access{action: r.permission(), resource: arn}
	if p := r.account.providers.get(arn); p != nil {
		a.tags = p.tags
	}
	return []access{a}
}
