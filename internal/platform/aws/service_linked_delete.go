package aws

import (
	"context"
	"errors"
	"fmt"
	"time"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform"
)

// LinkedDeletionTimeout is how long to wait for a service to let go of its role. AWS gives no bound; it looks into every
// region, which takes seconds to a few minutes.
const (
	LinkedDeletionTimeout = 10 * time.Minute
	linkedDeletionFirst   = time.Second
	linkedDeletionLongest = 10 * time.Second
)

// Delete asks AWS to delete the role and waits for the end. AWS refuses while anything uses it, and names that. A
// deletion that is under way is not started again, so an interrupted one is resumed.
func (s *ServiceLinkedRoles) Delete(ctx context.Context, id governance.ID) (removed []string, err error) {
	if err := s.mine(ctx, id); err != nil {
		return nil, err
	}
	connection, err := s.account.connect(ctx)
	if err != nil {
		return nil, err
	}
	s.recent.recall(id.Name())
	if _, err := s.readDirect(ctx, id); err != nil {
		return nil, ignoreNotFound(err)
	}
	s.wrote(id.Name())
	output, err := connection.iam.DeleteServiceLinkedRole(ctx, &iam.DeleteServiceLinkedRoleInput{RoleName: awssdk.String(id.Name())})
	if err != nil {
		return nil, ignoreNotFound(mapError("iam:DeleteServiceLinkedRole", err))
	}
	return nil, s.await(ctx, connection.iam, id, output.DeletionTaskId)
}

// await watches a deletion until it has an end.
func (s *ServiceLinkedRoles) await(ctx context.Context, client *iamClient, id governance.ID, task *string) error {
	pause, waited := linkedDeletionFirst, time.Duration(0)
	for {
		gone, err := s.deleted(ctx, client, id, task)
		if gone || err != nil {
			return err
		}
		if waited >= LinkedDeletionTimeout {
			return &platform.ErrConflict{Detail: fmt.Sprintf("AWS is still deleting the role %s after %s", id.Name(), waited)}
		}
		if err := s.account.wait(ctx, pause); err != nil {
			return err
		}
		waited += pause
		pause = min(2*pause, linkedDeletionLongest)
	}
}

// deleted tells whether a deletion has come to its end. A task that AWS does not know, or no longer, is settled by
// whether the role is there.
func (s *ServiceLinkedRoles) deleted(ctx context.Context, client *iamClient, id governance.ID, task *string) (bool, error) {
	output, err := client.GetServiceLinkedRoleDeletionStatus(ctx, &iam.GetServiceLinkedRoleDeletionStatusInput{DeletionTaskId: task})
	switch {
	case apiCode(err) == codeNoSuchEntity:
		_, err := s.readDirect(ctx, id)
		return errors.Is(err, platform.ErrNotFound), ignoreNotFound(err)
	case err != nil:
		return false, mapError("iam:GetServiceLinkedRoleDeletionStatus", err)
	case output.Status == types.DeletionTaskStatusTypeFailed:
		return false, inUse(id, output.Reason)
	}
	return output.Status == types.DeletionTaskStatusTypeSucceeded, nil
}

// inUse names what keeps a role, with its region.
func inUse(id governance.ID, reason *types.DeletionTaskFailureReasonType) error {
	conflict := &platform.ErrConflict{Detail: fmt.Sprintf("AWS did not delete the role %s and gave no reason", id.Name())}
	if reason == nil {
		return conflict
	}
	conflict.Detail = fmt.Sprintf("AWS did not delete the role %s: %s", id.Name(), awssdk.ToString(reason.Reason))
	for _, usage := range reason.RoleUsageList {
		region := awssdk.ToString(usage.Region)
		for _, resource := range usage.Resources {
			conflict.Blockers = append(conflict.Blockers, fmt.Sprintf("%s (%s)", resource, region))
		}
		if len(usage.Resources) == 0 {
			conflict.Blockers = append(conflict.Blockers, "something in "+region)
		}
	}
	return conflict
}

// Release takes the metadata and the labels off a role and leaves it: what was there before stays.
func (s *ServiceLinkedRoles) Release(ctx context.Context, id governance.ID) error {
	if err := s.mine(ctx, id); err != nil {
		return err
	}
	connection, err := s.account.connect(ctx)
	if err != nil {
		return err
	}
	s.recent.recall(id.Name())
	role, err := s.readDirect(ctx, id)
	if err != nil {
		return ignoreNotFound(err)
	}
	s.wrote(id.Name())
	_, keys := s.account.tagging.changes(role.tags, nil)
	if len(keys) == 0 {
		return nil
	}
	_, err = connection.iam.UntagRole(ctx, &iam.UntagRoleInput{RoleName: awssdk.String(id.Name()), TagKeys: keys})
	return ignoreNotFound(mapError("iam:UntagRole", err))
}
