package azuresim_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/to"
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/authorization/armauthorization/v2"

	"github.com/nhi-governance/terraform-provider-governed/internal/sim"
)

// request asks for the role Reader for a time, or for a change of one; a zero end is
// none.
func (e *estate) request(kind armauthorization.RequestType, principal string, start *time.Time, end time.Time) (armauthorization.RoleAssignmentScheduleRequest, error) {
	e.t.Helper()
	expiration := &armauthorization.RoleAssignmentScheduleRequestPropertiesScheduleInfoExpiration{Type: to.Ptr(armauthorization.TypeNoExpiration)}
	if !end.IsZero() {
		expiration.Type, expiration.EndDateTime = to.Ptr(armauthorization.TypeAfterDateTime), &end
	}
	name := sim.UUID(fmt.Sprint("request", e.server.CountCalls("")))
	out, err := e.authorization().NewRoleAssignmentScheduleRequestsClient().Create(e.t.Context(), e.group, name, armauthorization.RoleAssignmentScheduleRequest{
		Properties: &armauthorization.RoleAssignmentScheduleRequestProperties{
			PrincipalID: &principal, RoleDefinitionID: to.Ptr(e.roleID("Reader")), RequestType: &kind, Justification: to.Ptr("Needed."),
			ScheduleInfo: &armauthorization.RoleAssignmentScheduleRequestPropertiesScheduleInfo{StartDateTime: start, Expiration: expiration},
		},
	}, nil)
	return out.RoleAssignmentScheduleRequest, err
}

// schedules are the ends of the schedules at the resource group, and how many
// instances and role assignments there are.
func (e *estate) schedules() (ends []time.Time, instances, assignments int) {
	e.t.Helper()
	f := e.authorization()
	schedules, err := f.NewRoleAssignmentSchedulesClient().NewListForScopePager(e.group, nil).NextPage(e.t.Context())
	noError(e.t, err)
	for _, s := range schedules.Value {
		end := time.Time{}
		if s.Properties.EndDateTime != nil {
			end = *s.Properties.EndDateTime
		}
		ends = append(ends, end)
	}
	in, err := f.NewRoleAssignmentScheduleInstancesClient().NewListForScopePager(e.group, nil).NextPage(e.t.Context())
	noError(e.t, err)
	list, err := f.NewRoleAssignmentsClient().NewListForScopePager(e.group, nil).NextPage(e.t.Context())
	noError(e.t, err)
	return ends, len(in.Value), len(list.Value)
}

func (e *estate) wantSchedules(what string, end time.Time, schedules, active int) {
	e.t.Helper()
	ends, instances, assignments := e.schedules()
	if len(ends) != schedules || instances != active || assignments != active || schedules == 1 && !ends[0].Equal(end) {
		e.t.Errorf("%s: schedules that end at %v, %d instances, %d role assignments", what, ends, instances, assignments)
	}
}

const (
	assigns = armauthorization.RequestTypeAdminAssign
	updates = armauthorization.RequestTypeAdminUpdate
	extends = armauthorization.RequestTypeAdminExtend
	removes = armauthorization.RequestTypeAdminRemove
)

