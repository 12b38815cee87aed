package aws

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/hashicorp/terraform-plugin-log/tflog"
	"golang.org/x/sync/errgroup"

	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform"
)

// How service last accessed is asked for: few calls at a time, because it throttles in bulk, with growing pauses between
// looks at the jobs that IAM works on, and all of them for no longer than the timeout.
const (
	accessAtOnce  = 8
	accessPage    = 1000
	accessTimeout = 5 * time.Minute
	accessFirst   = 2 * time.Second
	accessLongest = 30 * time.Second
)

// accessJob is IAM's work on when an identity last used each service.
type accessJob struct {
	identity *governance.Identity
	id       string
	done     bool
	err      error
}

// accessJobs are the jobs of one account.
type accessJobs struct {
	iam   *iamClient
	all   []*accessJob
	calls atomic.Int64
}

// addServiceUse asks IAM for the last use of the identities of which nothing else has told it. It fails only when it is
// cancelled.
func (a *Account) addServiceUse(ctx context.Context, listing *accountListing) error {
	connection, err := a.connect(ctx)
	if err != nil {
		return err
	}
	jobs := accessJobs{iam: connection.iam}
	for i := range listing.identities {
		if identity := &listing.identities[i]; !identity.LastUsedKnown {
			jobs.all = append(jobs.all, &accessJob{identity: identity})
		}
	}
	if len(jobs.all) == 0 {
		return nil
	}
	me, err := cmp.Or(a.manager, a).whoami(ctx)
	if err != nil {
		return err
	}
	jobs.each(ctx, func(ctx context.Context, job *accessJob) error { return jobs.start(ctx, me.partition, job) })
	var waited time.Duration
	for pause := accessFirst; jobs.pending() > 0 && waited < accessTimeout; pause = min(2*pause, accessLongest) {
		if err := a.wait(ctx, pause); err != nil {
			return err
		}
		waited += pause
		now := a.config.Clock.Now().UTC()
		jobs.each(ctx, func(ctx context.Context, job *accessJob) error { return jobs.look(ctx, job, now) })
		tflog.Info(ctx, "Waiting for the services that identities last accessed", map[string]any{
			"account": listing.account, "identities": len(jobs.all), "identities_done": len(jobs.all) - jobs.pending(), "calls_made": jobs.calls.Load(),
		})
	}
	listing.calls += int(jobs.calls.Load())
	listing.gaps = append(listing.gaps, jobs.gaps(listing.account, waited)...)
	return ctx.Err()
}

// each does something to every job that is not done, a few at a time. One that fails is done. A missing permission fails
// all of them, because the others would miss it too.
func (j *accessJobs) each(ctx context.Context, do func(context.Context, *accessJob) error) {
	var refused atomic.Pointer[platform.ErrForbidden]
	var group errgroup.Group
	group.SetLimit(accessAtOnce)
	for _, job := range j.all {
		if job.done {
			continue
		}
		group.Go(func() error {
			if forbidden := refused.Load(); forbidden != nil {
				job.err = forbidden
			} else {
				j.calls.Add(1)
				job.err = do(ctx, job)
			}
			if forbidden := (*platform.ErrForbidden)(nil); errors.As(job.err, &forbidden) {
				refused.Store(forbidden)
			}
			job.done = job.done || job.err != nil
			return nil
		})
	}
	_ = group.Wait() // Failures are kept by job.
}

func (j *accessJobs) start(ctx context.Context, partition string, job *accessJob) error {
	owner := caller{account: job.identity.ID.Account, partition: partition}
	entity := owner.iamARN(strings.TrimPrefix(job.identity.ImportID, string(governance.PlatformAWS)+":"+owner.account+":"))
	output, err := j.iam.GenerateServiceLastAccessedDetails(ctx, &iam.GenerateServiceLastAccessedDetailsInput{Arn: &entity})
	if err != nil {
		return mapError("iam:GenerateServiceLastAccessedDetails", err)
	}
	job.id = awssdk.ToString(output.JobId)
	return nil
}

// look takes the result of a job, if there is one yet.
func (j *accessJobs) look(ctx context.Context, job *accessJob, now time.Time) error {
	var services []types.ServiceLastAccessed
	var marker *string
	for {
		output, err := j.iam.GetServiceLastAccessedDetails(ctx, &iam.GetServiceLastAccessedDetailsInput{JobId: &job.id, MaxItems: awssdk.Int32(accessPage), Marker: marker})
		if err != nil {
			return mapError("iam:GetServiceLastAccessedDetails", err)
		}
		switch output.JobStatus {
		case types.JobStatusTypeCompleted:
		case types.JobStatusTypeFailed:
			why := "IAM says no more"
			if output.Error != nil {
				why = awssdk.ToString(output.Error.Message)
			}
			return fmt.Errorf("the job has failed: %s", why)
		default:
			return nil
		}
		services = append(services, output.ServicesLastAccessed...)
		if !output.IsTruncated {
			break
		}
		marker = output.Marker
		j.calls.Add(1)
	}
	job.done = true
	mergeServiceUse(job.identity, services, now)
	return nil
}

// mergeServiceUse takes the latest use of any service. Where the identity may use none, its use is as unknown as before:
// only services that it may use are listed.
func mergeServiceUse(identity *governance.Identity, services []types.ServiceLastAccessed, now time.Time) {
	if len(services) == 0 {
		return
	}
	identity.LastUsedKnown, identity.TrackedSince = true, now.Add(-roleTracking).Truncate(time.Second)
	for _, service := range services {
		if at := awssdk.ToTime(service.LastAuthenticated).UTC(); service.LastAuthenticated != nil && at.After(identity.LastUsedAt) {
			identity.LastUsedAt = at
			identity.LastUsedService, identity.LastUsedRegion = awssdk.ToString(service.ServiceNamespace), awssdk.ToString(service.LastAuthenticatedRegion)
		}
	}
}

func (j *accessJobs) pending() (n int) {
	for _, job := range j.all {
		if !job.done {
			n++
		}
	}
	return n
}

// gaps says of how many identities the last use is still not known, one sentence for each reason.
func (j *accessJobs) gaps(account string, waited time.Duration) (gaps []string) {
	byReason := map[string]int{}
	for _, job := range j.all {
		switch {
		case job.err != nil:
			byReason[reason(job.err)]++
		case !job.done:
			byReason[fmt.Sprintf("IAM was still finding it out after %s", waited)]++
		}
	}
	for _, why := range slices.Sorted(maps.Keys(byReason)) {
		gaps = append(gaps, fmt.Sprintf("When %s in account %s last accessed a service is not known: %s.", countOf(byReason[why], "identity", "identities"), account, why))
	}
	return gaps
}
