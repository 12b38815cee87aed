package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"time"

	azuresim "github.com/nhi-governance/terraform-provider-governed/internal/sim/azure"
)

const (
	archiveGroup    = "billing-prod"
	archiveIdentity = "invoice-archive"
	archiveRole     = "Storage Blob Data Contributor"
)

// reach lets the workspace's root modules find the simulated tenant by their variable "azure".
func (w *workspace) reach(cloud *azuresim.Server) error {
	authority := filepath.Join(w.folder, "azure-ca.pem")
	if err := os.WriteFile(authority, cloud.CA(), 0o600); err != nil {
		return err
	}
	settings, err := json.Marshal(map[string]any{
		"tenant_id": azuresim.DefaultTenant, "subscription_id": azuresim.DefaultSubscription, "custom_ca_bundle": authority,
		"endpoints": map[string]string{"authority": cloud.URL(), "graph": cloud.GraphURL(), "resource_manager": cloud.ResourceManagerURL()},
	})
	if err != nil {
		return err
	}
	w.env = append(w.env, "TF_VAR_azure="+string(settings))
	for name, value := range cloud.Env() {
		w.env = append(w.env, name+"="+value)
	}
	return nil
}

func (s *story) managedIdentity() error {
	if err := s.begin("A fourth system runs on Azure. Its managed identity has no secret, and a role that Azure itself ends at the expiry."); err != nil {
		return err
	}
	tenant := s.azure.Tenant(azuresim.DefaultTenant)
	tenant.Subscription(azuresim.DefaultSubscription).AddResourceGroup(archiveGroup, "westeurope")
	if err := s.write("main.tf", "root_with_archive.tf", ""); err != nil {
		return err
	}
	if err := s.write("archive/main.tf", "archive.tf", date(120)); err != nil {
		return err
	}
	if err := s.show("archive/main.tf"); err != nil {
		return err
	}
	if _, err := s.succeed(s.quietly, "init"); err != nil {
		return err
	}
	if _, err := s.apply("1 added, 0 changed, 0 destroyed", archiveRole); err != nil {
		return err
	}
	identity, exists := tenant.ManagedIdentity(archiveID())
	if err := told(exists && identity.Tags["nhi:owner"] == "billing", "the managed identity has not got its owner: %v", identity.Tags); err != nil {
		return err
	}
	texts := []string{"", "The managed identity as Azure has it", "tags"}
	for _, key := range slices.Sorted(maps.Keys(identity.Tags)) {
		texts = append(texts, fmt.Sprintf("  %-16s %s", key, identity.Tags[key]))
	}
	roles := tenant.RoleAssignments(identity.PrincipalID)
	if err := told(len(roles) == 1 && !roles[0].Ends.IsZero(), "it has not got one role with an end: %v", roles); err != nil {
		return err
	}
	texts = append(texts, "roles", fmt.Sprintf("  %s until %s", roles[0].Role, roles[0].Ends.Format(time.RFC3339)))
	if err := s.print(texts...); err != nil {
		return err
	}
	s.azure.Clock().Set(roles[0].Ends.Add(time.Minute))
	if err := told(len(tenant.RoleAssignments(identity.PrincipalID)) == 0, "the role has not ended"); err != nil {
		return err
	}
	return s.print("", s.now()+"  the clock is past the expiry, Terraform did not run: no role is left")
}

func (s *story) removeManagedIdentity() error {
	if err := s.begin("It goes with its module, expired or not."); err != nil {
		return err
	}
	if err := s.write("main.tf", "root_without_archive.tf", ""); err != nil {
		return err
	}
	if _, err := s.apply("Identity will be retired", "0 added, 0 changed, 1 destroyed"); err != nil {
		return err
	}
	_, exists := s.azure.Tenant(azuresim.DefaultTenant).ManagedIdentity(archiveID())
	return told(!exists, "the managed identity still exists")
}

func archiveID() string {
	return "/subscriptions/" + azuresim.DefaultSubscription + "/resourceGroups/" + archiveGroup +
		"/providers/Microsoft.ManagedIdentity/userAssignedIdentities/" + archiveIdentity
}