func TestTimeBoundAssignment(t *testing.T) {
	t.Parallel()
	e := newEstate(t)
	principal := *e.identity("deployer").Properties.PrincipalID
	end := clockStart.AddDate(0, 1, 0)
	made, err := e.request(assigns, principal, nil, end)
	noError(t, err)
	if *made.Properties.Status != armauthorization.StatusProvisioned || *made.Properties.TargetRoleAssignmentScheduleID == "" {
		t.Errorf("%+v", made.Properties)
	}
	e.wantSchedules("assigned", end, 1, 1)
	if _, err := e.request(assigns, principal, nil, end); errorCode(err) != "RoleAssignmentExists" {
		t.Error(err)
	}
	changed, err := e.request(updates, principal, nil, end.AddDate(0, 1, 0))
	noError(t, err)
	if *changed.Properties.TargetRoleAssignmentScheduleID == *made.Properties.TargetRoleAssignmentScheduleID {
		t.Error("the schedule is the same one after a change")
	}
	e.wantSchedules("updated", end.AddDate(0, 1, 0), 1, 1)
	_, err = e.request(extends, principal, nil, end.AddDate(0, 2, 0))
	noError(t, err)
	e.wantSchedules("extended", end.AddDate(0, 2, 0), 1, 1)
	got, err := e.authorization().NewRoleAssignmentScheduleRequestsClient().Get(t.Context(), e.group, *made.Name, nil)
	noError(t, err)
	if !got.Properties.ScheduleInfo.Expiration.EndDateTime.Equal(end) || !got.Properties.ScheduleInfo.StartDateTime.Equal(clockStart) {
		t.Errorf("%+v", got.Properties.ScheduleInfo)
	}
	e.server.Clock().Set(end.AddDate(0, 2, 0))
	e.wantSchedules("ended", time.Time{}, 0, 0)
	for _, kind := range []armauthorization.RequestType{updates, extends, removes} {
		if _, err := e.request(kind, principal, nil, end.AddDate(1, 0, 0)); errorCode(err) != "RoleAssignmentDoesNotExist" {
			t.Error(kind, err)
		}
	}
	_, err = e.request(assigns, principal, nil, end.AddDate(0, 3, 0))
	noError(t, err)
	e.wantSchedules("again", end.AddDate(0, 3, 0), 1, 1)
	_, err = e.request(removes, principal, nil, time.Time{})
	noError(t, err)
	e.wantSchedules("removed", time.Time{}, 0, 0)
}

// What is assigned outright is a schedule without an end, which can be given
// one.
func TestBoundLater(t *testing.T) {
	t.Parallel()
	e := newEstate(t)
	principal := *e.identity("deployer").Properties.PrincipalID
	made, err := e.assign(sim.UUID("outright"), principal, "Reader", e.group, nil)
	noError(t, err)
	e.wantSchedules("outright", time.Time{}, 1, 1)
	_, err = e.request(updates, principal, nil, clockStart.Add(time.Hour))
	noError(t, err)
	e.wantSchedules("bound", clockStart.Add(time.Hour), 1, 1)
	_, err = e.authorization().NewRoleAssignmentsClient().DeleteByID(t.Context(), *made.ID, nil)
	noError(t, err)
	e.wantSchedules("deleted", time.Time{}, 0, 0)
}

func TestFutureAssignment(t *testing.T) {
	t.Parallel()
	e := newEstate(t)
	principal := *e.identity("deployer").Properties.PrincipalID
	start, end := clockStart.Add(time.Hour), clockStart.Add(2*time.Hour)
	made, err := e.request(assigns, principal, &start, end)
	noError(t, err)
	if *made.Properties.Status != armauthorization.StatusGranted {
		t.Error(*made.Properties.Status)
	}
	e.wantSchedules("before", end, 1, 0)
	if _, err := e.request(removes, principal, nil, time.Time{}); errorCode(err) != "RoleAssignmentDoesNotExist" {
		t.Error(err)
	}
	client := e.authorization().NewRoleAssignmentScheduleRequestsClient()
	_, err = client.Cancel(t.Context(), e.group, *made.Name, nil)
	noError(t, err)
	e.wantSchedules("cancelled", time.Time{}, 0, 0)
	if _, err = client.Cancel(t.Context(), e.group, *made.Name, nil); errorCode(err) != "RoleAssignmentRequestCannotBeCancelled" {
		t.Error(err)
	}
	_, err = e.request(assigns, principal, &start, end)
	noError(t, err)
	e.server.Clock().Set(start)
	e.wantSchedules("during", end, 1, 1)
	e.server.Clock().Set(end)
	e.wantSchedules("after", time.Time{}, 0, 0)
}

