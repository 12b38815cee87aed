package provider

import (
	"context"
	"errors"
	"os"
	"strconv"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-framework/types/basetypes"

	"github.com/nhi-governance/terraform-provider-governed/internal/approval"
	"github.com/nhi-governance/terraform-provider-governed/internal/celrule"
	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
	"github.com/nhi-governance/terraform-provider-governed/internal/ownerfile"
	"github.com/nhi-governance/terraform-provider-governed/internal/policyfile"
	"github.com/nhi-governance/terraform-provider-governed/internal/tfkit"
)

// policyFileVariable is the environment variable that names a policy which no configuration can loosen.
const policyFileVariable = "GOVERNED_POLICY_FILE"

type policyModel struct {
	MaxLifetimeDays           *int              `tfsdk:"max_lifetime_days"`
	MaxLifetimeDaysByCategory map[string]int    `tfsdk:"max_lifetime_days_by_category"`
	WarnBeforeDays            *int              `tfsdk:"warn_before_days"`
	CredentialMaxAgeDays      *int              `tfsdk:"credential_max_age_days"`
	RequiredMetadata          []string          `tfsdk:"required_metadata"`
	Owners                    *ownersModel      `tfsdk:"owners"`
	Purpose                   *purposeModel     `tfsdk:"purpose"`
	RetireInUseDays           *int              `tfsdk:"retire_in_use_days"`
	BreakGlass                []string          `tfsdk:"break_glass"`
	Enforcement               map[string]string `tfsdk:"enforcement"`
	ApprovalKeys              []string          `tfsdk:"approval_keys"`
	ApprovalMaxDays           *int              `tfsdk:"approval_max_days"`
	Rules                     []ruleModel       `tfsdk:"rules"`
}

type ruleModel struct {
	Name        types.String `tfsdk:"name"`
	Expression  types.String `tfsdk:"expression"`
	Message     types.String `tfsdk:"message"`
	Enforcement types.String `tfsdk:"enforcement"`
	Attribute   types.String `tfsdk:"attribute"`
}

type ownersModel struct {
	Pattern     types.String `tfsdk:"pattern"`
	File        types.String `tfsdk:"file"`
	EntraGroup  types.String `tfsdk:"entra_group"`
	EntraTenant types.Bool   `tfsdk:"entra_tenant"`
}

type purposeModel struct {
	MinLength   *int     `tfsdk:"min_length"`
	FillerWords []string `tfsdk:"filler_words"`
}

// entraOwners reads the owners that a group of Entra ID has; all users of the tenant without one.
type entraOwners func(group string) ([]governance.Owner, error)

// entra is the directory of owners in Entra ID; nil where the policy names none.
func (m *ownersModel) entra(read entraOwners) *governance.OwnerDirectory {
	group, source := m.EntraGroup.ValueString(), "of the Entra tenant"
	switch {
	case group != "":
		source = "of the Entra group " + group
	case !m.EntraTenant.ValueBool():
		return nil
	}
	return governance.NewRemoteOwnerDirectory(source, func() ([]governance.Owner, error) { return read(group) })
}

func (m policyModel) document() governance.PolicyDocument {
	document := governance.PolicyDocument{
		MaxLifetimeDays: m.MaxLifetimeDays, WarnBeforeDays: m.WarnBeforeDays, CredentialMaxAgeDays: m.CredentialMaxAgeDays,
		RetireInUseDays: m.RetireInUseDays, RequiredMetadata: m.RequiredMetadata, BreakGlass: m.BreakGlass,
		ApprovalsDocument: governance.ApprovalsDocument{ApprovalKeys: m.ApprovalKeys, ApprovalMaxDays: m.ApprovalMaxDays},
	}
	if m.MaxLifetimeDaysByCategory != nil {
		document.MaxLifetimeDaysByCategory = map[governance.Category]int{}
		for category, days := range m.MaxLifetimeDaysByCategory {
			document.MaxLifetimeDaysByCategory[governance.Category(category)] = days
		}
	}
	if m.Owners != nil {
		document.Owners.Pattern, document.Owners.File = m.Owners.Pattern.ValueString(), m.Owners.File.ValueString()
	}
	if m.Purpose != nil {
		document.Purpose = governance.PurposeDocument{MinLength: m.Purpose.MinLength, FillerWords: m.Purpose.FillerWords}
	}
	if m.Enforcement != nil {
		document.Enforcement = map[governance.Rule]governance.Enforcement{}
		for rule, enforcement := range m.Enforcement {
			document.Enforcement[governance.Rule(rule)] = governance.Enforcement(enforcement)
		}
	}
	for _, rule := range m.Rules {
		document.Rules = append(document.Rules, governance.RuleDocument{
			Name: rule.Name.ValueString(), Expression: rule.Expression.ValueString(), Message: rule.Message.ValueString(),
			Enforcement: governance.Enforcement(rule.Enforcement.ValueString()), Attribute: rule.Attribute.ValueString(),
		})
	}
	return document
}

