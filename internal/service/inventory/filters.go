package inventory

import (
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework-validators/listvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/mapvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/setvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	listschema "github.com/hashicorp/terraform-plugin-framework/list/schema"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
	"github.com/nhi-governance/terraform-provider-governed/internal/inventory"
)

// argument is an argument that data sources and list blocks have alike. Each has a schema package of its own, and that of
// list blocks has no sets.
type argument struct {
	form        form
	description string
}

// form is the type of an argument.
type form int

const (
	formTexts form = iota
	formText
	formNumber
	formLabels
)

var (
	notEmpty = []validator.String{stringvalidator.LengthAtLeast(1)}
	notNull  = []validator.Map{mapvalidator.NoNullValues()}
)

func (a argument) inDataSource() schema.Attribute {
	switch a.form {
	case formText:
		return schema.StringAttribute{Optional: true, MarkdownDescription: a.description, Validators: notEmpty}
	case formNumber:
		return schema.Int64Attribute{Optional: true, MarkdownDescription: a.description}
	case formLabels:
		return schema.MapAttribute{ElementType: types.StringType, Optional: true, MarkdownDescription: a.description, Validators: notNull}
	case formTexts:
	}
	return schema.SetAttribute{
		ElementType: types.StringType, Optional: true, MarkdownDescription: a.description,
		Validators: []validator.Set{setvalidator.NoNullValues(), setvalidator.ValueStringsAre(notEmpty...)},
	}
}

func (a argument) inListBlock() listschema.Attribute {
	switch a.form {
	case formText:
		return listschema.StringAttribute{Optional: true, MarkdownDescription: a.description, Validators: notEmpty}
	case formNumber:
		return listschema.Int64Attribute{Optional: true, MarkdownDescription: a.description}
	case formLabels:
		return listschema.MapAttribute{ElementType: types.StringType, Optional: true, MarkdownDescription: a.description, Validators: notNull}
	case formTexts:
	}
	return listschema.ListAttribute{
		ElementType: types.StringType, Optional: true, MarkdownDescription: a.description,
		Validators: []validator.List{listvalidator.NoNullValues(), listvalidator.ValueStringsAre(notEmpty...)},
	}
}

func addToDataSource(attributes map[string]schema.Attribute, arguments map[string]argument) {
	for name, a := range arguments {
		attributes[name] = a.inDataSource()
	}
}

func addToListBlock(attributes map[string]listschema.Attribute, arguments map[string]argument) {
	for name, a := range arguments {
		attributes[name] = a.inListBlock()
	}
}

// limits are the arguments that say from when on something is a finding.
func limits() map[string]argument {
	return map[string]argument{
		"unused_for_days": {formNumber, fmt.Sprintf("How many days without use make an identity `stale` or `never_used`, and a credential unused; %d by default.", inventory.DefaultUnusedForDays)},
		"within_days":     {formNumber, "How many days before its expiry an identity is `expiring`; the policy's `warn_before_days` by default."},
	}
}

// filters are the arguments that say which identities are listed, and in what order.
func (d definition) filters(order string) map[string]argument {
	score := "Only those whose risk score is at least this."
	if d.minimumScore > 0 {
		score += fmt.Sprintf(" %d by default.", d.minimumScore)
	}
	return map[string]argument{
		"platforms":     {formTexts, "Only those of these platforms: `aws`, `azure`, `entra`. As with every filter, what is left out or empty filters nothing, and of several filters all have to fit."},
		"kinds":         {formTexts, "Only those of these kinds, such as `aws_role` or `entra_application`."},
		"categories":    {formTexts, "Only those of these categories: " + code(governance.Categories) + "."},
		"owners":        {formTexts, "Only those of these owners."},
		"environments":  {formTexts, "Only those of these environments."},
		"accounts":      {formTexts, "Only those in these accounts."},
		"labels":        {formLabels, "Only those that have all these labels. A value can have the wildcards of `name_pattern`, so that `*` is any value."},
		"findings":      {formTexts, "Only those with at least one of these findings: " + code(inventory.FindingCodes()) + "."},
		"classes":       {formTexts, "Only those with at least one of these classes of danger in what they may do: " + code(governance.DangerRules) + "."},
		"name_pattern":  {formText, "Only those whose whole name fits: `*` stands for any characters and `?` for one, in any letter case."},
		"minimum_score": {formNumber, score},
		"sort": {formText, fmt.Sprintf("%s, `%s` by default: `id`; `risk_score`, the highest first; `last_used_at`, those without a known use first and those whose last use "+
			"is not known last; `created_at`, the oldest first; `expiry`, the earliest first, where the end of an active credential counts as well.", order, d.sort)},
	}
}
