package aws

import (
	"testing"
	"time"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

func TestPackedIsWhatWasPacked(t *testing.T) {
	t.Parallel()
	for _, want := range []types.RoleDetail{
		{},
		{
			Arn: awssdk.String("arn:aws:iam::123456789012:role/a"), CreateDate: awssdk.Time(time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)),
			AssumeRolePolicyDocument: awssdk.String("%7B%22Version%22%3A%222012-10-17%22%7D"),
			Tags:                     []types.Tag{{Key: awssdk.String("owner"), Value: awssdk.String("")}},
			RolePolicyList:           []types.PolicyDetail{}, RoleLastUsed: &types.RoleLastUsed{Region: awssdk.String("eu-west-1")},
			InstanceProfileList: []types.InstanceProfile{{InstanceProfileName: awssdk.String("a"), Roles: []types.Role{{RoleName: awssdk.String("<&>")}}}},
			PermissionsBoundary: &types.AttachedPermissionsBoundary{PermissionsBoundaryType: types.PermissionsBoundaryAttachmentTypePolicy},
		},
	} {
		kept, err := pack(want)
		if err != nil {
			t.Fatal(err)
		}
		got, err := packed[types.RoleDetail](kept).open()
		if err != nil {
			t.Fatal(err)
		}
		ignored := cmpopts.IgnoreUnexported(types.RoleDetail{}, types.Tag{}, types.PolicyDetail{}, types.RoleLastUsed{}, types.InstanceProfile{}, types.Role{}, types.AttachedPermissionsBoundary{})
		if diff := cmp.Diff(&want, got, ignored); diff != "" {
			t.Errorf("(-packed +opened):\n%s", diff)
		}
	}
	if got, err := packed[types.RoleDetail](nil).open(); got != nil || err != nil {
		t.Errorf("of nothing: %v, %v", got, err)
	}
	if _, err := (packed[types.RoleDetail]{1, 2, 3}).open(); err == nil {
		t.Error("what cannot be read is no error")
	}
}
