package acctest

import (
	"archive/zip"
	"bytes"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// written is where the terraform-plugin-testing of a package keeps the folders of its modules, and their logs.
var written struct{ modules, logs string }

// keepWritten lets terraform-plugin-testing keep everything below a folder, with Terraform's logs at the level TRACE. It
// returns the environment for it.
func keepWritten(folder string) (environment map[string]string, err error) {
	written.modules, written.logs = filepath.Join(folder, "modules"), filepath.Join(folder, "logs")
	for _, made := range []string{written.modules, written.logs} {
		if err := os.Mkdir(made, 0o700); err != nil {
			return nil, err
		}
	}
	return map[string]string{
		"TF_ACC_TEMP_DIR": written.modules, "TF_ACC_PERSIST_WORKING_DIR": "1",
		"TF_ACC_LOG": "TRACE", "TF_LOG_PATH_MASK": filepath.Join(written.logs, "%s.log"),
	}, nil
}

// readWritten takes in and removes what terraform-plugin-testing has kept of the test: folders with a configuration that
// names one of its simulators, and logs with its name.
func (h *LeakHunt) readWritten() {
	h.t.Helper()
	if written.modules == "" {
		return
	}
	read := h.Read
	for _, folder := range h.entries(written.modules) {
		config := configBelow(folder)
		if !h.named(config) {
			continue
		}
		if forSecrets.config.Match(config) {
			read = h.passOver
		}
		read(folder)
		must(h.t, os.RemoveAll(folder))
	}
	name := strings.ReplaceAll(h.t.Name(), "/", "__")
	for _, log := range h.entries(written.logs) {
		if base := filepath.Base(log); base == name+".log" || strings.HasPrefix(base, name+"__") {
			read(log)
			must(h.t, os.Remove(log))
		}
	}
}

func (h *LeakHunt) entries(folder string) []string {
	h.t.Helper()
	entries, err := os.ReadDir(folder)
	must(h.t, err)
	paths := make([]string, len(entries))
	for i, entry := range entries {
		paths[i] = filepath.Join(folder, entry.Name())
	}
	return paths
}

// configBelow is the configuration in all modules below a folder. What cannot be read is being removed by another test.
func configBelow(folder string) []byte {
	var config []byte
	_ = filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
		if err == nil && entry.Type().IsRegular() && filepath.Ext(path) == ".tf" {
			text, _ := os.ReadFile(path)
			config = append(config, text...)
		}
		return nil
	})
	return config
}

// named tells whether a configuration names a simulator of the hunt.
func (h *LeakHunt) named(config []byte) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, url := range h.urls {
		if bytes.Contains(config, []byte(url+`"`)) || bytes.Contains(config, []byte(url+"/")) {
			return true
		}
	}
	return false
}

// passOver is for files where secrets belong.
func (h *LeakHunt) passOver(string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.files++
}

// Read takes in the files of a folder, or one file. A plan file is a ZIP archive.
func (h *LeakHunt) Read(folder string) {
	h.t.Helper()
	must(h.t, filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() {
			return err
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		h.mu.Lock()
		h.files++
		h.mu.Unlock()
		name := filepath.Join(filepath.Base(folder), strings.TrimPrefix(path, folder))
		if !bytes.HasPrefix(text, []byte("PK\x03\x04")) {
			h.Keep(name, text)
			return nil
		}
		archive, err := zip.NewReader(bytes.NewReader(text), int64(len(text)))
		if err != nil {
			return err
		}
		for _, file := range archive.File {
			content, err := file.Open()
			if err != nil {
				return err
			}
			text, err := io.ReadAll(content)
			if err != nil {
				return err
			}
			h.Keep(name+"/"+file.Name, text)
		}
		return nil
	}))
}
