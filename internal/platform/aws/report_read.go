package aws

import (
	"bytes"
	"context"
	"fmt"
	"time"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/hashicorp/terraform-plugin-log/tflog"
)

// Codes with which GetCredentialReport answers while there is no report (API reference).
const (
	codeReportNotPresent = "ReportNotPresent"
	codeReportExpired    = "ReportExpired"
	codeReportInProgress = "ReportInProgress"
)

// reportAge is how old a report can be before AWS makes another one. reportTimeout is how long to wait for one.
const (
	reportAge     = 4 * time.Hour
	reportTimeout = 2 * time.Minute
	reportFirst   = 2 * time.Second
	reportLongest = 15 * time.Second
)

// report is a credential report.
type report struct {
	rows map[string]reportRow // by ARN
	made time.Time
	// old tells that AWS should have made another one, and that it could not be had.
	old   bool
	calls int
}

// credentialReport reads the report of the account's users. It has one made where there is none or it is too old, and
// waits for it; an old one will do where no other can be had.
func (a *Account) credentialReport(ctx context.Context) (report, error) {
	connection, err := a.connect(ctx)
	if err != nil {
		return report{}, err
	}
	var found report
	var last *iam.GetCredentialReportOutput
	var waited time.Duration
	generate := func() error {
		found.calls++
		_, err := connection.iam.GenerateCredentialReport(ctx, &iam.GenerateCredentialReportInput{})
		return mapError("iam:GenerateCredentialReport", err)
	}
	take := func() (report, error) {
		found.made = awssdk.ToTime(last.GeneratedTime).UTC()
		age := a.config.Clock.Now().Sub(found.made)
		found.old = age > reportAge
		var err error
		found.rows, err = parseReport(bytes.NewReader(last.Content))
		tflog.Info(ctx, "Read the credential report of the account", map[string]any{"users": len(found.rows), "made_at": found.made.Format(time.RFC3339), "age": age.Round(time.Second).String(), "calls": found.calls})
		return found, err
	}
	for pause := reportFirst; ; pause = min(2*pause, reportLongest) {
		found.calls++
		output, err := connection.iam.GetCredentialReport(ctx, &iam.GetCredentialReportInput{})
		switch code := apiCode(err); {
		case err == nil:
			first := last == nil
			last = output
			if age := a.config.Clock.Now().Sub(awssdk.ToTime(output.GeneratedTime)); first && age > reportAge && generate() == nil {
				break
			}
			return take()
		case code == codeReportNotPresent, code == codeReportExpired:
			if err := generate(); err != nil {
				return report{}, err
			}
		case code != codeReportInProgress:
			return report{}, mapError("iam:GetCredentialReport", err)
		}
		if waited >= reportTimeout && last != nil {
			return take()
		}
		if waited >= reportTimeout {
			return report{}, fmt.Errorf("iam:GetCredentialReport: AWS was still making the credential report after %s", waited)
		}
		if err := a.wait(ctx, pause); err != nil {
			return report{}, err
		}
		waited += pause
	}
}
