package aws

import (
	"context"
	"errors"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/organizations"
	"github.com/aws/aws-sdk-go-v2/service/organizations/types"
	"github.com/hashicorp/terraform-plugin-log/tflog"

	"github.com/nhi-governance/terraform-provider-governed/internal/platform"
)

// codeNoOrganization is the answer of AWS Organizations to an account that is in none (API reference, ListAccounts).
const codeNoOrganization = "AWSOrganizationsNotInUseException"

// organizationMember is an account of the organization. One that is not active is closed, being closed, suspended or not
// signed up completely: nobody can use its identities, and nothing can be read of it.
type organizationMember struct {
	id     string
	active bool
}

// organizationMembers are the accounts of the organization. Where the list breaks off, those so far come with the error.
func (a *Account) organizationMembers(ctx context.Context) ([]organizationMember, error) {
	connection, err := a.connect(ctx)
	if err != nil {
		return nil, err
	}
	client := organizations.NewFromConfig(connection.sdk, func(o *organizations.Options) { o.BaseEndpoint = a.endpoint("organizations", o.BaseEndpoint) })
	pages := organizations.NewListAccountsPaginator(listMembers(client.ListAccounts), &organizations.ListAccountsInput{})
	var members []organizationMember
	seen := map[string]bool{}
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return members, mapError("organizations:ListAccounts", err)
		}
		for _, account := range page.Accounts {
			member := organizationMember{id: awssdk.ToString(account.Id), active: account.State == types.AccountStateActive || account.State == ""}
			if seen[member.id] {
				continue
			}
			seen[member.id] = true
			if !member.active {
				tflog.Info(ctx, "Left an account of the organization out of the inventory, because it is not active", map[string]any{"account": member.id, "state": account.State})
			}
			members = append(members, member)
		}
	}
	return members, nil
}

// organizationReason is why the organization could not be asked for its accounts.
func organizationReason(err error) string {
	if apiCode(err) == codeNoOrganization {
		return "the account is in no organization"
	}
	if forbidden := (*platform.ErrForbidden)(nil); errors.As(err, &forbidden) {
		return reason(err) + ", which AWS gives only in the management account and to delegated administrators"
	}
	return reason(err)
}
