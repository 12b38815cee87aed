package main

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"
)

// measureStart starts the provider as Terraform does and waits for its handshake.
func measureStart(ctx context.Context, mirror string) (figures, error) {
	found, err := filepath.Glob(filepath.Join(mirror, "*", "nhi-governance", "governed", "*", "*", "terraform-provider-governed_v*"))
	if err != nil || len(found) == 0 {
		return figures{}, fmt.Errorf("no provider below %q: %w", mirror, err)
	}
	command := exec.CommandContext(ctx, found[0])
	// The handshake of Terraform's plugin protocol.
	command.Env = append(os.Environ(), "TF_PLUGIN_MAGIC_COOKIE=d602bf8f470bc67ca7faa0386276bbdd4330efaf76d1a219cb4d6991ca9872b2", "PLUGIN_PROTOCOL_VERSIONS=6")
	output, err := command.StdoutPipe()
	if err != nil {
		return figures{}, err
	}
	started := time.Now()
	if err := command.Start(); err != nil {
		return figures{}, err
	}
	_, err = bufio.NewReader(output).ReadString('\n')
	wall := time.Since(started)
	if err != nil {
		return figures{}, fmt.Errorf("the provider gave no handshake: %w", err)
	}
	if err := command.Process.Kill(); err != nil {
		return figures{}, err
	}
	// It was killed, so it cannot end well.
	_ = command.Wait()
	return cost(command.ProcessState, wall), nil
}
