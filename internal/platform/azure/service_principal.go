package azure

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform"
)

// ServicePrincipalSpec is what the service principal of a third party's application has besides its name and metadata.
type ServicePrincipalSpec struct {
	// AppID is the id of the third party's application, which says which service principal it is.
	AppID string
	// Publisher pins whose application it has to be.
	Publisher PublisherPin
	// AppRoleAssignments are by a name that only the configuration has.
	AppRoleAssignments map[string]AppRoleAssignment
	// AppRoleAssignmentRequired lets only users sign in to it who are assigned to it; nil leaves that as it is.
	AppRoleAssignmentRequired *bool
	Notes                     string
	// PurgeOnDestroy makes a deletion final; otherwise the service principal can be restored for 30 days.
	PurgeOnDestroy bool
	// MayOpen lets a sign-in be opened that the record in the tags says to have been closed by an expiry or the creation. The record
	// alone does not do: the tags of the third party's own application are among those of its service principal.
	MayOpen bool
}

// PublisherPin is what is expected of an application's publisher; what is empty is not held against it.
type PublisherPin struct{ TenantID, VerifiedPublisherID string }

// Publisher is whose an application is, as its service principal shows it.
type Publisher struct {
	// TenantID is the tenant that the application is registered in; empty for a service principal without an application.
	TenantID string
	// Name and VerifiedPublisherID are whom Microsoft has verified; empty for nobody.
	Name, VerifiedPublisherID string
}

// ServicePrincipalState is the service principal of a third party's application, as it is.
type ServicePrincipalState struct {
	platform.Observed
	// ManagedBy is the mark of the tool that governs it.
	ManagedBy string
	AppID     string
	// DisplayName is the name that the application has given itself.
	DisplayName               string
	Publisher                 Publisher
	AppRoleAssignmentRequired bool
	Notes                     string
	// SignInEnabled tells that it is not blocked.
	SignInEnabled bool
	// AppRoles are those that it has, sorted.
	AppRoles []AppRole
	// Delegated are the delegated permissions that somebody has consented to for everybody, sorted. Where they may not be read,
	// DelegatedUnknown is the missing permission.
	Delegated        []Delegated
	DelegatedUnknown string
	PurgeOnDestroy   bool
	// Quarantine is what is recorded of one; nil where there is none.
	Quarantine *governance.Quarantine
	// HalfMade tells that its creation was interrupted, and that its sign-in has been closed ever since.
	HalfMade bool
	// HalfRetired tells that it is deleted, and that an interruption has left it restorable although it was to go for good.
	HalfRetired bool

	tags    []string
	records graphRecords
	// wasOpen tells that the sign-in was open when the quarantine began, and kind is the type of the service principal.
	wasOpen     bool
	kind        string
	assignments []heldRole
	closed      bool
}

// Closed tells that this change has closed the sign-in, or tried to.
func (s ServicePrincipalState) Closed() bool { return s.closed }

// ServicePrincipals manages the service principals of third parties' applications in a tenant.
type ServicePrincipals struct{ tenant *Tenant }

var _ platform.Driver[ServicePrincipalSpec, ServicePrincipalState] = (*ServicePrincipals)(nil)

// ServicePrincipals of the tenant.
func (t *Tenant) ServicePrincipals() *ServicePrincipals { return &ServicePrincipals{tenant: t} }

const servicePrincipalAttribute = string(governance.KindEntraServicePrincipal)

// servicePrincipalID is the canonical id of a service principal.
func (t *Tenant) servicePrincipalID(object string) governance.ID {
	return governance.ID{Kind: governance.KindEntraServicePrincipal, Account: t.ID(), Resource: strings.ToLower(object)}
}

// Predict is what Converge will return but for what only the third party's application and Entra ID tell.
func (s *ServicePrincipals) Predict(ctx context.Context, want platform.Desired[ServicePrincipalSpec]) (ServicePrincipalState, error) {
	if _, err := s.tenant.connect(ctx); err != nil {
		return ServicePrincipalState{}, err
	}
	state := ServicePrincipalState{
		Observed:  platform.Observed{Name: want.Name, Metadata: want.Metadata, Disabled: want.Disabled},
		ManagedBy: governance.ManagedBy, AppID: strings.ToLower(want.Spec.AppID), Notes: want.Spec.Notes,
		AppRoleAssignmentRequired: want.Spec.AppRoleAssignmentRequired != nil && *want.Spec.AppRoleAssignmentRequired,
		SignInEnabled:             !want.Disabled, PurgeOnDestroy: want.Spec.PurgeOnDestroy,
	}
	var err error
	state.AppRoles, err = s.tenant.namedRoles(ctx, want.Spec.AppRoleAssignments)
	state.attach()
	return state, err
}

// attach names what is attached.
func (s *ServicePrincipalState) attach() {
	s.Attachments = nil
	for _, role := range s.AppRoles {
		s.Attachments = append(s.Attachments, appRolePrefix+role.String())
	}
	for _, one := range s.Delegated {
		s.Attachments = append(s.Attachments, one.attachment())
	}
	slices.Sort(s.Attachments)
}

