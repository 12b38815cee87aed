package aws

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"sync"
	"time"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/arn"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
	"golang.org/x/sync/errgroup"

	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform"
)

// pager is one of the SDK's paginators.
type pager[Page any] interface {
	HasMorePages() bool
	NextPage(context.Context, ...func(*iam.Options)) (Page, error)
}

// collect reads all pages of a list.
func collect[Page, T any](ctx context.Context, pages pager[Page], items func(Page) []T) ([]T, error) {
	var all []T
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		all = append(all, items(page)...)
	}
	return all, nil
}

// halfSeen takes an entity whose parts are not found, while it was found itself, for one that some replica does not know
// yet. Taken for one that is gone, it would be lost to Terraform.
func halfSeen(err error) error {
	var missing *notFoundError
	if errors.As(err, &missing) {
		return &platform.ErrNotPropagated{Operation: missing.operation, Detail: missing.detail}
	}
	return err
}

// newEntityState takes over what IAM tells of every entity.
func newEntityState(kind entityKind, entityARN, uniqueID, name, path *string, created *time.Time, boundary *types.AttachedPermissionsBoundary) (EntityState, error) {
	parsed, err := arn.Parse(awssdk.ToString(entityARN))
	if err != nil {
		return EntityState{}, fmt.Errorf("IAM returned the %s ARN %q: %w", kind.word(), awssdk.ToString(entityARN), err)
	}
	state := EntityState{
		Observed: platform.Observed{
			ID:        governance.ID{Kind: kind.kind, Account: parsed.AccountID, Resource: awssdk.ToString(path)[1:] + awssdk.ToString(name)},
			Name:      awssdk.ToString(name),
			CreatedAt: awssdk.ToTime(created),
		},
		ARN:            awssdk.ToString(entityARN),
		UniqueID:       awssdk.ToString(uniqueID),
		InlinePolicies: map[string]string{},
	}
	if boundary != nil {
		state.PermissionsBoundaryARN = awssdk.ToString(boundary.PermissionsBoundaryArn)
	}
	return state, nil
}

// readPolicies has the entity's policies read into the state, by the group.
func (s *EntityState) readPolicies(ctx context.Context, group *errgroup.Group, kind entityKind, api entityAPI) {
	group.Go(func() error { return readInlinePolicies(ctx, kind, api, s.InlinePolicies) })
	group.Go(func() error {
		policies, err := api.attachedPolicies(ctx)
		for _, policy := range policies {
			s.ManagedPolicyARNs = append(s.ManagedPolicyARNs, awssdk.ToString(policy.PolicyArn))
		}
		return mapError(kind.operation("ListAttached*Policies"), err)
	})
}

// inlineReads bounds how many policies of one entity are asked for at a time.
const inlineReads = 4

func readInlinePolicies(ctx context.Context, kind entityKind, api entityAPI, documents map[string]string) error {
	names, err := api.inlinePolicyNames(ctx)
	if err != nil {
		return mapError(kind.operation("List*Policies"), err)
	}
	var mutex sync.Mutex
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(inlineReads)
	for _, name := range names {
		group.Go(func() error {
			encoded, err := api.inlinePolicy(ctx, name)
			if apiCode(err) == codeNoSuchEntity {
				return nil // Somebody has removed it since it was listed.
			}
			if err != nil {
				return mapError(kind.operation("Get*Policy"), err)
			}
			document, err := decodeDocument(encoded)
			mutex.Lock()
			defer mutex.Unlock()
			documents[name] = document
			return err
		})
	}
	return group.Wait()
}

// decodeDocument reads a policy document as IAM returns it: URL-encoded (RFC 3986).
func decodeDocument(document *string) (string, error) {
	text, err := url.PathUnescape(awssdk.ToString(document))
	if err != nil {
		return "", fmt.Errorf("IAM returned a policy document that is not URL-encoded: %w", err)
	}
	return text, nil
}
