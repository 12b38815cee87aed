package aws

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
)

// reportRow is what a credential report tells of one user.
type reportRow struct {
	credentials []governance.CredentialSummary
	// lastUsedAt is the latest use of the password or a key, the zero time when there was none.
	lastUsedAt                      time.Time
	lastUsedService, lastUsedRegion string
	// unread tells that some value could not be read, so that a use may be missing.
	unread bool
	// tracked tells that the user has an active password or key, whose uses the report has. Of a user without any it cannot
	// say that it is not used: SSH keys and service-specific credentials are not in it.
	tracked bool
}

// The columns that have to be there; others are taken where they are ("Generate credential reports", IAM User Guide).
var reportColumns = []string{
	"arn", "password_enabled", "password_last_used", "password_last_changed", "mfa_active",
	"access_key_1_active", "access_key_1_last_rotated", "access_key_1_last_used_date",
	"access_key_2_active", "access_key_2_last_rotated", "access_key_2_last_used_date",
}

// parseReport reads a credential report: what it tells of each user, by ARN. Columns may come in any order and more of
// them than are known. It fails on what is not such a report, a cut one included.
func parseReport(content io.Reader) (map[string]reportRow, error) {
	reader := csv.NewReader(content)
	reader.ReuseRecord = true
	header, err := reader.Read()
	if err != nil {
		return nil, fmt.Errorf("the credential report has no header: %w", err)
	}
	columns := make(map[string]int, len(header))
	for i, name := range header {
		columns[strings.Clone(name)] = i
	}
	for _, name := range reportColumns {
		if _, ok := columns[name]; !ok {
			return nil, fmt.Errorf("the credential report has no column %s", name)
		}
	}
	rows := map[string]reportRow{}
	for {
		record, err := reader.Read()
		if errors.Is(err, io.EOF) {
			return rows, nil
		}
		if err != nil {
			return nil, fmt.Errorf("the credential report cannot be read: %w", err)
		}
		line := reportLine{columns: columns, record: record}
		rows[strings.Clone(line.cell("arn"))] = line.row()
	}
}

// reportLine is one line of a report.
type reportLine struct {
	columns map[string]int
	record  []string
	unread  bool
}

func (l *reportLine) cell(column string) string {
	if i, ok := l.columns[column]; ok {
		return l.record[i]
	}
	return ""
}

// text is a cell that is empty where the report has nothing to say: it is shared by what it names, not by the report.
func (l *reportLine) text(column string) string {
	switch text := l.cell(column); text {
	case "N/A", "no_information", "not_supported":
		return ""
	default:
		return strings.Clone(text)
	}
}

// date is the zero time where the report has nothing to say.
func (l *reportLine) date(column string) time.Time {
	text := l.text(column)
	if text == "" {
		return time.Time{}
	}
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		l.unread = true
		return time.Time{}
	}
	return at.UTC()
}

func (l *reportLine) isTrue(column string) bool { return strings.EqualFold(l.cell(column), "true") }

func (l *reportLine) row() reportRow {
	var row reportRow
	add := func(credential governance.CredentialSummary) {
		row.credentials = append(row.credentials, credential)
		tracks := credential.Kind == governance.CredentialPassword || credential.Kind == governance.CredentialAccessKey
		row.tracked = row.tracked || (credential.Active && tracks)
		if credential.LastUsedAt.After(row.lastUsedAt) {
			row.lastUsedAt, row.lastUsedService, row.lastUsedRegion = credential.LastUsedAt, credential.LastUsedService, credential.LastUsedRegion
		}
	}
	used := func(column string) (at time.Time, known bool) {
		before := l.unread
		l.unread = false
		at = l.date(column)
		known, l.unread = !l.unread, l.unread || before
		return at, known
	}
	// A password that has been taken away was used all the same.
	passwordUsed, known := used("password_last_used")
	row.lastUsedAt = passwordUsed
	if l.isTrue("password_enabled") {
		add(governance.CredentialSummary{
			Kind: governance.CredentialPassword, Active: true, CreatedAt: l.date("password_last_changed"), LastUsedAt: passwordUsed, LastUsedKnown: known,
		})
	}
	if l.isTrue("mfa_active") {
		add(governance.CredentialSummary{Kind: governance.CredentialMFADevice, Active: true})
	}
	for _, key := range []string{"access_key_1_", "access_key_2_"} {
		credential := governance.CredentialSummary{
			Kind: governance.CredentialAccessKey, Active: l.isTrue(key + "active"), CreatedAt: l.date(key + "last_rotated"),
			LastUsedService: l.text(key + "last_used_service"), LastUsedRegion: l.text(key + "last_used_region"),
		}
		credential.LastUsedAt, credential.LastUsedKnown = used(key + "last_used_date")
		// An inactive key has no date of rotation. One that was never used cannot be told from none at all.
		if credential.Active || !credential.CreatedAt.IsZero() || !credential.LastUsedAt.IsZero() {
			add(credential)
		}
	}
	for _, certificate := range []string{"cert_1_", "cert_2_"} {
		if l.isTrue(certificate + "active") {
			add(governance.CredentialSummary{Kind: governance.CredentialCertificate, Active: true, CreatedAt: l.date(certificate + "last_rotated")})
		}
	}
	row.unread = l.unread
	return row
}
