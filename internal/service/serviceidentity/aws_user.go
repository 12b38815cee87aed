package serviceidentity

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform/aws"
	"github.com/nhi-governance/terraform-provider-governed/internal/service/governed"
	"github.com/nhi-governance/terraform-provider-governed/internal/tfkit"
)

// awsUserKind is the nested attribute aws_user: an IAM user.
type awsUserKind struct{ userDriven }

type userDriven = governed.Driven[model, *model, awsUserModel, aws.UserSpec, aws.UserState]

var awsUser = awsUserKind{userDriven{
	Kind: governance.KindAWSUser, Cloud: governed.AWS,
	Name: string(governance.KindAWSUser), Types: awsUserTypes, Object: func(m *model) *types.Object { return &m.AWSUser },
	Driver: func(data *tfkit.Data) platform.Driver[aws.UserSpec, aws.UserState] { return data.AWS.Users() }, Rules: aws.ValidateUser,
}}

// Sources are resources that manage the same objects without governing them.
func (awsUserKind) Sources() []governed.Source {
	return []governed.Source{governed.HashiCorpAWS("aws_iam_user")}
}

func (awsUserKind) ParseImport(text string) (governance.ID, bool) { return aws.ParseUserARN(text) }

func (k awsUserKind) Entitlements(ctx context.Context, data *tfkit.Data, m, prior *model, asked governance.Inquiry) (governance.Entitlements, error) {
	return governed.JudgeHolding(ctx, m, prior, asked, k.holding, data.AWS.Users().Entitlements)
}

// holding is what decides what the user may do. What is not known yet is left out.
func (k awsUserKind) holding(ctx context.Context, m *model) (aws.Holding, error) {
	u, err := k.Get(m)
	return aws.Holding{
		Name: governed.NameAt(m.Name, u.Path), Path: governed.KnownOr(u.Path, "/"),
		InlinePolicies: governed.StringMap(u.InlinePolicies), ManagedPolicyARNs: tfkit.Strings(u.ManagedPolicyARNs), Groups: tfkit.Strings(u.Groups),
		PoliciesUnknown:        !governed.FullyKnown(ctx, u.InlinePolicies, u.ManagedPolicyARNs, u.Groups),
		PermissionsBoundaryARN: u.PermissionsBoundaryARN.ValueString(), BoundaryUnknown: u.PermissionsBoundaryARN.IsUnknown(),
	}, err
}

func (k awsUserKind) Predict(ctx context.Context, data *tfkit.Data, m, prior *model, disabled bool) error {
	user, want, err := k.Wanted(ctx, m, disabled)
	if err != nil {
		return err
	}
	had, state, err := k.Foretell(ctx, data, want, prior)
	if err != nil {
		return err
	}
	user.InlinePolicies = governed.PlannedPolicies(had.InlinePolicies, user.InlinePolicies)
	m.ID, user.ARN = types.StringUnknown(), types.StringUnknown()
	if !m.Name.IsUnknown() && !user.Path.IsUnknown() {
		m.ID, user.ARN = types.StringValue(state.ID.String()), types.StringValue(state.ARN)
	}
	user.ExpiryPolicy = governed.PredictedPolicy(had.ExpiryPolicy, state.ExpiryPolicy)
	user.ConsoleAccess, user.MFADevices = types.BoolValue(false), textSet(nil)
	switch {
	case disabled && prior != nil && prior.Status.Equal(m.Status):
		user.DeactivatedAccessKeys = had.DeactivatedAccessKeys
	case disabled || m.Status.IsUnknown():
		user.DeactivatedAccessKeys = types.SetUnknown(types.StringType)
	default:
		user.DeactivatedAccessKeys = types.SetNull(types.StringType)
	}
	m.ExpiryEnforcement = types.StringValue(string(governance.ExpiryByCloud))
	return k.Set(m, user)
}

func (k awsUserKind) Converge(ctx context.Context, data *tfkit.Data, id governance.ID, m *model, disabled bool) ([]string, error) {
	user, want, err := k.Wanted(ctx, m, disabled)
	if err != nil {
		return nil, err
	}
	want.Spec.Reactivate = m.deactivated
	intended, state, err := k.Apply(ctx, data, id, want)
	m.deactivated = append(governed.Without(m.deactivated, state.JustDeactivated), state.JustDeactivated...)
	if err != nil {
		return intended.Attachments, err
	}
	if !disabled && m.deactivated != nil {
		m.deactivated = []string{}
	}
	governed.Converged(&m.GovernanceModel, state.Observed)
	// What the plan has promised stays, also where a key has gone meanwhile: the next refresh tells.
	if user.DeactivatedAccessKeys.IsUnknown() {
		user.DeactivatedAccessKeys = deactivatedKeys(state, m.deactivated)
	}
	user.observe(state)
	return intended.Attachments, k.Set(m, user)
}