// effectivePolicy merges what the provider block, its policy file and the environment's policy file say.
func effectivePolicy(ctx context.Context, m providerModel, directory entraOwners) (governance.Policy, diag.Diagnostics) {
	var diags diag.Diagnostics
	var documents []governance.PolicyDocument
	for name, known := range map[string]bool{"policy": tfkit.FullyKnown(ctx, m.Policy), "policy_file": !m.PolicyFile.IsUnknown()} {
		if !known {
			diags.AddAttributeError(path.Root(name), "Policy is not known yet", name+" decides what a plan may contain, so it has to be a constant or a variable.")
		}
	}
	if diags.HasError() {
		return governance.Policy{}, diags
	}
	if !m.Policy.IsNull() {
		var inline policyModel
		diags.Append(m.Policy.As(ctx, &inline, basetypes.ObjectAsOptions{})...)
		document := inline.document()
		var wrong []*approval.KeyError
		document.Keys, wrong = approval.ParseKeys(document.ApprovalKeys)
		for _, key := range wrong {
			diags.AddAttributeError(path.Root("policy").AtName("approval_keys").AtListIndex(key.Index), "Approval key cannot be used", "policy."+key.Error()+".")
		}
		_, err := governance.NewPolicy(document)
		addPolicyProblems(&diags, path.Root("policy"), errors.Join(err, celrule.Compile(document.Rules)))
		if file := document.Owners.File; file != "" {
			if document.Owners.Directory, err = ownerfile.Read(file); err != nil {
				diags.AddAttributeError(path.Root("policy").AtName("owners").AtName("file"), ownersSummary, err.Error()+ownersHelp)
			}
		}
		if inline.Owners != nil && directory != nil && document.Owners.Directory == nil {
			document.Owners.Directory = inline.Owners.entra(directory)
		}
		documents = append(documents, document)
	}
	if file := m.PolicyFile.ValueString(); file != "" {
		documents = append(documents, readPolicy(&diags, file, "policy_file"))
	}
	if file := os.Getenv(policyFileVariable); file != "" {
		// It has the last word, also where it is silent.
		documents = append(documents, readPolicy(&diags, file, policyFileVariable).Complete())
	}
	if diags.HasError() {
		return governance.Policy{}, diags
	}
	policy, err := governance.NewPolicy(documents...)
	if err != nil {
		diags.AddAttributeError(path.Root("policy"), "Policies cannot be merged", err.Error())
	}
	return policy, diags
}

func readPolicy(diags *diag.Diagnostics, file, from string) governance.PolicyDocument {
	document, err := policyfile.Read(file)
	if err == nil {
		return document
	}
	summary, detail := "Policy file cannot be used", err.Error()+"\n\nThe file is named by "+from+". Its structure is described by "+policyfile.SchemaURL+"."
	var owners *ownerfile.Error
	if errors.As(err, &owners) {
		summary, detail = ownersSummary, err.Error()+"\n\nThe file is named by owners.file in "+file+", which "+from+" names."+ownersHelp
	}
	if from == policyFileVariable {
		diags.AddError(summary, detail)
	} else {
		diags.AddAttributeError(path.Root(from), summary, detail)
	}
	return document
}

// What is said of every directory of owners that cannot be used.
const (
	ownersSummary = "Owner directory cannot be used"
	ownersHelp    = "\n\nThe guide \"Owners\" has an example of each format."
)

// addPolicyProblems reports each problem of an inline policy on its own attribute.
func addPolicyProblems(diags *diag.Diagnostics, at path.Path, err error) {
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		for _, single := range joined.Unwrap() {
			addPolicyProblems(diags, at, single)
		}
		return
	}
	var problem *governance.PolicyError
	if errors.As(err, &problem) {
		target := at.AtName(problem.Path[0])
		for _, step := range problem.Path[1:] {
			index, err := strconv.Atoi(step)
			switch section := problem.Path[0]; {
			case section == "rules" && err == nil:
				target = target.AtListIndex(index)
			case section == "owners" || section == "purpose" || section == "rules":
				target = target.AtName(step)
			default:
				target = target.AtMapKey(step)
			}
		}
		diags.AddAttributeError(target, "Policy is malformed", "policy."+governance.PolicyPath(problem.Path)+": "+tfkit.Sentence(problem.Reason))
	}
}

func codeList(items []string) string { return "`" + strings.Join(items, "`, `") + "`" }

func texts[T ~string](items []T) []string {
	list := make([]string, len(items))
	for i, item := range items {
		list[i] = string(item)
	}
	return list
}
