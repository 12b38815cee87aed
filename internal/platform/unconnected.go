package platform

import (
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"net/url"
	"time"
)

// reconnectPauses are the waits between the tries of a call that finds no connection: 15 seconds in all, longer than a
// restart of a proxy takes, and short enough for whoever waits for a plan to see that an endpoint is wrong.
var reconnectPauses = []time.Duration{time.Second, 2 * time.Second, 4 * time.Second, 8 * time.Second}

// Unconnected tells that a call failed before there was a connection to send it on, so that it had no effect: the name is not
// known, nobody listens, or the two sides agree on no TLS.
func Unconnected(err error) bool {
	var dns *net.DNSError
	var operation *net.OpError
	switch {
	case Untrusted(err), errors.As(err, &dns):
		return true
	case errors.As(err, &operation):
		return operation.Op == "dial" || operation.Op == "proxyconnect"
	}
	return false
}

// Untrusted tells that the other side was found, and that it is none to speak TLS with.
func Untrusted(err error) bool {
	var certificate *tls.CertificateVerificationError
	var header tls.RecordHeaderError
	var alert tls.AlertError
	return errors.As(err, &certificate) || errors.As(err, &header) || errors.As(err, &alert) || errors.Is(err, http.ErrSchemeMismatch)
}

// Reconnect is how long to wait after so many tries of a call that are Unconnected; again is false when it is to be given up. That is
// at once where the next try would end the same: the other side is Untrusted, or the dialer has waited for its own time-out, in
// which TCP has asked several times.
func Reconnect(err error, tries int) (pause time.Duration, again bool) {
	var timeout net.Error
	if Untrusted(err) || (errors.As(err, &timeout) && timeout.Timeout()) || tries > len(reconnectPauses) {
		return 0, false
	}
	return reconnectPauses[tries-1], true
}

// WhyUnconnected is the reason without the request.
func WhyUnconnected(err error) string {
	var request *url.Error
	if errors.As(err, &request) {
		err = request.Err
	}
	return err.Error()
}
