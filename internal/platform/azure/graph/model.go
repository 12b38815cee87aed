package graph

import (
	"encoding/json"
	"time"
)

// Application is an application object. Fields that are nil are left out of a request.
type Application struct {
	ID                         string                        `json:"id,omitempty"`
	AppID                      string                        `json:"appId,omitempty"`
	DisplayName                string                        `json:"displayName,omitempty"`
	UniqueName                 string                        `json:"uniqueName,omitempty"`
	SignInAudience             string                        `json:"signInAudience,omitempty"`
	Notes                      *string                       `json:"notes,omitempty"`
	ServiceManagementReference *string                       `json:"serviceManagementReference,omitempty"`
	Tags                       []string                      `json:"tags,omitempty"`
	CreatedDateTime            *time.Time                    `json:"createdDateTime,omitempty"`
	DeletedDateTime            *time.Time                    `json:"deletedDateTime,omitempty"`
	PasswordCredentials        []PasswordCredential          `json:"passwordCredentials,omitempty"`
	KeyCredentials             []KeyCredential               `json:"keyCredentials,omitempty"`
	Owners                     []DirectoryObject             `json:"owners,omitempty"`
	FederatedCredentials       []FederatedIdentityCredential `json:"federatedIdentityCredentials,omitempty"`
}

// ServicePrincipal is what an application, or a managed identity, is in a tenant.
type ServicePrincipal struct {
	ID                        string               `json:"id,omitempty"`
	AppID                     string               `json:"appId,omitempty"`
	DisplayName               string               `json:"displayName,omitempty"`
	ServicePrincipalType      string               `json:"servicePrincipalType,omitempty"`
	AccountEnabled            *bool                `json:"accountEnabled,omitempty"`
	AppRoleAssignmentRequired *bool                `json:"appRoleAssignmentRequired,omitempty"`
	AppOwnerOrganizationID    string               `json:"appOwnerOrganizationId,omitempty"`
	AlternativeNames          []string             `json:"alternativeNames,omitempty"`
	Notes                     *string              `json:"notes,omitempty"`
	Tags                      []string             `json:"tags,omitempty"`
	AppRoles                  []AppRole            `json:"appRoles,omitempty"`
	VerifiedPublisher         *VerifiedPublisher   `json:"verifiedPublisher,omitempty"`
	PasswordCredentials       []PasswordCredential `json:"passwordCredentials,omitempty"`
	KeyCredentials            []KeyCredential      `json:"keyCredentials,omitempty"`
	CreatedDateTime           *time.Time           `json:"createdDateTime,omitempty"`
	Owners                    []DirectoryObject    `json:"owners,omitempty"`
	AppRoleAssignments        []AppRoleAssignment  `json:"appRoleAssignments,omitempty"`
}

// TypeManagedIdentity is the ServicePrincipalType of managed identities.
const TypeManagedIdentity = "ManagedIdentity"

// PasswordCredential is a client secret. SecretText is there once, in the answer to addPassword.
type PasswordCredential struct {
	KeyID         string     `json:"keyId,omitempty"`
	DisplayName   string     `json:"displayName,omitempty"`
	StartDateTime *time.Time `json:"startDateTime,omitempty"`
	EndDateTime   *time.Time `json:"endDateTime,omitempty"`
	SecretText    string     `json:"secretText,omitempty"`
}

// KeyCredential is a certificate; Key is base64 and only in requests.
type KeyCredential struct {
	KeyID         string     `json:"keyId,omitempty"`
	DisplayName   string     `json:"displayName,omitempty"`
	Type          string     `json:"type,omitempty"`
	Usage         string     `json:"usage,omitempty"`
	StartDateTime *time.Time `json:"startDateTime,omitempty"`
	EndDateTime   *time.Time `json:"endDateTime,omitempty"`
	Key           string     `json:"key,omitempty"`
}

// AppManagementPolicy says which credentials applications may have: the tenant's default, or one that is assigned to
// applications, which has Restrictions instead.
type AppManagementPolicy struct {
	DisplayName             string          `json:"displayName"`
	IsEnabled               bool            `json:"isEnabled"`
	ApplicationRestrictions AppRestrictions `json:"applicationRestrictions"`
	Restrictions            AppRestrictions `json:"restrictions"`
}

// AppRestrictions are the rules of a policy.
type AppRestrictions struct {
	Passwords []AppRestriction `json:"passwordCredentials"`
	Keys      []AppRestriction `json:"keyCredentials"`
}

// AppRestriction is one rule. MaxLifetime is a duration of ISO 8601, empty for a rule without one.
type AppRestriction struct {
	Type  string `json:"restrictionType"`
	State string `json:"state"`
	// After is from when on an application has to have been made; nil for all.
	After       *time.Time `json:"restrictForAppsCreatedAfterDateTime"`
	MaxLifetime string     `json:"maxLifetime"`
	// ExcludeActors are callers to whom the rule does not apply.
	ExcludeActors json.RawMessage `json:"excludeActors"`
}

// FederatedIdentityCredential lets a token of another issuer sign in.
type FederatedIdentityCredential struct {
	ID          string   `json:"id,omitempty"`
	Name        string   `json:"name,omitempty"`
	Issuer      string   `json:"issuer,omitempty"`
	Subject     string   `json:"subject,omitempty"`
	Audiences   []string `json:"audiences,omitempty"`
	Description string   `json:"description,omitempty"`
}

// AppRole is a role that a service principal's application offers, such as User.Read.All of Microsoft Graph.
type AppRole struct {
	ID                 string   `json:"id"`
	Value              string   `json:"value"`
	DisplayName        string   `json:"displayName"`
	AllowedMemberTypes []string `json:"allowedMemberTypes"`
	IsEnabled          bool     `json:"isEnabled"`
}

// AppRoleAssignment is a role that a principal has been given.
type AppRoleAssignment struct {
	ID          string `json:"id,omitempty"`
	PrincipalID string `json:"principalId,omitempty"`
	ResourceID  string `json:"resourceId,omitempty"`
	AppRoleID   string `json:"appRoleId,omitempty"`
	// ResourceDisplayName is that of the service principal that offers the role.
	ResourceDisplayName string `json:"resourceDisplayName,omitempty"`
}

// PermissionGrant is an oAuth2PermissionGrant: the service principal ClientID acts on ResourceID for who has consented, with
// the scopes that Scope has, separated by spaces.
type PermissionGrant struct {
	ID         string `json:"id"`
	ClientID   string `json:"clientId"`
	ResourceID string `json:"resourceId"`
	Scope      string `json:"scope"`
}

// DirectoryObject is any object of the directory, such as an owner.
type DirectoryObject struct {
	Type              string `json:"@odata.type,omitempty"`
	ID                string `json:"id,omitempty"`
	DisplayName       string `json:"displayName,omitempty"`
	UserPrincipalName string `json:"userPrincipalName,omitempty"`
	Mail              string `json:"mail,omitempty"`
	AccountEnabled    *bool  `json:"accountEnabled,omitempty"`
}

// VerifiedPublisher is the publisher that Microsoft has verified; its name is empty where there is none.
type VerifiedPublisher struct {
	DisplayName         string `json:"displayName"`
	VerifiedPublisherID string `json:"verifiedPublisherId"`
}

// DirectoryRoleAssignment is a role of Entra ID's that a principal holds.
type DirectoryRoleAssignment struct {
	ID               string `json:"id"`
	PrincipalID      string `json:"principalId"`
	RoleDefinitionID string `json:"roleDefinitionId"`
	DirectoryScopeID string `json:"directoryScopeId"`
}
