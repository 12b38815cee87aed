package tfkit

import (
	"errors"
	"fmt"
	"strings"

	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform"
)

// Absent says that an identity does not exist, and what of its id may be wrong. The error is the platform.ErrNotFound.
func Absent(id governance.ID, err error) string {
	var elsewhere *platform.ErrElsewhere
	switch {
	case errors.As(err, &elsewhere):
		return fmt.Sprintf("%s. Write that id if it is meant: an id has the path, and the letters in their case.", elsewhere)
	case id.Kind == governance.KindAzureManagedIdentity:
		return "there is no such managed identity. Check the subscription, the resource group and the name in its id."
	case id.Kind == governance.KindEntraApplication:
		return fmt.Sprintf("the tenant has no application with the object id %s. Write the object id of the app registration: the application (client) id and the object id of the enterprise application are others.", id.Name())
	case id.Kind == governance.KindEntraServicePrincipal:
		return fmt.Sprintf("the tenant has no service principal with the object id %s. Write the object id of the enterprise application: the application (client) id and the object id of an app registration are others.", id.Name())
	}
	return fmt.Sprintf("the account %s has no %s called %s. Check the account, the path and the name.", id.Account, strings.TrimPrefix(string(id.Kind), "aws_"), id.Resource)
}

// MalformedID says why a text is no canonical id. It names the forms that are taken where it stands, such as
// aws:<account>:role/<path><name>.
func MalformedID(err error, forms string) string {
	var invalid *governance.InvalidIDError
	if !errors.As(err, &invalid) {
		return Sentence(err.Error())
	}
	return fmt.Sprintf("%q is not a canonical identity id: %s. Write %s.", invalid.Text, invalid.Reason, forms)
}
