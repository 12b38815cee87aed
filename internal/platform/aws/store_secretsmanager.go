package aws

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"

	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform"
)

// secretsManagerClient is what this package uses of Secrets Manager. Nothing of it reads a secret's value.
type secretsManagerClient struct {
	CreateSecret                 secretCall[secretsmanager.CreateSecretInput, secretsmanager.CreateSecretOutput]
	DescribeSecret               secretCall[secretsmanager.DescribeSecretInput, secretsmanager.DescribeSecretOutput]
	UpdateSecret                 secretCall[secretsmanager.UpdateSecretInput, secretsmanager.UpdateSecretOutput]
	PutSecretValue               secretCall[secretsmanager.PutSecretValueInput, secretsmanager.PutSecretValueOutput]
	TagResource                  secretCall[secretsmanager.TagResourceInput, secretsmanager.TagResourceOutput]
	UntagResource                secretCall[secretsmanager.UntagResourceInput, secretsmanager.UntagResourceOutput]
	GetResourcePolicy            secretCall[secretsmanager.GetResourcePolicyInput, secretsmanager.GetResourcePolicyOutput]
	PutResourcePolicy            secretCall[secretsmanager.PutResourcePolicyInput, secretsmanager.PutResourcePolicyOutput]
	DeleteResourcePolicy         secretCall[secretsmanager.DeleteResourcePolicyInput, secretsmanager.DeleteResourcePolicyOutput]
	ReplicateSecretToRegions     secretCall[secretsmanager.ReplicateSecretToRegionsInput, secretsmanager.ReplicateSecretToRegionsOutput]
	RemoveRegionsFromReplication secretCall[secretsmanager.RemoveRegionsFromReplicationInput, secretsmanager.RemoveRegionsFromReplicationOutput]
	RestoreSecret                secretCall[secretsmanager.RestoreSecretInput, secretsmanager.RestoreSecretOutput]
	DeleteSecret                 secretCall[secretsmanager.DeleteSecretInput, secretsmanager.DeleteSecretOutput]
}

type secretCall[In, Out any] = call[In, Out, secretsmanager.Options]

func newSecretsManagerClient(client *secretsmanager.Client) *secretsManagerClient {
	return &secretsManagerClient{
		CreateSecret:                 client.CreateSecret,
		DescribeSecret:               client.DescribeSecret,
		UpdateSecret:                 client.UpdateSecret,
		PutSecretValue:               client.PutSecretValue,
		TagResource:                  client.TagResource,
		UntagResource:                client.UntagResource,
		GetResourcePolicy:            client.GetResourcePolicy,
		PutResourcePolicy:            client.PutResourcePolicy,
		DeleteResourcePolicy:         client.DeleteResourcePolicy,
		ReplicateSecretToRegions:     client.ReplicateSecretToRegions,
		RemoveRegionsFromReplication: client.RemoveRegionsFromReplication,
		RestoreSecret:                client.RestoreSecret,
		DeleteSecret:                 client.DeleteSecret,
	}
}

// Secret keeps a credential in Secrets Manager.
type Secret struct {
	vault
	client *secretsManagerClient
}

var _ platform.SecretStore = (*Secret)(nil)

// currentStage is the label of the version that a reader gets.
const currentStage = "AWSCURRENT"

// versionSuffix ends the id of every version that this provider makes, after the id of the credential. So it is known
// which credential a version holds without reading it.
const versionSuffix = "-governed-credential"

// Describe asks for the secret, and then for its resource policy.
func (s *Secret) Describe(ctx context.Context) (platform.Stored, error) {
	output, err := s.client.DescribeSecret(ctx, &secretsmanager.DescribeSecretInput{SecretId: &s.spec.Name})
	if err = mapError("secretsmanager:DescribeSecret", err); err != nil {
		if errors.Is(err, platform.ErrNotFound) {
			err = nil
		}
		return platform.Stored{}, err
	}
	stored := platform.Stored{Exists: true, ARN: awssdk.ToString(output.ARN), Scheduled: awssdk.ToTime(output.DeletedDate)}
	s.read(&stored, secretTags(output.Tags))
	for id, stages := range output.VersionIdsToStages {
		if slices.Contains(stages, currentStage) {
			stored.Version = id
			if credential, ours := strings.CutSuffix(id, versionSuffix); ours {
				stored.Current = credential
			}
		}
	}
	stored.Settings.KeyID = otherKey(awssdk.ToString(output.KmsKeyId))
	for _, replica := range output.ReplicationStatus {
		if replica.Status == types.StatusTypeFailed {
			if stored.FailedReplicas == nil {
				stored.FailedReplicas = map[string]string{}
			}
			stored.FailedReplicas[awssdk.ToString(replica.Region)] = awssdk.ToString(replica.StatusMessage)
			continue
		}
		stored.Settings.ReplicaRegions = append(stored.Settings.ReplicaRegions, awssdk.ToString(replica.Region))
	}
	slices.Sort(stored.Settings.ReplicaRegions)
	if !stored.Scheduled.IsZero() {
		return stored, nil // What is being deleted shows no policy.
	}
	policy, err := s.client.GetResourcePolicy(ctx, &secretsmanager.GetResourcePolicyInput{SecretId: &s.spec.Name})
	if err != nil {
		return platform.Stored{}, mapError("secretsmanager:GetResourcePolicy", err)
	}
	stored.Settings.ResourcePolicy = awssdk.ToString(policy.ResourcePolicy)
	return stored, nil
}

