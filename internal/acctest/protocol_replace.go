package acctest

import "github.com/hashicorp/terraform-plugin-go/tftypes"

// Replace plans and applies a replacement as Terraform does of a tainted resource: there is one plan, as of a new instance,
// whose private state the destruction gets too.
func (r *Resource) Replace(config Values) Diagnostics {
	r.protocol.t.Helper()
	fresh := r.protocol.Resource(r.typeName)
	diags := fresh.Plan(config)
	if diags.Failed() {
		return diags
	}
	r.planned, r.plannedPrivate, r.replace = tftypes.NewValue(r.objectType, nil), fresh.plannedPrivate, false
	if diags = append(diags, r.apply(nil)...); diags.Failed() {
		return diags
	}
	diags = append(diags, fresh.apply(config)...)
	*r = *fresh
	return diags
}
