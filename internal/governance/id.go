package governance

import (
	"fmt"
	"regexp"
	"strings"
)

// Platform is a place that identities live in.
type Platform string

// The platforms that a canonical id can name.
const (
	PlatformAWS   Platform = "aws"
	PlatformAzure Platform = "azure"
	PlatformEntra Platform = "entra"
)

// Kind is the sort of object that an identity is on its platform. Its text is also the name of the nested attribute
// that declares one, such as aws_role.
type Kind string

// The kinds of identity that a canonical id can name.
const (
	KindAWSRole               Kind = "aws_role"
	KindAWSUser               Kind = "aws_user"
	KindAzureManagedIdentity  Kind = "azure_managed_identity"
	KindEntraApplication      Kind = "entra_application"
	KindEntraServicePrincipal Kind = "entra_service_principal"
)

// ID is the canonical id of an identity, one form for resources, import, inventory and quarantine:
//
//	aws:<account>:role/<path><name>
//	aws:<account>:user/<path><name>
//	azure:<ARM id>
//	entra:<tenant>:application/<object id>
//	entra:<tenant>:service_principal/<object id>
type ID struct {
	Kind Kind
	// Account is the AWS account id or the Entra tenant id; empty for Azure, whose ARM id holds the subscription.
	Account string
	// Resource is path and name on AWS (no slash in front), the ARM id on Azure, the object id on Entra.
	Resource string
}

var (
	idSegments = map[Kind]string{
		KindAWSRole:               "role",
		KindAWSUser:               "user",
		KindEntraApplication:      "application",
		KindEntraServicePrincipal: "service_principal",
	}
	awsAccountPattern  = regexp.MustCompile(`^[0-9]{12}$`)
	awsResourcePattern = regexp.MustCompile(`^([\x21-\x7e]+/)*[\w+=,.@-]{1,64}$`)
	guidPattern        = regexp.MustCompile(`^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$`)
	// The characters are those of "Naming rules and restrictions for Azure resources"; a path of others could lead elsewhere.
	armIDPattern = regexp.MustCompile(`(?i)^/subscriptions/[\w-]+/resourceGroups/[\pL\pN_().-]*[\pL\pN_()-]/providers/Microsoft\.ManagedIdentity/userAssignedIdentities/[\w-]+$`)
)

// IDForms lists the accepted canonical ids, for messages.
const IDForms = "aws:<account>:role/<path><name>, aws:<account>:user/<path><name>, azure:<ARM id>, " +
	"entra:<tenant>:application/<object id>, entra:<tenant>:service_principal/<object id>"

// InvalidIDError says why a text is not a canonical id.
type InvalidIDError struct {
	Text   string
	Reason string
}

func (e *InvalidIDError) Error() string {
	return fmt.Sprintf("%q is not a canonical identity id: %s; the forms are %s", e.Text, e.Reason, IDForms)
}

// ParseID reads a canonical id. The error is an *InvalidIDError.
func ParseID(text string) (ID, error) {
	invalid := func(format string, args ...any) (ID, error) {
		return ID{}, &InvalidIDError{Text: text, Reason: fmt.Sprintf(format, args...)}
	}
	platform, rest, found := strings.Cut(text, ":")
	if !found {
		return invalid("it has no platform in front of a colon")
	}
	if platform == "arn" {
		return invalid("%s", arnReason(text))
	}
	if Platform(platform) == PlatformAzure {
		if !armIDPattern.MatchString(rest) {
			return invalid("what follows azure: is not the ARM id of a user-assigned managed identity")
		}
		return ID{Kind: KindAzureManagedIdentity, Resource: rest}, nil
	}
	account, object, found := strings.Cut(rest, ":")
	if !found {
		return invalid("it has no account or tenant between two colons")
	}
	segment, resource, found := strings.Cut(object, "/")
	if !found {
		return invalid("it has no kind and name separated by a slash")
	}
	switch Platform(platform) {
	case PlatformAWS:
		if !awsAccountPattern.MatchString(account) {
			return invalid("%q is not an AWS account id of 12 digits", account)
		}
		if !awsResourcePattern.MatchString(resource) {
			return invalid("%q is not an IAM path and name", resource)
		}
	case PlatformEntra:
		if !guidPattern.MatchString(account) {
			return invalid("the tenant %q is not a GUID", account)
		}
		if !guidPattern.MatchString(resource) {
			return invalid("the object id %q is not a GUID", resource)
		}
	default:
		return invalid("the platform %q is unknown", platform)
	}
	for kind, known := range idSegments {
		if known == segment && kind.Platform() == Platform(platform) {
			return ID{Kind: kind, Account: account, Resource: resource}, nil
		}
	}
	return invalid("the platform %s has no kind of identity called %q", platform, segment)
}

// Platform is the place that identities of the kind live in.
func (k Kind) Platform() Platform {
	switch k {
	case KindAWSRole, KindAWSUser:
		return PlatformAWS
	case KindAzureManagedIdentity:
		return PlatformAzure
	default:
		return PlatformEntra
	}
}

// String is the canonical text; ParseID reads it back.
func (id ID) String() string {
	if id.Kind == KindAzureManagedIdentity {
		return string(PlatformAzure) + ":" + id.Resource
	}
	return string(id.Kind.Platform()) + ":" + id.Account + ":" + idSegments[id.Kind] + "/" + id.Resource
}

// Name is the last part of the resource: the IAM name, the name of a managed identity, an Entra object id.
func (id ID) Name() string {
	return id.Resource[strings.LastIndexByte(id.Resource, '/')+1:]
}

// Path is the IAM path of an AWS identity, with a slash at both ends.
func (id ID) Path() string {
	return "/" + id.Resource[:strings.LastIndexByte(id.Resource, '/')+1]
}

// Home is where the identity lives: the AWS account, the Entra tenant or, of a managed identity, the subscription.
func (id ID) Home() string {
	if id.Kind != KindAzureManagedIdentity {
		return id.Account
	}
	if parts := strings.Split(id.Resource, "/"); len(parts) > 2 {
		return strings.ToLower(parts[2])
	}
	return ""
}
