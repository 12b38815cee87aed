package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/nhi-governance/terraform-provider-governed/internal/sim"
)

const (
	mailerUser   = "shop-mailer"
	mailerSecret = "shop/mailer"
)

func (s *story) credential() error {
	if err := s.begin("A third system can use nothing but a key. It goes from the cloud into a secret store, past Terraform's state."); err != nil {
		return err
	}
	if err := s.write("main.tf", "root_with_mailer.tf", ""); err != nil {
		return err
	}
	if err := s.write("mailer/main.tf", "mailer.tf", date(300)); err != nil {
		return err
	}
	if err := s.show("mailer/main.tf"); err != nil {
		return err
	}
	if _, err := s.succeed(s.quietly, "init"); err != nil {
		return err
	}
	if _, err := s.apply("2 added, 0 changed, 0 destroyed"); err != nil {
		return err
	}
	secret, _ := s.cloud.Account(sim.DefaultAccount).Secret("eu-west-1", mailerSecret)
	var document map[string]string
	if err := json.Unmarshal([]byte(secret.Value), &document); err != nil {
		return fmt.Errorf("not as told: the store has no document: %w", err)
	}
	key := document["secret_access_key"]
	if err := told(key != "" && document["ses_smtp_password"] != "", "the store has no secret"); err != nil {
		return err
	}
	state, err := os.ReadFile(filepath.Join(s.folder, "terraform.tfstate"))
	if err != nil {
		return err
	}
	for _, one := range s.cloud.Secrets() {
		if err := told(!strings.Contains(string(state), one), "a secret is in the state"); err != nil {
			return err
		}
	}
	return s.print("", fmt.Sprintf("The store has %s of %s, with a secret of %d characters.", document["access_key_id"], mailerUser, len(key)),
		fmt.Sprintf("The state of %d bytes has none of the %d secrets that the cloud handed out.", len(state), len(s.cloud.Secrets())))
}

func (s *story) removeCredential() error {
	if err := s.begin("It is retired too. The plan says what goes: the key, its secret, the policies, and that nobody has used it."); err != nil {
		return err
	}
	if err := s.write("main.tf", "root_without_access_review.tf", ""); err != nil {
		return err
	}
	if _, err := s.apply("Credential will be revoked", "Identity will be retired", "(which its governed_credential revokes)", "0 added, 0 changed, 2 destroyed"); err != nil {
		return err
	}
	_, exists := s.cloud.Account(sim.DefaultAccount).User(mailerUser)
	if err := told(!exists, "the user still exists"); err != nil {
		return err
	}
	secret, _ := s.cloud.Account(sim.DefaultAccount).Secret("eu-west-1", mailerSecret)
	return told(!secret.DeletionDate.IsZero(), "the secret is not being deleted")
}