// ValidateServicePrincipal finds what can be found without asking Microsoft Graph and without knowing how the tenant is
// configured.
func ValidateServicePrincipal(want platform.Desired[ServicePrincipalSpec]) []governance.Violation {
	return NewTenant(Config{MetadataKeys: governance.NewMetadataKeys(nil)}).validateServicePrincipal(want)
}

func (t *Tenant) validateServicePrincipal(want platform.Desired[ServicePrincipalSpec]) []governance.Violation {
	found, spec := findings{}, want.Spec
	t.graphTagging().check(&found, want.Metadata)
	if spec.AppID != "" && !guidPattern.MatchString(spec.AppID) {
		found.add([]string{servicePrincipalAttribute, "app_id"}, "Write the application (client) id that the third party names in its documentation.", "%q is no GUID", spec.AppID)
	}
	if pin := spec.Publisher.TenantID; pin != "" && !guidPattern.MatchString(pin) {
		found.add([]string{servicePrincipalAttribute, "publisher", "tenant_id"}, "Write the id of the third party's tenant, and not one of its domains.", "%q is no GUID", pin)
	}
	if length := graphLength(spec.Notes); length > maxNotes {
		found.add([]string{servicePrincipalAttribute, "notes"}, "Shorten it.", "the notes have %d characters, %d more than the limit of %d", length, length-maxNotes, maxNotes)
	}
	if spec.Notes == creationNotes {
		found.add([]string{servicePrincipalAttribute, "notes"}, "Write others, or none.", "by these notes the provider knows a service principal whose creation was interrupted")
	}
	found.addRoles(servicePrincipalAttribute, spec.AppRoleAssignments)
	return found
}

// Check finds what Entra ID would refuse: also app roles that there are not.
func (s *ServicePrincipals) Check(ctx context.Context, want platform.Desired[ServicePrincipalSpec]) ([]governance.Violation, error) {
	found := findings(s.tenant.validateServicePrincipal(want))
	return found, s.tenant.checkRoles(ctx, &found, servicePrincipalAttribute, want.Spec.AppRoleAssignments)
}

// Trust is whose application can use the service principal.
func (s *ServicePrincipals) Trust(spec ServicePrincipalSpec) governance.Trust {
	if spec.AppID == "" {
		return governance.Trust{}
	}
	return governance.Trust{Known: true, Clauses: []governance.TrustClause{{
		Attribute: []string{servicePrincipalAttribute, "app_id"},
		// The tenant is left out: nobody but the application tells it, and only once it is here.
		Trustees: []governance.Trustee{{Kind: governance.TrusteeTenant, Name: strings.ToLower(spec.AppID), External: true}},
	}}}
}

// CheckPublisher finds an application that is not whose it should be: one of this tenant's own, one of Microsoft's, or one of
// another publisher than the expected one.
func (s *ServicePrincipals) CheckPublisher(spec ServicePrincipalSpec, is Publisher) []governance.Violation {
	var found []governance.Violation
	add := func(path []string, remedy, message string, args ...any) {
		found = append(found, governance.Violation{
			Rule: governance.RuleSafeTrust, Enforcement: governance.EnforceError, Attribute: append([]string{servicePrincipalAttribute}, path...),
			Message: fmt.Sprintf(message, args...), Remedy: remedy,
		})
	}
	appID := []string{"app_id"}
	switch home := is.TenantID; {
	case home == "":
		add(appID, "Check the id with the third party.", "the service principal of %s belongs to no application of another tenant", spec.AppID)
	case home == s.tenant.ID():
		add(appID, "Declare it as a governed_service_identity with entra_application, and import it there.",
			"%s is an application of this tenant itself, and no third party's", spec.AppID)
	case slices.Contains(microsoftTenants, home):
		add(appID, "Leave it to Microsoft, who manages it. Where only its service principal has to be there, azuread_service_principal with use_existing makes it; "+
			"roles of it are assigned by app_role_assignments of those who use it.", "%s is one of Microsoft's own applications, and no third party's", spec.AppID)
	default:
		if pin := strings.ToLower(spec.Publisher.TenantID); pin != "" && pin != home {
			add([]string{"publisher", "tenant_id"}, "Ask the third party which of the two is its tenant. Unless it is "+home+", somebody else offers this application.",
				"%s comes from the tenant %s, and not from %s", spec.AppID, home, pin)
		}
		if pin := spec.Publisher.VerifiedPublisherID; pin != "" && pin != is.VerifiedPublisherID {
			verified := "nobody is its verified publisher"
			if is.VerifiedPublisherID != "" {
				verified = fmt.Sprintf("its verified publisher is %s (%s)", is.VerifiedPublisherID, is.Name)
			}
			add([]string{"publisher", "verified_publisher_id"}, "Ask the third party for its id in the Microsoft AI Cloud Partner Program, and whether the application is its own.",
				"%s, and not %s", verified, pin)
		}
	}
	return found
}
