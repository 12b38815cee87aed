package approve

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/nhi-governance/terraform-provider-governed/internal/approval"
	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
)

// maxPlan in bytes keeps a wrong file from filling the memory.
const maxPlan = 512 << 20

// providerSuffix ends the name that a plan has for the provider, whatever registry it comes from.
const providerSuffix = "/nhi-governance/governed"

// request is what one resource of a plan needs an approval for.
type request struct {
	address                string
	owner, purpose, expiry string
	ticket                 string
	claims                 approval.Claims
}

// planned is what is read of a plan.
type planned struct {
	ResourceChanges *[]struct {
		Address      string `json:"address"`
		ProviderName string `json:"provider_name"`
		Change       struct {
			After *struct {
				Owner, Purpose, Expiry, Ticket string
				ApprovalNeeded                 *struct {
					Identity string            `json:"identity"`
					Classes  []governance.Rule `json:"classes"`
					Grants   []approval.Grant  `json:"grants"`
				} `json:"approval_needed"`
			} `json:"after"`
			AfterUnknown struct {
				ApprovalNeeded any `json:"approval_needed"`
			} `json:"after_unknown"`
		} `json:"change"`
	} `json:"resource_changes"`
}

// pick finds what needs an approval: the one resource that does, or that at the address.
func pick(text []byte, address string) (request, error) {
	var plan planned
	text = bytes.TrimPrefix(text, []byte("\ufeff"))
	if bytes.HasPrefix(text, []byte("\xff\xfe")) {
		return request{}, errors.New("the plan is in UTF-16, as > writes it in older PowerShells: write it in UTF-8, or pipe it into --plan -")
	}
	if err := json.Unmarshal(text, &plan); err != nil {
		return request{}, errors.New("the plan is not what terraform show -json plan.tfplan writes: " + governance.Printable(err.Error()))
	}
	if plan.ResourceChanges == nil {
		return request{}, errors.New("the plan has no resource_changes, as what terraform show -json plan.tfplan writes has")
	}
	var found []request
	unknown := false
	for _, resource := range *plan.ResourceChanges {
		if !strings.HasSuffix(resource.ProviderName, providerSuffix) || address != "" && resource.Address != address {
			continue
		}
		after := resource.Change.After
		unknown = unknown || resource.Change.AfterUnknown.ApprovalNeeded == true
		if after == nil || after.ApprovalNeeded == nil || after.ApprovalNeeded.Identity == "" {
			continue
		}
		found = append(found, request{
			address: resource.Address, owner: after.Owner, purpose: after.Purpose, expiry: after.Expiry, ticket: after.Ticket,
			claims: approval.Claims{Subject: after.ApprovalNeeded.Identity, Classes: after.ApprovalNeeded.Classes, Grants: after.ApprovalNeeded.Grants},
		})
	}
	switch {
	case len(found) == 1 && (len(found[0].claims.Classes) == 0 || len(found[0].claims.Grants) == 0):
		// What an approval leaves out it allows altogether, and nothing shows it.
		return request{}, fmt.Errorf("what the plan says of %s names no classes or no grants, and would allow all there are: no plan of the provider has that", governance.Printable(found[0].address))
	case len(found) == 1:
		return found[0], nil
	case len(found) > 1:
		var addresses []string
		for _, one := range found {
			addresses = append(addresses, "  "+governance.Printable(one.address))
		}
		slices.Sort(addresses)
		return request{}, usageError(fmt.Sprintf("%d resources need an approval; each has its own, so name one with --address:\n%s", len(found), strings.Join(addresses, "\n")))
	case unknown:
		return request{}, errors.New("what needs an approval is not known before the apply, because policies depend on what does not exist yet: create that first, for example with terraform apply -target")
	case address != "":
		return request{}, fmt.Errorf("%s is not in the plan, or needs no approval", governance.Printable(address))
	}
	return request{}, errors.New("nothing in the plan needs an approval")
}
