package aws

import (
	"context"
	"errors"
	"time"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
	"golang.org/x/sync/errgroup"
)

// credentialSwitch is a credential that can be made inactive and active again.
type credentialSwitch struct {
	held
	active bool
	made   time.Time
	// operation is that of set.
	operation string
	set       func(context.Context, types.StatusType) error
}

// switches are the user's access keys, SSH keys, signing certificates and service-specific credentials. Where one of the
// last three lists cannot be had, the others come all the same, with the reason.
func (c userCalls) switches(ctx context.Context) (all []credentialSwitch, unlisted, err error) {
	lists := []func(context.Context) ([]credentialSwitch, error){c.keySwitches, c.sshSwitches, c.certificateSwitches, c.serviceSwitches}
	found, errs := make([][]credentialSwitch, len(lists)), make([]error, len(lists))
	group, groupCtx := errgroup.WithContext(ctx)
	for i, list := range lists {
		group.Go(func() error {
			var err error
			if found[i], err = list(groupCtx); i > 0 && isUnlistable(err) {
				errs[i] = err
				return nil
			}
			return err
		})
	}
	err = group.Wait()
	for _, some := range found {
		all = append(all, some...)
	}
	return all, errors.Join(errs...), err
}

func switchesOf[T any](items []T, code credentialCode, operation string, of func(T) (id *string, status types.StatusType, made *time.Time, set func(context.Context, types.StatusType) error)) []credentialSwitch {
	all := make([]credentialSwitch, len(items))
	for i, item := range items {
		id, status, made, set := of(item)
		all[i] = credentialSwitch{held{code, awssdk.ToString(id)}, status == types.StatusTypeActive, awssdk.ToTime(made), operation, set}
	}
	return all
}

func (c userCalls) keySwitches(ctx context.Context) ([]credentialSwitch, error) {
	keys, err := c.keys(ctx)
	return switchesOf(keys, codeAccessKey, "iam:UpdateAccessKey", func(key types.AccessKeyMetadata) (*string, types.StatusType, *time.Time, func(context.Context, types.StatusType) error) {
		return key.AccessKeyId, key.Status, key.CreateDate, func(ctx context.Context, status types.StatusType) error {
			return c.setKey(ctx, *key.AccessKeyId, status)
		}
	}), err
}

func (c userCalls) sshSwitches(ctx context.Context) ([]credentialSwitch, error) {
	keys, err := collect(ctx, iam.NewListSSHPublicKeysPaginator(c.iam, &iam.ListSSHPublicKeysInput{UserName: &c.name}),
		func(page *iam.ListSSHPublicKeysOutput) []types.SSHPublicKeyMetadata { return page.SSHPublicKeys })
	return switchesOf(keys, codeSSHKey, "iam:UpdateSSHPublicKey", func(key types.SSHPublicKeyMetadata) (*string, types.StatusType, *time.Time, func(context.Context, types.StatusType) error) {
		return key.SSHPublicKeyId, key.Status, key.UploadDate, func(ctx context.Context, status types.StatusType) error {
			_, err := c.iam.UpdateSSHPublicKey(ctx, &iam.UpdateSSHPublicKeyInput{UserName: &c.name, SSHPublicKeyId: key.SSHPublicKeyId, Status: status})
			return err
		}
	}), mapError("iam:ListSSHPublicKeys", err)
}

func (c userCalls) certificateSwitches(ctx context.Context) ([]credentialSwitch, error) {
	certificates, err := collect(ctx, iam.NewListSigningCertificatesPaginator(c.iam, &iam.ListSigningCertificatesInput{UserName: &c.name}),
		func(page *iam.ListSigningCertificatesOutput) []types.SigningCertificate { return page.Certificates })
	return switchesOf(certificates, codeCertificate, "iam:UpdateSigningCertificate", func(one types.SigningCertificate) (*string, types.StatusType, *time.Time, func(context.Context, types.StatusType) error) {
		return one.CertificateId, one.Status, one.UploadDate, func(ctx context.Context, status types.StatusType) error {
			_, err := c.iam.UpdateSigningCertificate(ctx, &iam.UpdateSigningCertificateInput{UserName: &c.name, CertificateId: one.CertificateId, Status: status})
			return err
		}
	}), mapError("iam:ListSigningCertificates", err)
}

func (c userCalls) serviceSwitches(ctx context.Context) ([]credentialSwitch, error) {
	found, err := collect(ctx, &serviceCredentialPages{calls: c}, func(page *iam.ListServiceSpecificCredentialsOutput) []types.ServiceSpecificCredentialMetadata {
		return page.ServiceSpecificCredentials
	})
	return switchesOf(found, codeService, "iam:UpdateServiceSpecificCredential", func(one types.ServiceSpecificCredentialMetadata) (*string, types.StatusType, *time.Time, func(context.Context, types.StatusType) error) {
		return one.ServiceSpecificCredentialId, one.Status, one.CreateDate, func(ctx context.Context, status types.StatusType) error {
			_, err := c.iam.UpdateServiceSpecificCredential(ctx, &iam.UpdateServiceSpecificCredentialInput{UserName: &c.name, ServiceSpecificCredentialId: one.ServiceSpecificCredentialId, Status: status})
			return err
		}
	}), mapError("iam:ListServiceSpecificCredentials", err)
}
