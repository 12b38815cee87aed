package azuresim

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// property is what Graph takes as a value of one property.
type property struct{ check func(any) bool }

// ofText takes a text of up to so many characters, or null.
func ofText(most int) property {
	return property{check: func(v any) bool {
		s, ok := v.(string)
		return v == nil || ok && utf8.RuneCountInString(s) <= most
	}}
}

// ofNames takes one of some texts.
func ofNames(names ...string) property {
	return property{check: func(v any) bool {
		s, ok := v.(string)
		return ok && slices.Contains(names, s)
	}}
}

var (
	ofFlag    = property{check: func(v any) bool { _, ok := v.(bool); return ok }}
	ofObject  = property{check: func(v any) bool { _, ok := v.(map[string]any); return ok }}
	ofObjects = property{check: func(v any) bool { return everyItem(v, func(i any) bool { return asObject(i) != nil }) }}
	ofTexts   = property{check: func(v any) bool { return everyItem(v, func(i any) bool { _, ok := i.(string); return ok }) }}
	// ofTags: each has one to 256 characters without white space, and none comes
	// twice.
	ofTags = property{check: func(v any) bool {
		seen := map[string]bool{}
		return everyItem(v, func(i any) bool {
			s, ok := i.(string)
			n := utf8.RuneCountInString(s)
			twice := seen[s]
			seen[s] = true
			return ok && n >= 1 && n <= 256 && !twice && !strings.ContainsFunc(s, unicode.IsSpace)
		})
	}}
)

func everyItem(v any, fits func(any) bool) bool {
	items, ok := v.([]any)
	return ok && !slices.ContainsFunc(items, func(i any) bool { return !fits(i) })
}

// audiencesOfSignIn are the values of signInAudience.
var audiencesOfSignIn = ofNames("AzureADMyOrg", "AzureADMultipleOrgs", "AzureADandPersonalMicrosoftAccount", "PersonalMicrosoftAccount")

// schemas are the properties that can be given to an object; what its defaults
// have besides is fixed. Lengths are those of the Graph reference and, for an
// application's name, what the directory holds to.
var schemas = map[kind]map[string]property{
	kindApplication: {
		"displayName": ofText(120), "description": ofText(1024), "notes": ofText(1024), "tags": ofTags, "uniqueName": ofText(256),
		"serviceManagementReference": ofText(1024), "signInAudience": audiencesOfSignIn, "identifierUris": ofTexts, "appRoles": ofObjects,
		"requiredResourceAccess": ofObjects, "api": ofObject, "web": ofObject, "info": ofObject, "keyCredentials": ofObjects, "groupMembershipClaims": ofText(64),
		"isFallbackPublicClient": ofFlag, "isDeviceOnlyAuthSupported": ofFlag,
	},
	kindServicePrincipal: {
		"accountEnabled": ofFlag, "alternativeNames": ofTexts, "appRoleAssignmentRequired": ofFlag, "description": ofText(1024), "notes": ofText(1024),
		"tags": ofTags, "homepage": ofText(1024), "loginUrl": ofText(1024), "keyCredentials": ofObjects, "notificationEmailAddresses": ofTexts,
		"preferredSingleSignOnMode": ofText(64), "servicePrincipalNames": ofTexts, "displayName": ofText(256),
	},
	kindUser: {
		"accountEnabled": ofFlag, "displayName": ofText(256), "userPrincipalName": ofText(1024), "mailNickname": ofText(64), "mail": ofText(256),
		"givenName": ofText(64), "surname": ofText(64), "jobTitle": ofText(128), "department": ofText(64), "userType": ofNames("Member", "Guest"),
	},
}

// resourceName is how the directory names a kind in its messages.
func (k kind) resourceName() string { return strings.ToUpper(string(k[:1])) + string(k[1:]) }

// checkProperties refuses properties that there are not, that Graph sets alone,
// and values that do not fit.
func (k kind) checkProperties(in object) error {
	for _, name := range in.names() {
		p, ok := schemas[k][name]
		switch {
		case strings.HasPrefix(name, "@odata."):
		case !ok && !k.has(name):
			return errBadRequest("Invalid property '%s'.", name)
		case !ok:
			return errInvalid("Property '%s' is read-only and cannot be set.", name)
		case !p.check(in[name]):
			return errInvalid("Invalid value specified for property '%s' of resource '%s'.", name, k.resourceName())
		}
	}
	return nil
}

// has reports whether objects of the kind have a property.
func (k kind) has(name string) bool {
	probe := &entity{tenant: &Tenant{}}
	var defaults object
	switch k {
	case kindApplication:
		defaults = applicationDefaults(probe)
	case kindServicePrincipal:
		defaults = servicePrincipalDefaults(probe)
	case kindUser:
		defaults = userDefaults(probe)
	case kindGroup:
		defaults = groupDefaults(probe)
	}
	_, ok := defaults[name]
	return ok
}

// plain turns what was read as JSON into what the directory keeps.
func plain(v any) any {
	items, ok := v.([]any)
	if !ok {
		if m, ok := v.(map[string]any); ok {
			return object(m)
		}
		return v
	}
	if !slices.ContainsFunc(items, func(i any) bool { _, ok := i.(string); return !ok }) {
		out := make([]string, len(items))
		for i, item := range items {
			out[i], _ = item.(string)
		}
		return out
	}
	return object{"items": items}.objects("items")
}
