package aws

import (
	"crypto/sha256"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	iamgrants "github.com/nhi-governance/terraform-provider-governed/internal/platform/aws/iampolicy/grants"
)

// policyOf is nil where the document cannot be read.
func (r *bulkReader) policyOf(encoded *string) *readPolicy {
	key := digest(sha256.Sum256([]byte(awssdk.ToString(encoded))))
	known, ok := r.documents[key]
	if !ok {
		if document, err := parseEncoded(encoded); err == nil {
			known = &readPolicy{number: uint64(len(r.documents)), document: document, own: iamgrants.NamesIdentities(document)}
		}
		r.documents[key] = known
	}
	if known == nil {
		r.unread[key] = true
	}
	return known
}

func (r *bulkReader) policiesOf(inline []types.PolicyDetail, attached []types.AttachedPolicy, groups []string, boundary *types.AttachedPermissionsBoundary) policies {
	var found policies
	for _, policy := range inline {
		read := r.policyOf(policy.PolicyDocument)
		if read == nil {
			continue
		}
		// Until it ends access, the policy that enforces an expiry changes nothing, and it is different on each identity.
		if end, ok := read.document.ExpiryEnd(); !ok || !end.After(r.now) {
			found.inline = append(found.inline, namedPolicy{awssdk.ToString(policy.PolicyName), read})
		}
	}
	for _, policy := range attached {
		found.attached = append(found.attached, r.text(awssdk.ToString(policy.PolicyArn)))
	}
	for _, group := range groups {
		found.groups = append(found.groups, r.text(group))
	}
	if boundary != nil {
		found.boundary = r.text(awssdk.ToString(boundary.PermissionsBoundaryArn))
	}
	return found
}

// attached calls yield for every managed policy that an identity has, by itself, by a group or as its boundary, and may call
// it several times for one.
func (r *bulkReader) attached(yield func(arn string)) {
	note := func(of policies) {
		for _, arn := range of.attached {
			yield(arn)
		}
		if of.boundary != "" {
			yield(of.boundary)
		}
	}
	for _, of := range r.policies {
		note(of)
		for _, name := range of.groups {
			note(r.groups[name])
		}
	}
}

// addKnown adds the documents of AWS's own policies that need not come, and counts those that have not.
func (r *bulkReader) addKnown() int {
	untold := map[string]bool{}
	r.attached(func(arn string) {
		if _, told := r.managed[arn]; told || !isAWSManaged(arn) {
			return
		}
		if text, ok := awsDocuments[policyName(arn)]; ok {
			r.managed[arn] = r.policyOf(&text)
		} else {
			untold[arn] = true
		}
	})
	return len(untold)
}

// unrecorded counts the policies and groups that identities have and of which nothing has come. IAM tells all, but what AWS
// Config records of an account is the account's choice.
func (r *bulkReader) unrecorded() int {
	missing := map[string]bool{}
	r.attached(func(arn string) {
		if _, known := r.managed[arn]; !known && !isAWSManaged(arn) {
			missing[arn] = true
		}
	})
	for _, of := range r.policies {
		for _, name := range of.groups {
			if _, known := r.groups[name]; !known {
				missing[groupPrefix+name] = true
			}
		}
	}
	return len(missing)
}
