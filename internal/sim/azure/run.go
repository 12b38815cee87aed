package azuresim

import (
	"context"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"

	"github.com/nhi-governance/terraform-provider-governed/internal/sim"
)

// Run is the stand-alone simulator, on addr, with an example estate of seed
// applications. It writes the certificate of its
// authority to the file ca, writes what a shell needs to use it to out, and runs
// until ctx ends.
func Run(ctx context.Context, out io.Writer, addr, ca string, seed int, clock *sim.Clock) error {
	s, err := New(WithSharedClock(clock))
	if err != nil {
		return err
	}
	if seed > 0 {
		s.SeedEstate(seed)
	}
	if err := s.StartAt(addr); err != nil {
		return err
	}
	defer s.Close()
	if err := os.WriteFile(ca, s.CA(), 0o600); err != nil {
		return fmt.Errorf("writing the certificate of the simulator's authority: %w", err)
	}
	if err := s.writeUsage(out, ca); err != nil {
		return err
	}
	<-ctx.Done()
	return nil
}

func (s *Server) writeUsage(out io.Writer, ca string) error {
	env := s.Env()
	env["SSL_CERT_FILE"] = ca
	text := "# Simulator of Entra ID, Microsoft Graph and Azure. To use it in a shell:\n"
	for _, name := range slices.Sorted(maps.Keys(env)) {
		if env[name] != "" {
			text += "export " + name + "=" + env[name] + "\n"
		}
	}
	at := s.URL() + sim.ControlPath
	text += "unset AZURE_CLIENT_CERTIFICATE_PATH AZURE_FEDERATED_TOKEN_FILE\n\n" +
		"# Microsoft Graph: " + s.GraphURL() + "\n" +
		"# Azure Resource Manager: " + s.ResourceManagerURL() + "\n" +
		"# Key Vault, with the name of a vault (an example estate has " + SeededVault + ") behind it: " + s.KeyVaultURL() + "\n" +
		"# Its clock, its record of calls, and faults, as the simulator of AWS has them:\n" +
		"#   curl --cacert " + ca + " " + at + "clock\n" +
		"#   curl --cacert " + ca + " " + at + "calls\n" +
		"#   curl --cacert " + ca + " -X POST " + at + `faults -d '{"service":"graph","action":"POST /applications","nth":1,"kind":"throttling"}'` + "\n"
	_, err := io.WriteString(out, text)
	return err
}