func TestScheduleRefusals(t *testing.T) {
	t.Parallel()
	e := newEstate(t)
	principal := *e.identity("deployer").Properties.PrincipalID
	day := 24 * time.Hour
	if _, err := e.request(assigns, sim.UUID("nobody"), nil, clockStart.Add(day)); errorCode(err) != "SubjectNotFound" {
		t.Error(err)
	}
	if _, err := e.request(assigns, principal, nil, clockStart.Add(-day)); errorCode(err) != "RoleAssignmentRequestPolicyValidationFailed" || errorMessage(err) != `The following policy rules failed: ["ExpirationRule"]` {
		t.Error(err)
	}
	e.tenant.SetActiveAssignmentPolicy(30*day, true)
	for _, end := range []time.Time{{}, clockStart.Add(31 * day)} {
		if _, err := e.request(assigns, principal, nil, end); errorCode(err) != "RoleAssignmentRequestPolicyValidationFailed" {
			t.Error(end, err)
		}
	}
	_, err := e.request(assigns, principal, nil, clockStart.Add(30*day))
	noError(t, err)
	if _, err := e.request(removes, principal, nil, time.Time{}); errorCode(err) != "ActiveDurationTooShort" {
		t.Error(err)
	}
	e.server.Clock().Advance(5 * time.Minute)
	_, err = e.request(removes, principal, nil, time.Time{})
	noError(t, err)
	reader := "/providers/Microsoft.Authorization/roleDefinitions/acdd72a7-3385-48ef-bd42-f606fba81ae7"
	properties := func(change body) body {
		p := body{
			"principalId": principal, "roleDefinitionId": reader, "requestType": "AdminAssign", "justification": "Needed.",
			"scheduleInfo": body{"expiration": body{"type": "AfterDuration", "duration": "PT8H"}},
		}
		for k, v := range change {
			p[k] = v
		}
		return body{"properties": p}
	}
	at := e.group + "/providers/Microsoft.Authorization/roleAssignmentScheduleRequests/"
	const version = "?api-version=2020-10-01"
	for _, tt := range []struct {
		name   string
		in     body
		status int
		code   string
	}{
		{"justification", properties(body{"justification": ""}), 400, "RoleAssignmentRequestPolicyValidationFailed"},
		{"type", properties(body{"requestType": "Assign"}), 400, "InvalidRoleAssignmentRequest"},
		{"eligible", properties(body{"requestType": "SelfActivate"}), 400, "InvalidRoleAssignmentRequest"},
		{"duration", properties(body{"scheduleInfo": body{"expiration": body{"type": "AfterDuration", "duration": "8 hours"}}}), 400, "InvalidScheduleInfo"},
		{"no expiration", properties(body{"scheduleInfo": nil}), 400, "InvalidScheduleInfo"},
		{"end", properties(body{"scheduleInfo": body{"expiration": body{"type": "AfterDateTime", "endDateTime": "soon"}}}), 400, "InvalidScheduleInfo"},
		{"start", properties(body{"scheduleInfo": body{"startDateTime": "soon"}}), 400, "InvalidScheduleInfo"},
		{"role", properties(body{"roleDefinitionId": "Reader"}), 400, "InvalidRoleDefinitionId"},
	} {
		e.refused(tt.status, tt.code, "PUT", at+sim.UUID(tt.name)+version, tt.in)
	}
	e.refused(400, "InvalidRoleAssignmentScheduleRequestId", "PUT", at+"first"+version, properties(nil))
	if status, _, out := e.call("PUT", at+sim.UUID("good")+version, properties(nil)); status != 201 {
		t.Error(status, out)
	}
	e.refused(409, "RoleAssignmentScheduleRequestExists", "PUT", at+sim.UUID("good")+version, properties(nil))
	e.refused(404, "RoleAssignmentScheduleRequestNotFound", "GET", at+sim.UUID("none")+version, nil)
	e.tenant.SetGovernanceLicence(false)
	for _, method := range []string{"PUT", "GET"} {
		if got := e.refused(400, "AadPremiumLicenseRequired", method, at+sim.UUID("unlicensed")+version, properties(nil)); got != "The tenant needs to have Microsoft Entra ID P2 or Microsoft Entra ID Governance license." {
			t.Error(got)
		}
	}
}
