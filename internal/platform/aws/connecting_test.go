package aws_test

import (
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// nobody is an address of this machine where nobody listens.
func nobody(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	return listener.Addr().String()
}

// TestSimUnreachable gives up an endpoint that cannot be reached long before the tries of a throttling are over.
func TestSimUnreachable(t *testing.T) {
	t.Parallel()
	silent := nobody(t)
	stranger := httptest.NewTLSServer(http.NotFoundHandler())
	t.Cleanup(stranger.Close)
	untrusted := strings.TrimPrefix(stranger.URL, "https://")
	for name, of := range map[string]struct{ endpoint, reason string }{
		"refused":     {"http://" + silent, "AWS cannot be reached at " + silent + ": dial tcp " + silent + ": connect: connection refused"},
		"not trusted": {stranger.URL, "AWS cannot be reached at " + untrusted + ": tls: failed to verify certificate: x509: certificate signed by unknown authority"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			config := openEstate(t).config()
			config.MaxRetries = 1000
			config.Endpoints = map[string]string{"iam": of.endpoint, "sts": of.endpoint}
			notConfigured(t, config, "aws.endpoints", of.reason)
		})
	}
}
