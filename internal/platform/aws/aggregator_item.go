package aws

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
)

// The types of resource that AWS Config records of IAM and that an inventory needs.
const (
	recordedRole   = "AWS::IAM::Role"
	recordedUser   = "AWS::IAM::User"
	recordedGroup  = "AWS::IAM::Group"
	recordedPolicy = "AWS::IAM::Policy"
)

var recordedTypes = []string{recordedRole, recordedUser, recordedGroup, recordedPolicy}

// configItem is a configuration item: the state in which AWS Config has found a resource.
type configItem struct {
	account, arn string
	captured     time.Time
	// content is what the bulk read of IAM would have returned of the resource, without its last use.
	content iam.GetAccountAuthorizationDetailsOutput
}

// parseConfigItem reads a result of recordedQuery. The configuration has the members that IAM's own bulk read gives, with a
// lower-case initial, which the decoder does not mind, and documents encoded alike. Tags stand beside it, and for some
// resources in it as well.
func parseConfigItem(kind, text string) (configItem, error) {
	var read struct {
		AccountID                    string
		ARN                          string
		ConfigurationItemCaptureTime time.Time
		Configuration                json.RawMessage
		Tags                         []types.Tag
	}
	if err := json.Unmarshal([]byte(text), &read); err != nil {
		return configItem{}, fmt.Errorf("the configuration item is malformed: %w", err)
	}
	item := configItem{account: read.AccountID, arn: read.ARN, captured: read.ConfigurationItemCaptureTime}
	decode := func(into any) error {
		if len(read.Configuration) == 0 {
			return fmt.Errorf("the configuration item of %s has no configuration", read.ARN)
		}
		if err := json.Unmarshal(read.Configuration, into); err != nil {
			return fmt.Errorf("the configuration of %s is malformed: %w", read.ARN, err)
		}
		return nil
	}
	var found *string
	var err error
	switch kind {
	case recordedRole:
		var role types.RoleDetail
		err = decode(&role)
		role.Tags, role.RoleLastUsed = append(role.Tags, read.Tags...), nil
		found, item.content.RoleDetailList = role.Arn, []types.RoleDetail{role}
	case recordedUser:
		var user types.UserDetail
		err = decode(&user)
		user.Tags = append(user.Tags, read.Tags...)
		found, item.content.UserDetailList = user.Arn, []types.UserDetail{user}
	case recordedGroup:
		var group types.GroupDetail
		err = decode(&group)
		found, item.content.GroupDetailList = group.Arn, []types.GroupDetail{group}
	default:
		var policy types.ManagedPolicyDetail
		err = decode(&policy)
		found, item.content.Policies = policy.Arn, []types.ManagedPolicyDetail{policy}
	}
	if err == nil && (item.account == "" || awssdk.ToString(found) != item.arn) {
		err = errors.New("the configuration item does not say which resource it is of")
	}
	return item, err
}
