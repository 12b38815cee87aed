package azuresim

// applicationDefaults are the properties of an application of which nothing is
// said (Graph reference, application resource type).
func applicationDefaults(e *entity) object {
	return object{
		"id": e.id, "deletedDateTime": nil, "appId": e.id, "displayName": nil, "description": nil, "notes": nil,
		"createdDateTime": stamp(e.created), "disabledByMicrosoftStatus": nil, "groupMembershipClaims": nil,
		"identifierUris": []string{}, "isDeviceOnlyAuthSupported": nil, "isFallbackPublicClient": nil,
		"publisherDomain": e.tenant.domain, "serviceManagementReference": nil, "signInAudience": "AzureADMyOrg",
		"tags": []string{}, "uniqueName": nil, "samlMetadataUrl": nil, "applicationTemplateId": nil,
		"addIns": []object{}, "appRoles": []object{}, "requiredResourceAccess": []object{},
		"keyCredentials": []object{}, "passwordCredentials": []object{}, "defaultRedirectUri": nil,
		"api":               object{"acceptMappedClaims": nil, "knownClientApplications": []string{}, "requestedAccessTokenVersion": nil, "oauth2PermissionScopes": []object{}, "preAuthorizedApplications": []object{}},
		"info":              object{"logoUrl": nil, "marketingUrl": nil, "privacyStatementUrl": nil, "supportUrl": nil, "termsOfServiceUrl": nil},
		"verifiedPublisher": object{"displayName": nil, "verifiedPublisherId": nil, "addedDateTime": nil},
		"web":               object{"homePageUrl": nil, "logoutUrl": nil, "redirectUris": []string{}},
	}
}

// servicePrincipalDefaults are those of a service principal.
func servicePrincipalDefaults(e *entity) object {
	return object{
		"id": e.id, "deletedDateTime": nil, "accountEnabled": true, "alternativeNames": []string{}, "appId": nil,
		"appDisplayName": nil, "appDescription": nil, "appOwnerOrganizationId": nil, "appRoleAssignmentRequired": false,
		"createdDateTime": stamp(e.created), "description": nil, "disabledByMicrosoftStatus": nil, "displayName": nil,
		"homepage": nil, "loginUrl": nil, "notes": nil, "notificationEmailAddresses": []string{}, "preferredSingleSignOnMode": nil,
		"servicePrincipalNames": []string{}, "servicePrincipalType": "Application", "signInAudience": "AzureADMyOrg", "tags": []string{},
		"addIns": []object{}, "appRoles": []object{}, "oauth2PermissionScopes": []object{}, "keyCredentials": []object{}, "passwordCredentials": []object{},
		"info":              object{"logoUrl": nil, "marketingUrl": nil, "privacyStatementUrl": nil, "supportUrl": nil, "termsOfServiceUrl": nil},
		"verifiedPublisher": object{"displayName": nil, "verifiedPublisherId": nil, "addedDateTime": nil},
	}
}

// userDefaults are those of a user.
func userDefaults(e *entity) object {
	return object{
		"id": e.id, "deletedDateTime": nil, "accountEnabled": true, "createdDateTime": stamp(e.created), "displayName": nil, "userPrincipalName": nil,
		"mail": nil, "mailNickname": nil, "givenName": nil, "surname": nil, "jobTitle": nil, "department": nil, "userType": "Member",
	}
}

// groupDefaults are those of a security group.
func groupDefaults(e *entity) object {
	return object{
		"id": e.id, "deletedDateTime": nil, "createdDateTime": stamp(e.created), "displayName": nil, "description": nil, "groupTypes": []string{},
		"mail": nil, "mailEnabled": false, "mailNickname": nil, "securityEnabled": true, "isAssignableToRole": nil, "visibility": nil,
	}
}
