package azure

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform/azure/federation"
)

// ApplicationSpec is what an application has besides its name and metadata.
type ApplicationSpec struct {
	DisplayName string
	// UniqueName is the alternate key of the application, which can be set once and never changed.
	UniqueName string
	// SignInAudience is one of SignInAudiences.
	SignInAudience                    string
	ServiceManagementReference, Notes string
	// Owners are object ids or user principal names; these are all, besides whom Terraform runs as.
	Owners []string
	// AppRoleAssignments are by a name that only the configuration has.
	AppRoleAssignments map[string]AppRoleAssignment
	// FederatedCredentials are by name.
	FederatedCredentials map[string]federation.Preset
	// PurgeOnDestroy makes a deletion final; otherwise the application can be restored for 30 days.
	PurgeOnDestroy bool
	// MayOpen lets a sign-in be opened that the record in the tags says to have been closed by an expiry. The record alone does
	// not do: whoever may edit the application can write it.
	MayOpen bool
}

// SignInAudiences are who can sign in to an application, the default first.
var SignInAudiences = []string{"AzureADMyOrg", "AzureADMultipleOrgs", "AzureADandPersonalMicrosoftAccount", "PersonalMicrosoftAccount"}

// ApplicationState is an application, with its service principal, as it is. Its secrets and certificates are not part of it.
type ApplicationState struct {
	platform.Observed
	// ManagedBy is the mark of the tool that governs it.
	ManagedBy string
	// ApplicationID is what it signs in with. ServicePrincipalID is empty while it has no service principal.
	ApplicationID, ServicePrincipalID string
	UniqueName                        string
	DisplayName                       string
	SignInAudience                    string
	ServiceManagementReference, Notes string
	// SignInEnabled tells that its service principal is there and not blocked.
	SignInEnabled bool
	// Owners are object ids, sorted, without that of whom Terraform runs as unless it is asked for.
	Owners []string
	// AppRoles are those that its service principal has, sorted.
	AppRoles             []AppRole
	FederatedCredentials map[string]federation.Credential
	PurgeOnDestroy       bool
	// Quarantine is what is recorded of one; nil where there is none.
	Quarantine *governance.Quarantine
	// HalfRetired tells that it is deleted, and that an interruption has left it restorable although it was to go for good.
	HalfRetired bool

	tags, allOwners []string
	records         graphRecords
	closed          bool
	// wasOpen tells that the sign-in was open when the quarantine began.
	wasOpen     bool
	assignments []heldRole
	// federatedIDs are by name.
	federatedIDs map[string]string
}

// Closed tells that this change has closed the sign-in, or tried to.
func (s ApplicationState) Closed() bool { return s.closed }

// heldRole is an app role that a service principal has, with the id of its assignment.
type heldRole struct {
	AppRole
	id string
}

// Applications manages the applications of a tenant with their service principals.
type Applications struct{ tenant *Tenant }

var _ platform.Driver[ApplicationSpec, ApplicationState] = (*Applications)(nil)

// Applications of the tenant.
func (t *Tenant) Applications() *Applications { return &Applications{tenant: t} }

const applicationAttribute = string(governance.KindEntraApplication)

func (t *Tenant) graphTagging() graphTagging { return graphTagging{keys: t.config.MetadataKeys} }

// applicationID is the canonical id of an application.
func (t *Tenant) applicationID(object string) governance.ID {
	return governance.ID{Kind: governance.KindEntraApplication, Account: t.ID(), Resource: strings.ToLower(object)}
}

// Predict is what Converge will return but for the ids that Entra ID makes up.
func (a *Applications) Predict(ctx context.Context, want platform.Desired[ApplicationSpec]) (ApplicationState, error) {
	if _, err := a.tenant.connect(ctx); err != nil {
		return ApplicationState{}, err
	}
	state := ApplicationState{
		Observed:  platform.Observed{Name: want.Name, Metadata: want.Metadata, Disabled: want.Disabled},
		ManagedBy: governance.ManagedBy, UniqueName: want.Spec.UniqueName, DisplayName: want.Spec.DisplayName, SignInAudience: want.Spec.SignInAudience,
		ServiceManagementReference: want.Spec.ServiceManagementReference, Notes: want.Spec.Notes, SignInEnabled: !want.Disabled,
		FederatedCredentials: a.tenant.credentials(want.Spec.FederatedCredentials), PurgeOnDestroy: want.Spec.PurgeOnDestroy,
	}
	var err error
	if state.Owners, err = a.tenant.OwnerIDs(ctx, want.Spec.Owners); err != nil {
		return state, err
	}
	state.AppRoles, err = a.tenant.namedRoles(ctx, want.Spec.AppRoleAssignments)
	state.sort()
	return state, err
}