func secretTags(tags []types.Tag) map[string]string {
	m := make(map[string]string, len(tags))
	for _, tag := range tags {
		m[awssdk.ToString(tag.Key)] = awssdk.ToString(tag.Value)
	}
	return m
}

// Await asks again while it is another's.
func (s *Secret) Await(ctx context.Context, id string) (platform.Stored, error) {
	return s.await(ctx, id, s.Describe)
}

// Prepare makes the secret without a value where there is none.
func (s *Secret) Prepare(ctx context.Context, have platform.Stored, marks platform.Marks) (platform.Stored, error) {
	switch {
	case !have.Exists:
		if err := s.create(ctx, marks); err != nil {
			return have, err
		}
		have = platform.Stored{Exists: true, ManagedBy: governance.ManagedBy, Marks: marks, Settings: platform.StoreSettings{KeyID: s.spec.KeyID}}
		err := s.untilSeen(ctx, "secretsmanager:DescribeSecret", func() error {
			output, err := s.client.DescribeSecret(ctx, &secretsmanager.DescribeSecretInput{SecretId: &s.spec.Name})
			if err == nil {
				have.ARN = awssdk.ToString(output.ARN)
			}
			return err
		})
		if err != nil {
			return have, err
		}
	case !have.Scheduled.IsZero():
		if _, err := s.client.RestoreSecret(ctx, &secretsmanager.RestoreSecretInput{SecretId: &have.ARN}); err != nil {
			return have, mapError("secretsmanager:RestoreSecret", err)
		}
		var err error
		if have, err = s.Describe(ctx); err != nil {
			return have, err
		}
	}
	return s.settle(ctx, have, marks)
}

func (s *Secret) create(ctx context.Context, marks platform.Marks) error {
	input := &secretsmanager.CreateSecretInput{Name: &s.spec.Name, Description: awssdk.String("Credential of " + marks[governance.FieldIdentity]), Tags: secretTagList(s.tags(marks))}
	if s.spec.KeyID != "" {
		input.KmsKeyId = &s.spec.KeyID
	}
	_, err := s.client.CreateSecret(ctx, input)
	if apiCode(err) != codeResourceExists {
		return mapError("secretsmanager:CreateSecret", err)
	}
	// An earlier try of this call may have made it, and its answer got lost.
	there, describeErr := s.Describe(ctx)
	if describeErr == nil && there.Version == "" && there.ManagedBy == governance.ManagedBy && maps.Equal(s.tags(there.Marks), s.tags(marks)) {
		return nil
	}
	return s.taken(err)
}

