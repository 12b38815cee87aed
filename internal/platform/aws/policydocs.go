package aws

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/nhi-governance/terraform-provider-governed/internal/platform"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform/aws/iampolicy"
)

// policyDocs keeps the documents of managed policies and of groups for a run. What the caller may not read is kept as
// well, so that it is not asked for again. Before an identity is written, what can have changed meanwhile is read anew:
// the same apply may have changed it.
type policyDocs struct {
	// managed are *platform.Memo[managedDoc] by ARN.
	managed sync.Map
	groups  platform.Memo[groupDocs]
	// order counts questions and readings, so that a question knows a reading that began after it.
	order atomic.Int64
}

type managedDoc struct {
	document iampolicy.Document
	// forbidden is the permission that the caller lacks to read it, and unread why nobody understands it; empty where the
	// document is there.
	forbidden, unread string
	// began is when it was read, by the order of policyDocs.
	began int64
}

// groupDocs are the policies of all groups.
type groupDocs struct {
	// groups are by name in lower case, in which IAM takes a group by its name.
	groups map[string]groupPolicies
	// forbidden is the permission that the caller lacks; empty where the groups were read.
	forbidden string
	began     int64
}

type groupPolicies struct {
	inline   map[string]string
	attached []string
}

// managedDoc reads the version of a managed policy that counts. The error is platform.ErrNotFound when there is no such
// policy; once it has to be there, replicas get time to know it.
func (a *Account) managedDoc(ctx context.Context, policy string, final bool) (managedDoc, error) {
	kept, _ := a.policies.managed.LoadOrStore(policy, &platform.Memo[managedDoc]{})
	asked := a.policies.order.Add(1)
	good := func(known managedDoc) bool { return !final || isAWSManaged(policy) || known.began > asked }
	return kept.(*platform.Memo[managedDoc]).GetIf(ctx, good, func() (managedDoc, error) { //nolint:forcetypeassert // nothing else is in the map
		began := a.policies.order.Add(1)
		read, err := a.readManaged(ctx, policy, final)
		read.began = began
		return read, err
	})
}

func (a *Account) readManaged(ctx context.Context, policy string, final bool) (managedDoc, error) {
	connection, err := a.connect(ctx)
	if err != nil {
		return managedDoc{}, err
	}
	var version *iam.GetPolicyVersionOutput
	operation := "iam:GetPolicy"
	err = a.untilPropagated(ctx, operation, final, func() error {
		operation = "iam:GetPolicy"
		found, err := connection.iam.GetPolicy(ctx, &iam.GetPolicyInput{PolicyArn: &policy})
		if err != nil {
			return err
		}
		operation = "iam:GetPolicyVersion"
		version, err = connection.iam.GetPolicyVersion(ctx, &iam.GetPolicyVersionInput{PolicyArn: &policy, VersionId: found.Policy.DefaultVersionId})
		return err
	})
	var forbidden *platform.ErrForbidden
	switch {
	case errors.As(err, &forbidden):
		return managedDoc{forbidden: deniedPermission(operation, forbidden.Detail)}, nil
	case err != nil:
		return managedDoc{}, err
	}
	document, err := parseEncoded(version.PolicyVersion.Document)
	if err != nil {
		return managedDoc{unread: err.Error()}, nil //nolint:nilerr // that nobody understands it is kept as well
	}
	return managedDoc{document: document}, nil
}

// groupDocs reads the policies of all groups at once, again where one that is asked for has been made since. Once they have
// to be there, replicas get time to know them.
func (a *Account) groupDocs(ctx context.Context, names []string, final bool) (groupDocs, error) {
	missing := func(known groupDocs) []string {
		return slices.DeleteFunc(slices.Clone(names), func(name string) bool {
			_, ok := known.of(name)
			return ok || known.forbidden != ""
		})
	}
	asked := a.policies.order.Add(1)
	hasAll := func(known groupDocs) bool { return len(missing(known)) == 0 }
	good := func(known groupDocs) bool { return hasAll(known) && (!final || known.began > asked) }
	var waited time.Duration
	for pause := propagationFirst; ; pause = min(2*pause, propagationLongest) {
		read, err := a.policies.groups.GetIf(ctx, good, func() (groupDocs, error) {
			began := a.policies.order.Add(1)
			read, err := a.readGroups(ctx)
			read.began = began
			return read, err
		})
		switch {
		case err != nil || hasAll(read) || !final:
			return read, err
		case waited >= propagationTimeout:
			return groupDocs{}, &platform.ErrNotPropagated{Operation: listGroups, Waited: waited, Detail: "there is no group " + strings.Join(missing(read), ", ")}
		}
		if err := a.wait(ctx, pause); err != nil {
			return groupDocs{}, err
		}
		waited += pause
	}
}

const listGroups = "iam:GetAccountAuthorizationDetails"

func (a *Account) readGroups(ctx context.Context) (groupDocs, error) {
	connection, err := a.connect(ctx)
	if err != nil {
		return groupDocs{}, err
	}
	read := groupDocs{groups: map[string]groupPolicies{}}
	pages := iam.NewGetAccountAuthorizationDetailsPaginator(connection.iam, &iam.GetAccountAuthorizationDetailsInput{
		Filter: []types.EntityType{types.EntityTypeGroup}, MaxItems: awssdk.Int32(bulkPage),
	})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		var forbidden *platform.ErrForbidden
		if err = mapError(listGroups, err); errors.As(err, &forbidden) {
			return groupDocs{forbidden: forbidden.Permission}, nil
		} else if err != nil {
			return groupDocs{}, err
		}
		for _, group := range page.GroupDetailList {
			if err := read.add(group); err != nil {
				return groupDocs{}, err
			}
		}
	}
	return read, nil
}

func (d *groupDocs) add(group types.GroupDetail) (err error) {
	found := groupPolicies{inline: map[string]string{}}
	for _, policy := range group.GroupPolicyList {
		if found.inline[awssdk.ToString(policy.PolicyName)], err = decodeDocument(policy.PolicyDocument); err != nil {
			return err
		}
	}
	for _, policy := range group.AttachedManagedPolicies {
		found.attached = append(found.attached, awssdk.ToString(policy.PolicyArn))
	}
	d.groups[strings.ToLower(awssdk.ToString(group.GroupName))] = found
	return nil
}

func (d *groupDocs) of(name string) (found groupPolicies, ok bool) {
	found, ok = d.groups[strings.ToLower(name)]
	return found, ok
}
