package azure

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/to"
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/authorization/armauthorization/v2"
	"github.com/google/uuid"

	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform"
)

// assignmentSpace is the name space of role assignment names.
var assignmentSpace = uuid.NewSHA1(uuid.NameSpaceURL, []byte("https://registry.terraform.io/providers/nhi-governance/governed#role-assignment"))

// assignmentName is the name of a role assignment. It follows from what is assigned to whom, so that a create that is made
// twice makes one, and a recreated identity, which has another object id, never meets the assignment of the former.
func assignmentName(principal string, role AssignedRole) string {
	of := role.grant()
	return uuid.NewSHA1(assignmentSpace, []byte(strings.ToLower(principal)+"\n"+of.scope+"\n"+of.roleID)).String()
}

// unknownPrincipal tells the errors about a principal that is not known everywhere yet.
var unknownPrincipal = ofCode(codePrincipalNotFound, codeSubjectNotFound)

// assign gives a role without an end, or changes the condition of one that is there.
func (w *identityWriter) assign(role AssignedRole) error {
	b, _ := baseOf(role.Scope)
	name, target := assignmentName(w.have.PrincipalID, role), definitionID(b, role.RoleID)
	if have, has := matching(w.have.Roles, role); has {
		name = lastSegment(have.assignmentID)
	} else if role.assignmentID != "" {
		name = lastSegment(role.assignmentID)
	}
	properties := &armauthorization.RoleAssignmentProperties{
		PrincipalID: &w.have.PrincipalID, RoleDefinitionID: &target, PrincipalType: to.Ptr(armauthorization.PrincipalTypeServicePrincipal),
		Condition: given(role.Condition), ConditionVersion: given(role.ConditionVersion),
		Description: given(role.description),
	}
	var raw error
	err := w.identities.tenant.untilPropagated(w.ctx, opWriteRole, unknownPrincipal, func() error {
		_, raw = w.arm.assignments.Create(w.ctx, pathOf(role.Scope), name, armauthorization.RoleAssignmentCreateParameters{Properties: properties}, nil)
		return raw
	})
	if code(raw) == codeRoleAssignmentExists && w.settled(role) {
		return nil // A try whose answer got lost has made it.
	}
	return w.blame(role, opWriteRole, raw, err)
}

func lastSegment(id string) string { return id[strings.LastIndexByte(id, '/')+1:] }

// given is nil for a text that is empty, which is left out of a request.
func given(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}

// Requests of Privileged Identity Management about a role assignment with an end.
const (
	assignRequest = armauthorization.RequestTypeAdminAssign
	updateRequest = armauthorization.RequestTypeAdminUpdate
	removeRequest = armauthorization.RequestTypeAdminRemove
)

// schedule asks for a role with an end, for another end, or for its removal.
func (w *identityWriter) schedule(role AssignedRole, kind armauthorization.RequestType) error {
	b, _ := baseOf(role.Scope)
	properties := &armauthorization.RoleAssignmentScheduleRequestProperties{
		PrincipalID: &w.have.PrincipalID, RoleDefinitionID: to.Ptr(definitionID(b, role.RoleID)), RequestType: &kind,
		Justification: to.Ptr(cmp.Or(w.metadata.Purpose, governance.ManagedBy)), TargetRoleAssignmentScheduleID: given(role.scheduleID),
	}
	if ticket := w.metadata.Ticket; ticket != "" {
		properties.TicketInfo = &armauthorization.RoleAssignmentScheduleRequestPropertiesTicketInfo{TicketNumber: &ticket}
	}
	if kind != removeRequest {
		properties.Condition, properties.ConditionVersion = given(role.Condition), given(role.ConditionVersion)
		properties.ScheduleInfo = &armauthorization.RoleAssignmentScheduleRequestPropertiesScheduleInfo{
			StartDateTime: to.Ptr(w.identities.tenant.config.Clock.Now().UTC()),
			Expiration:    &armauthorization.RoleAssignmentScheduleRequestPropertiesScheduleInfoExpiration{Type: to.Ptr(armauthorization.TypeAfterDateTime), EndDateTime: &role.End},
		}
	}
	var raw error
	err := w.identities.tenant.untilPropagated(w.ctx, opSchedule, unknownPrincipal, func() error {
		// A request cannot be sent twice under one name, so each try of ours has its own.
		var answer armauthorization.RoleAssignmentScheduleRequestsClientCreateResponse
		answer, raw = w.arm.requests.Create(w.ctx, pathOf(role.Scope), uuid.NewString(), armauthorization.RoleAssignmentScheduleRequest{Properties: properties}, nil)
		if raw == nil && answer.Properties != nil {
			raw = undone(role, deref(answer.Properties.Status))
		}
		return raw
	})
	// A try whose answer got lost may have done it, and an end may have passed meanwhile.
	if status := statusOf(raw); (status == http.StatusBadRequest || status == http.StatusNotFound || status == http.StatusConflict) && code(raw) != codeNoLicense && code(raw) != codePolicyRules {
		if kind == removeRequest && w.gone(role) || kind != removeRequest && w.settled(role) {
			return nil
		}
	}
	return w.blame(role, opSchedule, raw, err)
}

