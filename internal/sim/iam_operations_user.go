package sim

// userOperations are the operations on users, groups and credentials, and on
// service-linked roles.
func userOperations() map[string]operation {
	return map[string]operation{
		"CreateUser":   {run: createUser, needs: newUser, result: true},
		"GetUser":      {run: getUser, needs: onUser, result: true},
		"UpdateUser":   {run: updateUser, needs: onUserAndNew},
		"DeleteUser":   {run: deleteUser, needs: onUser},
		"ListUsers":    {run: listUsers, needs: onList("user"), result: true},
		"TagUser":      {run: tagUser, needs: onUser},
		"UntagUser":    {run: untagUser, needs: onUser},
		"ListUserTags": {run: listUserTags, needs: onUser, result: true},

		"PutUserPolicy":                 {run: userHolder.putPolicy, needs: onUser},
		"GetUserPolicy":                 {run: userHolder.getPolicy, needs: onUser, result: true},
		"DeleteUserPolicy":              {run: userHolder.deletePolicy, needs: onUser},
		"ListUserPolicies":              {run: userHolder.listPolicies, needs: onUser, result: true},
		"AttachUserPolicy":              {run: userHolder.attachPolicy, needs: onUser},
		"DetachUserPolicy":              {run: userHolder.detachPolicy, needs: onUser},
		"ListAttachedUserPolicies":      {run: userHolder.listAttached, needs: onUser, result: true},
		"PutUserPermissionsBoundary":    {run: userHolder.putBoundary, needs: onUser},
		"DeleteUserPermissionsBoundary": {run: userHolder.deleteBoundary, needs: onUser},

		"CreateGroup":               {run: createGroup, needs: newGroup, result: true},
		"GetGroup":                  {run: getGroup, needs: onGroup, result: true},
		"DeleteGroup":               {run: deleteGroup, needs: onGroup},
		"ListGroups":                {run: listGroups, needs: onList("group"), result: true},
		"AddUserToGroup":            {run: addUserToGroup, needs: onGroup},
		"RemoveUserFromGroup":       {run: removeUserFromGroup, needs: onGroup},
		"ListGroupsForUser":         {run: listGroupsForUser, needs: onUser, result: true},
		"PutGroupPolicy":            {run: groupHolder.putPolicy, needs: onGroup},
		"GetGroupPolicy":            {run: groupHolder.getPolicy, needs: onGroup, result: true},
		"DeleteGroupPolicy":         {run: groupHolder.deletePolicy, needs: onGroup},
		"ListGroupPolicies":         {run: groupHolder.listPolicies, needs: onGroup, result: true},
		"AttachGroupPolicy":         {run: groupHolder.attachPolicy, needs: onGroup},
		"DetachGroupPolicy":         {run: groupHolder.detachPolicy, needs: onGroup},
		"ListAttachedGroupPolicies": {run: groupHolder.listAttached, needs: onGroup, result: true},

		"CreateAccessKey":      {run: createAccessKey, needs: onUser, result: true},
		"UpdateAccessKey":      {run: updateAccessKey, needs: onUser},
		"DeleteAccessKey":      {run: deleteAccessKey, needs: onUser},
		"ListAccessKeys":       {run: listAccessKeys, needs: onUser, result: true},
		"GetAccessKeyLastUsed": {run: getAccessKeyLastUsed, needs: onOwnerOfKey, result: true},

		"CreateLoginProfile": {run: createLoginProfile, needs: onUser, result: true},
		"GetLoginProfile":    {run: getLoginProfile, needs: onUser, result: true},
		"UpdateLoginProfile": {run: updateLoginProfile, needs: onUser},
		"DeleteLoginProfile": {run: deleteLoginProfile, needs: onUser},

		"CreateVirtualMFADevice": {run: createVirtualMFADevice, needs: newDevice, result: true},
		"EnableMFADevice":        {run: enableMFADevice, needs: onUser},
		"DeactivateMFADevice":    {run: deactivateMFADevice, needs: onUser},
		"DeleteVirtualMFADevice": {run: deleteVirtualMFADevice, needs: onDevice},
		"ListMFADevices":         {run: listMFADevices, needs: onUser, result: true},
		"ListVirtualMFADevices":  {run: listVirtualMFADevices, needs: onAnything, result: true},

		"UploadSSHPublicKey": {run: uploadSSHPublicKey, needs: onUser, result: true},
		"ListSSHPublicKeys":  {run: listSSHPublicKeys, needs: onUser, result: true},
		"GetSSHPublicKey":    {run: getSSHPublicKey, needs: onUser, result: true},
		"UpdateSSHPublicKey": {run: updateSSHPublicKey, needs: onUser},
		"DeleteSSHPublicKey": {run: deleteSSHPublicKey, needs: onUser},

		"UploadSigningCertificate": {run: uploadSigningCertificate, needs: onUser, result: true},
		"ListSigningCertificates":  {run: listSigningCertificates, needs: onUser, result: true},
		"UpdateSigningCertificate": {run: updateSigningCertificate, needs: onUser},
		"DeleteSigningCertificate": {run: deleteSigningCertificate, needs: onUser},

		"CreateServiceSpecificCredential": {run: createServiceSpecificCredential, needs: onUser, result: true},
		"ListServiceSpecificCredentials":  {run: listServiceSpecificCredentials, needs: onUser, result: true},
		"UpdateServiceSpecificCredential": {run: updateServiceSpecificCredential, needs: onUser},
		"ResetServiceSpecificCredential":  {run: resetServiceSpecificCredential, needs: onUser, result: true},
		"DeleteServiceSpecificCredential": {run: deleteServiceSpecificCredential, needs: onUser},

		"GenerateCredentialReport": {run: generateCredentialReport, needs: onAnything, result: true},
		"GetCredentialReport":      {run: getCredentialReport, needs: onAnything, result: true},

		"CreateServiceLinkedRole":            {run: createServiceLinkedRole, needs: newLinkedRole, result: true},
		"DeleteServiceLinkedRole":            {run: deleteServiceLinkedRole, needs: onRole, result: true},
		"GetServiceLinkedRoleDeletionStatus": {run: getServiceLinkedRoleDeletionStatus, needs: onDeletion, result: true},
	}
}

