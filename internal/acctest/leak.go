package acctest

import (
	"archive/zip"
	"context"
	"encoding/base64"
	"encoding/json"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/plancheck"
)

// LeakHunt keeps everything that Terraform writes in a test of terraform-plugin-testing (state, backups, plan files and
// the logs at the level TRACE) and looks in it for every secret that the simulator handed out or took. It changes the
// environment, so such a test cannot run in parallel.
type LeakHunt struct {
	t       *testing.T
	secrets []func() []string
	folder  string
	texts   map[string]string
}

// Keeper knows the secrets of one simulator.
type Keeper interface{ Secrets() []string }

// NewLeakHunt begins to keep. It looks for the secrets of all simulators.
func NewLeakHunt(t *testing.T, servers ...Keeper) *LeakHunt {
	t.Helper()
	h := &LeakHunt{t: t, folder: t.TempDir(), texts: map[string]string{}}
	for _, server := range servers {
		h.secrets = append(h.secrets, server.Secrets)
	}
	for name, value := range map[string]string{
		"TF_ACC_TEMP_DIR": h.folder, "TF_ACC_PERSIST_WORKING_DIR": "1", "TF_LOG": "TRACE", "TF_ACC_LOG": "TRACE",
		"TF_LOG_PATH_MASK": filepath.Join(h.folder, "%s.log"),
	} {
		t.Setenv(name, value)
	}
	return h
}

// PlanCheck keeps the JSON of a plan.
func (h *LeakHunt) PlanCheck(name string) plancheck.PlanCheck { return keepPlan{h, name} }

type keepPlan struct {
	hunt *LeakHunt
	name string
}

// CheckPlan keeps the plan and finds nothing wrong with it.
func (k keepPlan) CheckPlan(_ context.Context, req plancheck.CheckPlanRequest, resp *plancheck.CheckPlanResponse) {
	text, err := json.Marshal(req.Plan)
	if err != nil {
		resp.Error = err
	}
	k.hunt.texts["plan JSON of "+k.name] = string(text)
}

// Also looks for further secrets, which the simulators only know as a part of something.
func (h *LeakHunt) Also(secrets ...string) {
	h.secrets = append(h.secrets, func() []string { return secrets })
}

// Search fails the test where a secret is found: as it is, in base64, or encoded for a URL. It fails too when there was
// nothing to look for, or nowhere to look. It logs how much was searched.
func (h *LeakHunt) Search() {
	h.t.Helper()
	h.read()
	var secrets []string
	for _, known := range h.secrets {
		secrets = append(secrets, known()...)
	}
	places, size := 0, 0
	kinds := map[string]bool{}
	for place, text := range h.texts {
		places, size = places+1, size+len(text)
		for _, kind := range []string{"tfstate", "tfplan", "plan JSON", ".log"} {
			kinds[kind] = kinds[kind] || strings.Contains(place, kind)
		}
		for i, secret := range secrets {
			for form, encoded := range map[string]string{
				"as it is": secret, "in JSON": inJSON(secret), "in base64": base64.StdEncoding.EncodeToString([]byte(secret)), "encoded for a URL": url.QueryEscape(secret),
			} {
				if strings.Contains(text, encoded) {
					h.t.Errorf("secret %d is %s in %s", i+1, form, place)
				}
			}
		}
	}
	for kind, found := range kinds {
		if !found {
			h.t.Errorf("there is no %s to search in", kind)
		}
	}
	if len(secrets) == 0 {
		h.t.Error("the simulator handed out no secret")
	}
	h.t.Logf("%d secrets searched in %d places with %d bytes", len(secrets), places, size)
}

// inJSON is a text as it is within a string of JSON.
func inJSON(text string) string {
	encoded, _ := json.Marshal(text) // A text cannot fail.
	return strings.Trim(string(encoded), `"`)
}

// read takes in the files that Terraform has written. A plan file is a ZIP archive.
func (h *LeakHunt) read() {
	h.t.Helper()
	err := filepath.WalkDir(h.folder, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() {
			return err
		}
		if archive, err := zip.OpenReader(path); err == nil {
			defer archive.Close()
			for _, file := range archive.File {
				content, err := file.Open()
				if err != nil {
					return err
				}
				text, err := io.ReadAll(content)
				if err != nil {
					return err
				}
				h.texts[path+"/"+file.Name] = string(text)
			}
			return nil
		}
		text, err := os.ReadFile(path)
		h.texts[path] = string(text)
		return err
	})
	if err != nil {
		h.t.Fatal(err)
	}
}