// undone reports a request that was taken, but will not be carried out.
func undone(role AssignedRole, status armauthorization.Status) error {
	switch status {
	case armauthorization.StatusDenied, armauthorization.StatusAdminDenied, armauthorization.StatusFailed, armauthorization.StatusInvalid,
		armauthorization.StatusCanceled, armauthorization.StatusTimedOut, armauthorization.StatusFailedAsResourceIsLocked:
		return &platform.ErrInvalid{Operation: opSchedule.name, Code: string(status), Detail: "Privileged Identity Management has not carried out the request for the " + role.String()}
	}
	return nil
}

// settled tells whether the identity has the role as it is wanted.
func (w *identityWriter) settled(role AssignedRole) bool {
	have, ok, err := w.lookUp(role)
	return err == nil && ok && sameCondition(have, role) && have.End.Equal(role.End)
}

// gone tells whether the identity has the role no longer.
func (w *identityWriter) gone(role AssignedRole) bool {
	_, ok, err := w.lookUp(role)
	return err == nil && !ok
}

func (w *identityWriter) lookUp(role AssignedRole) (AssignedRole, bool, error) {
	b, _ := baseOf(role.Scope)
	has, err := w.identities.tenant.readAssigned(w.ctx, w.arm, b, w.have.PrincipalID)
	if err != nil {
		return AssignedRole{}, false, err
	}
	found, ok := matching(has.of(w.have.PrincipalID, w.identities.tenant.config.Clock.Now()), role)
	return found, ok, nil
}

// removeRole takes a role away, with its schedule where it has one. What is gone already is no error.
func (w *identityWriter) removeRole(role AssignedRole) error {
	if role.scheduleID != "" {
		// What is active for less than five minutes can only go the other way.
		if err := w.schedule(role, removeRequest); role.assignmentID == "" || code(err) != codeTooShort {
			return err
		}
	}
	_, err := w.arm.assignments.DeleteByID(w.ctx, pathOf(role.assignmentID), nil)
	return ignoreNotFound(mapError(opDeleteRole, err))
}

// blame maps an error on the argument at fault where the code tells it; mapped is what is said otherwise.
func (w *identityWriter) blame(role AssignedRole, of operation, raw, mapped error) error {
	if mapped == nil {
		return nil
	}
	invalid := &platform.ErrInvalid{Operation: of.name, Code: code(raw), Detail: detailOf(raw), Err: raw}
	switch code(raw) {
	case codeNoResourceGroup, codeNoSubscription, codeNoResource, codeNoParent, codeNoGroup:
		invalid.Attribute, invalid.Remedy = w.at(role, "scope"), "Write the scope of something that exists, or refer to the resource that makes it."
	case codeNoLicense:
		invalid.Attribute, invalid.Remedy = w.at(role, "time_bound"), unlicensedRemedy
	case codePolicyRules:
		invalid.Attribute, invalid.Remedy = w.at(role, "time_bound"), "Choose an earlier expiry, change the settings of the role in Privileged Identity Management (maximum duration of active assignments), or write time_bound = false."
	case codeRoleAssignmentExists:
		return &platform.ErrConflict{Detail: fmt.Sprintf("%s: the identity has the %s already, though Azure does not list it yet", of.name, role), Err: raw}
	default:
		if errors.Is(mapped, platform.ErrNotFound) {
			invalid.Attribute = w.at(role, "scope")
			return invalid
		}
		return fmt.Errorf("%s: %w", role, mapped)
	}
	return invalid
}

const unlicensedRemedy = "Write time_bound = false, so that the first apply after the expiry ends the access (expiry_enforcement is then apply), or get a licence of Microsoft Entra ID P2 or ID Governance for the tenant."