func newUser(r *request) []access  { return r.newEntity("user", "UserName", "iam:TagUser") }
func newGroup(r *request) []access { return r.newEntity("group", "GroupName", "") }
func newDevice(r *request) []access {
	return r.newEntity("mfa", "VirtualMFADeviceName", "iam:TagMFADevice")
}

func (r *request) arn(rest string) string { return "arn:aws:iam::" + r.account.id + ":" + rest }

// onUser is the permission of an operation on the user that UserName names, or
// on the caller's own.
func onUser(r *request) []access {
	name := r.str("UserName")
	if !r.has("UserName") {
		name = r.ownName()
	}
	return []access{r.userAccess(name)}
}

func (r *request) userAccess(name string) access {
	a := access{action: r.permission(), resource: r.arn("user/" + name), shown: "user " + name}
	if u := r.account.user(name); u != nil {
		a.resource, a.tags = u.arn(), u.tags
		if u.boundary != "" && !r.has("PermissionsBoundary") {
			a.keys = map[string]string{"iam:PermissionsBoundary": u.boundary}
		}
	}
	return a
}

// onUserAndNew adds the name after the change: to rename or move a user the
// caller needs the permission on both (IAM user guide, "Rename an IAM user").
func onUserAndNew(r *request) []access {
	needs := onUser(r)
	if !r.has("NewUserName") && !r.has("NewPath") {
		return needs
	}
	name, path := r.str("UserName"), "/"
	if u := r.account.user(name); u != nil {
		path = u.path
	}
	if r.has("NewUserName") {
		name = r.str("NewUserName")
	}
	if r.has("NewPath") {
		path = r.str("NewPath")
	}
	after := needs[0]
	after.resource, after.shown = r.arn("user"+path+name), ""
	return append(needs, after)
}

func onGroup(r *request) []access {
	name := r.str("GroupName")
	a := access{action: r.permission(), resource: r.arn("group/" + name), shown: "group " + name}
	if g := r.account.group(name); g != nil {
		a.resource = g.arn()
	}
	return []access{a}
}

func onOwnerOfKey(r *request) []access {
	id := r.str("AccessKeyId")
	if u := r.account.ownerOfKey(id); u != nil {
		return []access{r.userAccess(u.name)}
	}
	return []access{{action: r.permission(), resource: r.arn("user/*"), shown: "access key " + id}}
}

func onDevice(r *request) []access {
	a := access{action: r.permission(), resource: r.str("SerialNumber")}
	if d := r.account.devices.get(a.resource); d != nil {
		a.tags = d.tags
	}
	return []access{a}
}

func newLinkedRole(r *request) []access {
	service := r.str("AWSServiceName")
	name := linkedRoleName(linkedServices[service].name, r.str("CustomSuffix"))
	return []access{{action: r.permission(), resource: r.arn("role" + serviceLinkedPath + service + "/" + name)}}
}

// onDeletion is the permission to watch a deletion; its resource is the role.
func onDeletion(r *request) []access {
	a := access{action: r.permission(), resource: r.arn("role/*")}
	if d := r.account.deletions[r.str("DeletionTaskId")]; d != nil {
		a.resource, a.tags = d.role.arn(), d.role.tags
	}
	return []access{a}
}
