package sim

import (
	"errors"
	"fmt"
	"net"
	"net/http"
)

// Listener serves a simulator. Whoever has it guards it against concurrent use;
// the zero value does not listen.
type Listener struct {
	listener net.Listener
	server   *http.Server
	done     chan struct{}
}

// Listen serves at an address such as "127.0.0.1:4566", over TLS where the
// server has a configuration of it.
func (l *Listener) Listen(addr string, server *http.Server) error {
	if l.listener != nil {
		return errors.New("the simulator is already listening on " + l.Addr())
	}
	listener, err := net.Listen("tcp", addr)
	if err != nil {
		return fmt.Errorf("starting the simulator: %w", err)
	}
	done := make(chan struct{})
	*l = Listener{listener, server, done}
	go func() {
		defer close(done)
		// Both always return an error; after Close it is ErrServerClosed.
		if server.TLSConfig != nil {
			_ = server.ServeTLS(listener, "", "")
		} else {
			_ = server.Serve(listener)
		}
	}()
	return nil
}

// Addr is where it listens; empty when it does not.
func (l *Listener) Addr() string {
	if l.listener == nil {
		return ""
	}
	return l.listener.Addr().String()
}

// Close stops listening and ends every connection.
func (l *Listener) Close() {
	if l.server == nil {
		return
	}
	// The listener is going away whatever Close reports.
	_ = l.server.Close()
	<-l.done
}