// sort puts what has no order of its own into one, and names what is attached.
func (s *ApplicationState) sort() {
	sortRoles(s.AppRoles)
	slices.Sort(s.Owners)
	s.Attachments = nil
	for _, role := range s.AppRoles {
		s.Attachments = append(s.Attachments, appRolePrefix+role.String())
	}
	for name := range s.FederatedCredentials {
		s.Attachments = append(s.Attachments, federatedPrefix+name)
	}
	slices.Sort(s.Attachments)
}

// How attachments are named.
const (
	appRolePrefix     = "app role "
	federatedPrefix   = "federated credential "
	secretPrefix      = "client secret "
	certificatePrefix = "certificate "
	ownerPrefix       = "owner "
)

// Limits of applications ("application resource type", and "Microsoft Entra service limits and restrictions").
const (
	maxDisplayName = 120
	maxUniqueName  = 256
	maxNotes       = 1024
	maxOwners      = 100
)

var (
	uniqueNamePattern = regexp.MustCompile(`^[\x21-\x7e]+$`)
	notUnique         = regexp.MustCompile(`[^\x21-\x7e]+`)
)

// DefaultUniqueName is the unique name of an application that asks for none: its name, with a hyphen for what cannot be in one.
func DefaultUniqueName(name string) string { return notUnique.ReplaceAllString(name, "-") }

// ValidateApplication finds what can be found without asking Microsoft Graph and without knowing how the tenant is configured.
func ValidateApplication(want platform.Desired[ApplicationSpec]) []governance.Violation {
	return NewTenant(Config{MetadataKeys: governance.NewMetadataKeys(nil)}).validateApplication(want)
}

func (t *Tenant) validateApplication(want platform.Desired[ApplicationSpec]) []governance.Violation {
	found, spec := findings{}, want.Spec
	at := func(path ...string) []string { return append([]string{applicationAttribute}, path...) }
	t.graphTagging().check(&found, want.Metadata)
	if length := graphLength(spec.DisplayName); length > maxDisplayName {
		found.add(at("display_name"), "Shorten it.", "the display name has %d characters, %d more than the limit of %d", length, length-maxDisplayName, maxDisplayName)
	}
	if name := spec.UniqueName; name != "" && (!uniqueNamePattern.MatchString(name) || len(name) > maxUniqueName) {
		found.add(at("unique_name"), fmt.Sprintf("Write at most %d letters, digits and punctuation marks of ASCII, without white space.", maxUniqueName),
			"%q cannot be the unique name of an application", name)
	}
	if spec.SignInAudience != "" && !slices.Contains(SignInAudiences, spec.SignInAudience) {
		found.add(at("sign_in_audience"), "Write one of these: "+strings.Join(SignInAudiences, ", ")+".", "%q is no audience of Entra ID's", spec.SignInAudience)
	}
	if length := graphLength(spec.Notes); length > maxNotes {
		found.add(at("notes"), "Shorten it.", "the notes have %d characters, %d more than the limit of %d", length, length-maxNotes, maxNotes)
	}
	if more := len(spec.Owners) - maxOwners; more > 0 {
		found.add(at("owners"), "Name fewer, or a group's members only where they act themselves.", "there are %d owners, %d more than an application can have (%d)", len(spec.Owners), more, maxOwners)
	}
	found.addRoles(applicationAttribute, spec.AppRoleAssignments)
	t.checkFederated(&found, applicationAttribute, spec.FederatedCredentials)
	return found
}

// Check finds what Entra ID would refuse: also owners and app roles that there are not.
func (a *Applications) Check(ctx context.Context, want platform.Desired[ApplicationSpec]) ([]governance.Violation, error) {
	found := findings(a.tenant.validateApplication(want))
	if err := a.tenant.checkOwners(ctx, &found, want.Spec.Owners); err != nil {
		return found, err
	}
	return found, a.tenant.checkRoles(ctx, &found, applicationAttribute, want.Spec.AppRoleAssignments)
}

// Trust is who could sign in as the application without holding a credential.
func (a *Applications) Trust(spec ApplicationSpec) governance.Trust {
	return a.tenant.federatedTrust(applicationAttribute, spec.FederatedCredentials)
}
