package sim

import (
	"bytes"
	"encoding/base64"
	"encoding/csv"
	"net/http"
	"strconv"
	"time"
)

// reportAge is how old a credential report can be before there is another one
// (IAM user guide, "Generate credential reports").
const reportAge = 4 * time.Hour

// simulatorEpoch is when the accounts and their root users were made.
var simulatorEpoch = time.Date(2015, time.February, 6, 18, 39, 46, 0, time.UTC)

// reportColumns are the columns of a report (the same page). It also names a
// column additional_credentials_info for users with more than two keys or
// certificates, which the quotas rule out; reports leave it out then.
var reportColumns = []string{
	"user", "arn", "user_creation_time", "password_enabled", "password_last_used", "password_last_changed",
	"password_next_rotation", "mfa_active",
	"access_key_1_active", "access_key_1_last_rotated", "access_key_1_last_used_date", "access_key_1_last_used_region", "access_key_1_last_used_service",
	"access_key_2_active", "access_key_2_last_rotated", "access_key_2_last_used_date", "access_key_2_last_used_region", "access_key_2_last_used_service",
	"cert_1_active", "cert_1_last_rotated", "cert_2_active", "cert_2_last_rotated",
}

// Values of a report that are no data (the same page).
const (
	notApplicable = "N/A"
	noInformation = "no_information"
	notSupported  = "not_supported"
)

// credentialReport is the latest report of an account, or the one in the
// making.
type credentialReport struct {
	content   []byte // as things stood when its making began
	generated time.Time
	polls     int // calls that still find it in the making
}

// SetCredentialReportPolls sets how many calls of GenerateCredentialReport or
// GetCredentialReport after the one that starts a report still find it in the
// making. The default is none: the call after the first one succeeds.
func (s *Server) SetCredentialReportPolls(calls int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.reportPolls = max(calls, 0)
}

// generateCredentialReport starts a report unless there is one of less than
// four hours.
func generateCredentialReport(r *request) ([]node, error) {
	a := r.account
	switch rep := a.report; {
	case rep == nil || !r.now.Before(rep.generated.Add(reportAge)):
		a.report = &credentialReport{content: a.credentialReport(), generated: r.now, polls: r.server.reportPolls}
		return []node{
			text("State", "STARTED"),
			text("Description", "No report exists. Starting a new report generation task"),
		}, nil
	case rep.polls > 0:
		rep.polls--
		return []node{text("State", "INPROGRESS")}, nil
	}
	return []node{text("State", "COMPLETE")}, nil
}

func getCredentialReport(r *request) ([]node, error) {
	rep := r.account.report
	switch {
	case rep == nil:
		return nil, newError("ReportNotPresent", http.StatusGone, "Credential report is not present")
	case rep.polls > 0:
		rep.polls--
		return nil, newError("ReportInProgress", http.StatusNotFound, "Credential report is still being generated")
	case !r.now.Before(rep.generated.Add(reportAge)):
		return nil, newError("ReportExpired", http.StatusGone, "Credential report has expired")
	}
	return []node{
		text("Content", base64.StdEncoding.EncodeToString(rep.content)),
		text("ReportFormat", "text/csv"),
		date("GeneratedTime", rep.generated),
	}, nil
}

// credentialReport writes the account's report: the root user and every user
// in order of name.
func (a *Account) credentialReport() []byte {
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	rows := [][]string{reportColumns, a.rootRow()}
	for _, u := range a.users.all() {
		rows = append(rows, u.reportRow())
	}
	// The only failure is the writer's, and a buffer has none.
	_ = w.WriteAll(rows)
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}

func reportDate(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05Z") }

func (a *Account) rootRow() []string {
	row := []string{
		"<root_account>", "arn:aws:iam::" + a.id + ":root", reportDate(simulatorEpoch),
		notSupported, noInformation, notSupported, notSupported, "true",
	}
	for range 2 {
		row = append(row, "false", notApplicable, notApplicable, notApplicable, notApplicable)
	}
	return append(row, "false", notApplicable, "false", notApplicable)
}

func (u *user) reportRow() []string {
	row := []string{u.name, u.arn(), reportDate(u.created)}
	if u.login == nil {
		row = append(row, "false", notApplicable, notApplicable, notApplicable)
	} else {
		used := noInformation
		if !u.passwordUsed.IsZero() {
			used = reportDate(u.passwordUsed)
		}
		// Without a password policy that lets passwords expire there is no next
		// rotation.
		row = append(row, "true", used, reportDate(u.login.changed), notApplicable)
	}
	row = append(row, strconv.FormatBool(len(u.mfa) > 0))
	for i := range 2 {
		cells := []string{"false", notApplicable, notApplicable, notApplicable, notApplicable}
		if i < len(u.keys) {
			k := u.keys[i]
			if k.status == statusActive {
				cells[0], cells[1] = "true", reportDate(k.rotated)
			}
			if k.used != nil {
				cells[2], cells[3], cells[4] = reportDate(k.used.at), k.used.region, k.used.service
			}
		}
		row = append(row, cells...)
	}
	for i := range 2 {
		if i < len(u.certificates) && u.certificates[i].status == statusActive {
			row = append(row, "true", reportDate(u.certificates[i].uploaded))
		} else {
			row = append(row, "false", notApplicable)
		}
	}
	return row
}
