package serviceidentity

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/nhi-governance/terraform-provider-governed/internal/platform/azure"
	"github.com/nhi-governance/terraform-provider-governed/internal/service/governed"
)

// observedRoles are role assignments as the identity has them, in the words of those that were declared.
func (i managedIdentityModel) observedRoles(ctx context.Context, found map[string]azure.RoleAssignment) (types.Map, diag.Diagnostics) {
	if len(found) == 0 && !i.RoleAssignments.IsNull() && len(i.RoleAssignments.Elements()) == 0 {
		return i.RoleAssignments, nil
	}
	if len(found) == 0 {
		return types.MapNull(roleAssignmentType), nil
	}
	models := map[string]roleAssignmentModel{}
	for key, role := range found {
		models[key] = roleAssignmentModel{
			Scope: types.StringValue(role.Scope), Role: types.StringValue(role.Role), Condition: governed.Nullable(role.Condition),
			ConditionVersion: governed.Nullable(role.ConditionVersion), TimeBound: types.BoolValue(role.TimeBound),
		}
	}
	return types.MapValueFrom(ctx, roleAssignmentType, models)
}
