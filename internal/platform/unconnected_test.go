package platform_test

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"syscall"
	"testing"
	"time"

	"github.com/nhi-governance/terraform-provider-governed/internal/platform"
)

// TestReconnect tells what never had a connection from what lost it, and gives it up soon.
func TestReconnect(t *testing.T) {
	t.Parallel()
	refused := &net.OpError{Op: "dial", Net: "tcp", Err: os.NewSyscallError("connect", syscall.ECONNREFUSED)}
	for name, of := range map[string]struct {
		err         error
		unconnected bool
		waits       time.Duration
	}{
		"refused":            {refused, true, 15 * time.Second},
		"refused by a proxy": {&net.OpError{Op: "proxyconnect", Err: refused}, true, 15 * time.Second},
		"no such name":       {&net.OpError{Op: "dial", Err: &net.DNSError{Err: "no such host", IsNotFound: true}}, true, 15 * time.Second},
		"no answer":          {&net.OpError{Op: "dial", Err: os.ErrDeadlineExceeded}, true, 0},
		"not trusted":        {&tls.CertificateVerificationError{Err: x509.UnknownAuthorityError{}}, true, 0},
		"no TLS":             {http.ErrSchemeMismatch, true, 0},
		"reset":              {&net.OpError{Op: "read", Err: os.NewSyscallError("read", syscall.ECONNRESET)}, false, 0},
		"cut":                {io.ErrUnexpectedEOF, false, 0},
	} {
		err := fmt.Errorf("calling: %w", &url.Error{Op: "Get", URL: "https://graph.example", Err: of.err})
		if got := platform.Unconnected(err); got != of.unconnected {
			t.Errorf("%s: unconnected is %v", name, got)
		}
		if got := platform.WhyUnconnected(err); got != of.err.Error() {
			t.Errorf("%s: the reason is %q", name, got)
		}
		if !of.unconnected {
			continue
		}
		var waits time.Duration
		for tries := 1; ; tries++ {
			pause, again := platform.Reconnect(err, tries)
			if !again {
				break
			}
			waits += pause
		}
		if waits != of.waits {
			t.Errorf("%s: it waits for %s", name, waits)
		}
	}
	if platform.Unconnected(nil) || platform.Unconnected(errors.New("connection refused")) {
		t.Error("what is no error of a connection is taken for one")
	}
}