// observe takes over what is only on the user.
func (u *awsUserModel) observe(state aws.UserState) {
	u.ARN, u.UniqueID = types.StringValue(state.ARN), types.StringValue(state.UniqueID)
	u.ExpiryPolicy = governed.ObservedPolicy(u.ExpiryPolicy, state.ExpiryPolicy)
	u.ConsoleAccess, u.MFADevices = types.BoolValue(state.ConsoleAccess), textSet(state.MFADevices)
}

// deactivatedKeys are those of the record on the user that this state has deactivated.
func deactivatedKeys(state aws.UserState, ours []string) types.Set {
	if state.DeactivatedKeys == nil {
		return types.SetNull(types.StringType)
	}
	return textSet(governed.Without(state.DeactivatedKeys, governed.Without(state.DeactivatedKeys, ours)))
}

func (k awsUserKind) Read(ctx context.Context, data *tfkit.Data, id governance.ID, m *model) ([]governed.Warning, error) {
	state, err := data.AWS.Users().Read(ctx, id)
	if err != nil {
		return nil, err
	}
	warnings := slices.Concat(humanUse(state), unknownKeys(state, m.deactivated), governed.InQuarantine(state.Quarantine))
	return warnings, k.observe(data, m, aws.BulkUser{UserState: state, PasswordKnown: true, DevicesKnown: true})
}

func (k awsUserKind) Bulk(ctx context.Context, data *tfkit.Data) (governed.BulkReader[*model], error) {
	bulk, err := data.AWS.Bulk(ctx)
	return func(_ context.Context, identity *governance.Identity, m *model) ([]governed.Warning, error) {
		state, err := bulk.User(identity.ID, identity.Credentials)
		if err != nil {
			return nil, err
		}
		return nil, k.observe(data, m, state)
	}, err
}

// observe takes over what the user is. What a bulk read does not know of it stays null.
func (k awsUserKind) observe(data *tfkit.Data, m *model, state aws.BulkUser) error {
	user, err := k.Get(m)
	if err != nil {
		return err
	}
	governed.Observed(&m.GovernanceModel, data, state.Observed, state.ManagedBy, state.EndsByItself)
	user.Path = types.StringValue(state.ID.Path())
	user.InlinePolicies = governed.ObservedPolicies(user.InlinePolicies, state.InlinePolicies)
	user.ManagedPolicyARNs = governed.ObservedSet(user.ManagedPolicyARNs, state.ManagedPolicyARNs)
	user.Groups = governed.ObservedSet(user.Groups, state.Groups)
	user.PermissionsBoundaryARN = tfkit.Observed(user.PermissionsBoundaryARN, state.PermissionsBoundaryARN)
	user.SessionsValidAfter = governed.ObservedSessions(user.SessionsValidAfter, state.SessionsValidAfter())
	user.DeactivatedAccessKeys = deactivatedKeys(state.UserState, m.deactivated)
	user.observe(state.UserState)
	if !state.PasswordKnown {
		user.ConsoleAccess = types.BoolNull()
	}
	if !state.DevicesKnown {
		user.MFADevices = types.SetNull(types.StringType)
	}
	return k.Set(m, user)
}

// unknownKeys tells of keys in the record on the user that this state has not deactivated.
func unknownKeys(state aws.UserState, ours []string) []governed.Warning {
	unknown := governed.Without(state.DeactivatedKeys, ours)
	if len(unknown) == 0 {
		return nil
	}
	return []governed.Warning{{Summary: "Access keys stay inactive", Detail: fmt.Sprintf("a tag on it (nhi:deactivated, unless metadata_keys renames it) names the access keys %s as made inactive by an expiry, but this Terraform state has not made them inactive: "+
		"the user was imported, an apply was killed on the way, or somebody else has written the tag. A renewal leaves these keys as they are, because whoever may tag the user could otherwise have a key activated. "+
		"Once it is renewed, activate by hand those that should work: aws iam update-access-key --user-name %s --access-key-id ID --status Active", strings.Join(unknown, ", "), state.Name)}}
}

// humanUse tells of what only a human can use.
func humanUse(state aws.UserState) []governed.Warning {
	var signs []string
	if state.ConsoleAccess {
		used := "not used so far"
		if !state.LastUsedAt.IsZero() {
			used = "last used on " + state.LastUsedAt.UTC().Format(time.RFC3339)
		}
		signs = append(signs, "it has a password for the console, "+used)
	}
	if len(state.MFADevices) > 0 {
		signs = append(signs, "it has the MFA devices "+strings.Join(state.MFADevices, ", "))
	}
	if len(signs) == 0 {
		return nil
	}
	return []governed.Warning{{Summary: "A human uses the identity", Detail: fmt.Sprintf("%s. This is human use of a non-human identity (OWASP NHI10): nobody can tell who acted, and the access stays when the person leaves. "+
		"The next apply removes it. Give the person an identity of their own, for example in IAM Identity Center.", strings.Join(signs, "; "))}}
}

// textSet is a set of strings that is never null.
func textSet(texts []string) types.Set {
	elements := make([]attr.Value, len(texts))
	for i, text := range texts {
		elements[i] = types.StringValue(text)
	}
	return types.SetValueMust(types.StringType, elements)
}