// settle brings marks and settings to what they are to be.
func (s *Secret) settle(ctx context.Context, have platform.Stored, marks platform.Marks) (platform.Stored, error) {
	type step struct {
		operation string
		needed    bool
		call      func() error
	}
	id, want := &have.ARN, s.spec.StoreSettings
	set, remove := s.changes(s.tagsOf(have), marks)
	dropped, added := missingFrom(have.Settings.ReplicaRegions, want.ReplicaRegions), missingFrom(want.ReplicaRegions, have.Settings.ReplicaRegions)
	for _, step := range []step{
		{"secretsmanager:UntagResource", len(remove) > 0, func() error {
			_, err := s.client.UntagResource(ctx, &secretsmanager.UntagResourceInput{SecretId: id, TagKeys: remove})
			return err
		}},
		{"secretsmanager:TagResource", len(set) > 0, func() error {
			_, err := s.client.TagResource(ctx, &secretsmanager.TagResourceInput{SecretId: id, Tags: secretTagList(set)})
			return err
		}},
		{"secretsmanager:UpdateSecret", !SameKey(want.KeyID, have.Settings.KeyID), func() error {
			_, err := s.client.UpdateSecret(ctx, &secretsmanager.UpdateSecretInput{SecretId: id, KmsKeyId: awssdk.String(cmp.Or(want.KeyID, defaultSecretKey))})
			return err
		}},
		{"secretsmanager:PutResourcePolicy", want.ResourcePolicy != "" && !SamePolicy(want.ResourcePolicy, have.Settings.ResourcePolicy), func() error {
			_, err := s.client.PutResourcePolicy(ctx, &secretsmanager.PutResourcePolicyInput{SecretId: id, ResourcePolicy: &want.ResourcePolicy, BlockPublicPolicy: awssdk.Bool(true)})
			return err
		}},
		{"secretsmanager:DeleteResourcePolicy", want.ResourcePolicy == "" && have.Settings.ResourcePolicy != "", func() error {
			_, err := s.client.DeleteResourcePolicy(ctx, &secretsmanager.DeleteResourcePolicyInput{SecretId: id})
			return err
		}},
		{operationRemoveReplicas, len(dropped) > 0, s.removeReplicas(ctx, id, dropped)},
		{"secretsmanager:ReplicateSecretToRegions", len(added) > 0, func() error {
			var regions []types.ReplicaRegionType
			for _, region := range added {
				regions = append(regions, types.ReplicaRegionType{Region: &region})
			}
			_, err := s.client.ReplicateSecretToRegions(ctx, &secretsmanager.ReplicateSecretToRegionsInput{SecretId: id, AddReplicaRegions: regions})
			return err
		}},
	} {
		if !step.needed {
			continue
		}
		if err := s.untilSeen(ctx, step.operation, step.call); err != nil {
			return have, err
		}
	}
	have.ManagedBy, have.Marks, have.Settings = governance.ManagedBy, marks, want
	return have, nil
}

// tagsOf are the tags that the marks of a secret were read from.
func (v vault) tagsOf(have platform.Stored) map[string]string {
	tags := v.tags(have.Marks)
	if have.ManagedBy != governance.ManagedBy {
		delete(tags, v.account.tagging.keys.ManagedByKey())
	}
	return tags
}

// defaultSecretKey is the key that Secrets Manager takes by itself. An update cannot leave the key out.
const defaultSecretKey = "alias/aws/secretsmanager"

const operationRemoveReplicas = "secretsmanager:RemoveRegionsFromReplication"

func (s *Secret) removeReplicas(ctx context.Context, id *string, regions []string) func() error {
	return func() error {
		_, err := s.client.RemoveRegionsFromReplication(ctx, &secretsmanager.RemoveRegionsFromReplicationInput{SecretId: id, RemoveReplicaRegions: regions})
		return err
	}
}

func secretTagList(tags map[string]string) []types.Tag {
	list := make([]types.Tag, 0, len(tags))
	for _, key := range slices.Sorted(maps.Keys(tags)) {
		list = append(list, types.Tag{Key: awssdk.String(key), Value: awssdk.String(tags[key])})
	}
	return list
}

// Put makes the document the secret's current version, whose id tells the credential. A repeated request has no further
// effect, because Secrets Manager knows it by that id.
func (s *Secret) Put(ctx context.Context, have platform.Stored, _ platform.Marks, content platform.Content) (platform.Stored, error) {
	version := content.Credential + versionSuffix
	err := s.untilSeen(ctx, "secretsmanager:PutSecretValue", func() error {
		_, err := s.client.PutSecretValue(ctx, &secretsmanager.PutSecretValueInput{SecretId: &have.ARN, ClientRequestToken: &version, SecretString: awssdk.String(string(content.Document))})
		return err
	})
	have.Version, have.Current = version, content.Credential
	return have, err
}

// Recovery is the recovery window.
func (s *Secret) Recovery() string {
	if s.spec.RecoveryWindowDays == 0 {
		return ""
	}
	return fmt.Sprintf(", which can be restored for %d days", s.spec.RecoveryWindowDays)
}

// Remove takes the replicas away, and schedules the deletion at the end of the recovery window. A secret that never held
// anything is deleted at once.
func (s *Secret) Remove(ctx context.Context, have platform.Stored) error {
	if regions := slices.AppendSeq(slices.Clone(have.Settings.ReplicaRegions), maps.Keys(have.FailedReplicas)); len(regions) > 0 {
		if err := mapError(operationRemoveReplicas, s.removeReplicas(ctx, &have.ARN, regions)()); err != nil {
			return err
		}
	}
	input := &secretsmanager.DeleteSecretInput{SecretId: &have.ARN}
	if days := s.spec.RecoveryWindowDays; days == 0 || have.Version == "" {
		input.ForceDeleteWithoutRecovery = awssdk.Bool(true)
	} else {
		input.RecoveryWindowInDays = awssdk.Int64(int64(days))
	}
	_, err := s.client.DeleteSecret(ctx, input)
	return mapError("secretsmanager:DeleteSecret", err)
}
