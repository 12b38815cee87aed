package sim

import (
	"slices"
	"time"
)

// recordTime is how configuration items write a time.
const recordTime = "2006-01-02T15:04:05.000Z"

// record visits the configuration items of the account's resources of a type,
// by a key that orders them. What a configuration has is in the items that
// AWS Config delivers: documents are percent-encoded, and nothing tells of a
// last use, a password or an access key.
func (a *Account) record(resourceType string, visit func(key string, item object)) {
	add := func(id, name, arn string, created time.Time, tags []tag, configuration object) {
		configuration["arn"], configuration["createDate"] = arn, created.UTC().Format(recordTime)
		shown := make([]object, len(tags))
		for i, t := range tags {
			shown[i] = object{"tag": t.key + "=" + t.value, "key": t.key, "value": t.value}
		}
		visit(a.id+"/"+name, object{
			"accountId": a.id, "arn": arn, "awsRegion": "global", "resourceId": id, "resourceName": name, "resourceType": resourceType,
			"configurationItemStatus": currentStatus, "configurationItemCaptureTime": a.server.clock.Now().UTC().Format(recordTime),
			"tags": shown, "configuration": configuration,
		})
	}
	switch resourceType {
	case "AWS::IAM::Role":
		for _, r := range a.roles.all() {
			profiles := []object{}
			for _, key := range a.profileKeysOf(r) {
				p := a.profiles.get(key)
				profiles = append(profiles, object{"path": p.path, "instanceProfileName": p.name, "instanceProfileId": p.id, "arn": p.arn(), "createDate": p.created.UTC().Format(recordTime)})
			}
			add(r.id, r.name, r.arn(), r.created, r.tags, object{
				"path": r.path, "roleName": r.name, "roleId": r.id, "assumeRolePolicyDocument": escapeRFC3986(r.trust.render(a.server)),
				"instanceProfileList": profiles, "rolePolicyList": r.recordInline(), "attachedManagedPolicies": recordAttached(r.attached),
				"permissionsBoundary": recordBoundary(r.boundary), "tags": recordTags(r.tags), "roleLastUsed": nil,
			})
		}
	case "AWS::IAM::User":
		for _, u := range a.users.all() {
			groups := []string{}
			for _, g := range u.groups {
				groups = append(groups, g.name)
			}
			add(u.id, u.name, u.arn(), u.created, u.tags, object{
				"path": u.path, "userName": u.name, "userId": u.id, "groupList": groups,
				"userPolicyList": u.recordInline(), "attachedManagedPolicies": recordAttached(u.attached),
				"permissionsBoundary": recordBoundary(u.boundary), "tags": recordTags(u.tags),
			})
		}
	case "AWS::IAM::Group":
		for _, g := range a.groups.all() {
			add(g.id, g.name, g.arn(), g.created, nil, object{
				"path": g.path, "groupName": g.name, "groupId": g.id, "groupPolicyList": g.recordInline(), "attachedManagedPolicies": recordAttached(g.attached),
			})
		}
	case "AWS::IAM::Policy":
		for _, p := range a.policies.all() {
			add(p.id, p.name, p.arn(), p.created, p.tags, object{
				"path": p.path, "policyName": p.name, "policyId": p.id, "defaultVersionId": policyVersion, "isAttachable": true,
				"attachmentCount": a.attachments[p.arn()], "permissionsBoundaryUsageCount": a.boundaries[p.arn()], "updateDate": p.created.UTC().Format(recordTime),
				"policyVersionList": []object{{"document": escapeRFC3986(p.text), "versionId": policyVersion, "isDefaultVersion": true, "createDate": p.created.UTC().Format(recordTime)}},
			})
		}
	}
}

func (g *grants) recordInline() []object {
	out := []object{}
	for _, name := range g.inlineNames() {
		out = append(out, object{"policyName": name, "policyDocument": escapeRFC3986(g.inline[name].text)})
	}
	return out
}

func recordAttached(arns []string) []object {
	out := []object{}
	for _, arn := range slices.Sorted(slices.Values(arns)) {
		out = append(out, object{"policyName": lastPart(arn), "policyArn": arn})
	}
	return out
}

func recordBoundary(arn string) any {
	if arn == "" {
		return nil
	}
	return object{"permissionsBoundaryType": "Policy", "permissionsBoundaryArn": arn}
}

func recordTags(tags []tag) []object {
	out := make([]object, len(tags))
	for i, t := range tags {
		out[i] = object{"key": t.key, "value": t.value}
	}
	return out
}
