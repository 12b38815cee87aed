package aws

import (
	"context"
	"errors"
	"net/http"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
	smithyhttp "github.com/aws/smithy-go/transport/http"
	"golang.org/x/sync/errgroup"

	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform"
)

// Delete ends all access first: everything is denied, to live sessions too; keys become inactive and are deleted, then
// the password, MFA devices and every other credential. Groups and policies follow, and the user goes last.
func (u *Users) Delete(ctx context.Context, id governance.ID) (removed []string, err error) {
	if err := u.mine(ctx, id); err != nil {
		return nil, err
	}
	connection, err := u.account.connect(ctx)
	if err != nil {
		return nil, err
	}
	u.wrote(id.Name())
	calls := userCalls{connection.iam, id.Name()}
	return u.retire(ctx, id, func(user UserState) ([]string, error) { return calls.retire(ctx, u.account.tagging, user) })
}

func (c userCalls) retire(ctx context.Context, tagging tagging, user UserState) ([]string, error) {
	var keys []types.AccessKeyMetadata
	var others []credential
	var unlisted error
	group, groupCtx := errgroup.WithContext(ctx)
	group.Go(func() (err error) { keys, err = c.keys(groupCtx); return err })
	group.Go(func() (err error) { others, unlisted, err = c.credentials(groupCtx); return err })
	if err := group.Wait(); err != nil {
		return nil, err
	}
	var gone removal
	gone.denyAll(ctx, userKind, c, user.EntityState)
	if gone.err == nil {
		// A user that has no room for the record is going all the same.
		if _, err := c.deactivate(ctx, tagging, user.DeactivatedKeys, keys); !isFull(err) {
			gone.err = ignoreNotFound(err)
		}
	}
	gone.keys(ctx, c, keys)
	if user.ConsoleAccess {
		gone.password(ctx, c)
	}
	gone.devices(ctx, c, tagging, user)
	for _, one := range others {
		gone.do(one.name, one.operation, func() error { return one.remove(ctx) })
	}
	gone.groups(ctx, c, user.Groups)
	gone.allPolicies(ctx, userKind, c, user.EntityState)
	if gone.err != nil {
		return gone.removed, gone.err
	}
	_, err := c.iam.DeleteUser(ctx, &iam.DeleteUserInput{UserName: &c.name})
	gone.err = mapError("iam:DeleteUser", err)
	if gone.err != nil && unlisted != nil {
		return gone.removed, errors.Join(gone.err, unlisted)
	}
	return gone.removed, gone.err
}

// credential is one that only few users have.
type credential struct {
	name, operation string
	remove          func(context.Context) error
}

// credentials are the user's SSH keys, signing certificates and service-specific credentials. Where one of the lists
// cannot be had, because the caller may not or the endpoint does not know it, the retirement goes on: IAM itself does
// not delete a user that still has any, and what was missing is told then.
func (c userCalls) credentials(ctx context.Context) (all []credential, unlisted, err error) {
	lists := []func(context.Context) ([]credential, error){c.sshKeys, c.certificates, c.serviceCredentials}
	found, errs := make([][]credential, len(lists)), make([]error, len(lists))
	group, ctx := errgroup.WithContext(ctx)
	for i, list := range lists {
		group.Go(func() error {
			found[i], errs[i] = list(ctx)
			if isUnlistable(errs[i]) {
				return nil
			}
			return errs[i]
		})
	}
	if err := group.Wait(); err != nil {
		return nil, nil, err
	}
	for _, some := range found {
		all = append(all, some...)
	}
	return all, errors.Join(errs...), nil
}

func isUnlistable(err error) bool {
	var forbidden *platform.ErrForbidden
	var response *smithyhttp.ResponseError
	return errors.As(err, &forbidden) || (errors.As(err, &response) && response.HTTPStatusCode() >= http.StatusInternalServerError)
}

func (c userCalls) sshKeys(ctx context.Context) ([]credential, error) {
	keys, err := collect(ctx, iam.NewListSSHPublicKeysPaginator(c.iam, &iam.ListSSHPublicKeysInput{UserName: &c.name}),
		func(page *iam.ListSSHPublicKeysOutput) []types.SSHPublicKeyMetadata { return page.SSHPublicKeys })
	return credentialsOf(keys, "iam:DeleteSSHPublicKey", func(key types.SSHPublicKeyMetadata) (string, func(context.Context) error) {
		return "SSH key " + awssdk.ToString(key.SSHPublicKeyId), func(ctx context.Context) error {
			_, err := c.iam.DeleteSSHPublicKey(ctx, &iam.DeleteSSHPublicKeyInput{UserName: &c.name, SSHPublicKeyId: key.SSHPublicKeyId})
			return err
		}
	}), mapError("iam:ListSSHPublicKeys", err)
}

func (c userCalls) certificates(ctx context.Context) ([]credential, error) {
	certificates, err := collect(ctx, iam.NewListSigningCertificatesPaginator(c.iam, &iam.ListSigningCertificatesInput{UserName: &c.name}),
		func(page *iam.ListSigningCertificatesOutput) []types.SigningCertificate { return page.Certificates })
	return credentialsOf(certificates, "iam:DeleteSigningCertificate", func(one types.SigningCertificate) (string, func(context.Context) error) {
		return "signing certificate " + awssdk.ToString(one.CertificateId), func(ctx context.Context) error {
			_, err := c.iam.DeleteSigningCertificate(ctx, &iam.DeleteSigningCertificateInput{UserName: &c.name, CertificateId: one.CertificateId})
			return err
		}
	}), mapError("iam:ListSigningCertificates", err)
}

func (c userCalls) serviceCredentials(ctx context.Context) ([]credential, error) {
	found, err := collect(ctx, &serviceCredentialPages{calls: c}, func(page *iam.ListServiceSpecificCredentialsOutput) []types.ServiceSpecificCredentialMetadata {
		return page.ServiceSpecificCredentials
	})
	return credentialsOf(found, "iam:DeleteServiceSpecificCredential", func(one types.ServiceSpecificCredentialMetadata) (string, func(context.Context) error) {
		return "credential " + awssdk.ToString(one.ServiceSpecificCredentialId) + " of " + awssdk.ToString(one.ServiceName), func(ctx context.Context) error {
			_, err := c.iam.DeleteServiceSpecificCredential(ctx, &iam.DeleteServiceSpecificCredentialInput{UserName: &c.name, ServiceSpecificCredentialId: one.ServiceSpecificCredentialId})
			return err
		}
	}), mapError("iam:ListServiceSpecificCredentials", err)
}

func credentialsOf[T any](items []T, operation string, of func(T) (name string, remove func(context.Context) error)) []credential {
	credentials := make([]credential, len(items))
	for i, item := range items {
		name, remove := of(item)
		credentials[i] = credential{name: name, operation: operation, remove: remove}
	}
	return credentials
}

// serviceCredentialPages reads a list for which the SDK has no paginator.
type serviceCredentialPages struct {
	calls  userCalls
	marker *string
	done   bool
}

func (p *serviceCredentialPages) HasMorePages() bool { return !p.done }

func (p *serviceCredentialPages) NextPage(ctx context.Context, options ...func(*iam.Options)) (*iam.ListServiceSpecificCredentialsOutput, error) {
	page, err := p.calls.iam.ListServiceSpecificCredentials(ctx, &iam.ListServiceSpecificCredentialsInput{UserName: &p.calls.name, Marker: p.marker}, options...)
	if err != nil {
		return nil, err
	}
	p.marker, p.done = page.Marker, !page.IsTruncated
	return page, nil
}
