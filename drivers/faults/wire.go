package faults

import (
	"context"
	"errors"
	"fmt"
	"strings"

	toxiproxy "github.com/Shopify/toxiproxy/v2"
	"github.com/rs/zerolog"

	"tristore/drivers"
)

// Wire stands between a store and its server, and can be cut. It is not safe for
// concurrent use; the caller must Close it.
type Wire struct{ proxy *toxiproxy.Proxy }

// NewWire opens a sound wire on loopback to host:port.
func NewWire(to string) (*Wire, error) {
	server := toxiproxy.NewServer(toxiproxy.NewMetricsContainer(nil), zerolog.Nop())
	w := &Wire{toxiproxy.NewProxy(server, "wire", "127.0.0.1:0", to)}
	if err := w.proxy.Start(); err != nil {
		return nil, fmt.Errorf("opening a wire to %s: %w", to, err)
	}
	return w, nil
}

// Through gives an address as it is reached by the wire. A MongoDB driver that looks for
// the other members of a set would go around it.
func (w *Wire) Through(address drivers.URL) drivers.URL {
	if address.Scheme() == "mongodb" {
		address = address.WithOption("directConnection", "true")
	}
	return address.WithHostPort(w.proxy.Listen)
}

// Cut ends every connection and refuses new ones, as a server that is down does.
func (w *Wire) Cut() { w.proxy.Stop() }

// Silence keeps connections and takes new ones, and lets nothing through either way, as a
// lost network does.
func (w *Wire) Silence() error {
	for _, stream := range []string{"upstream", "downstream"} {
		body := fmt.Sprintf(`{"name": %q, "type": "timeout", "stream": %q, "attributes": {"timeout": 0}}`, stream, stream)
		if _, err := w.proxy.Toxics.AddToxicJson(strings.NewReader(body)); err != nil {
			return fmt.Errorf("silencing the wire: %w", err)
		}
	}
	return nil
}

// Heal makes the wire sound again. What went over it while it was silent is lost.
func (w *Wire) Heal(ctx context.Context) error {
	w.proxy.Toxics.ResetToxics(ctx)
	if err := w.proxy.Start(); err != nil && !errors.Is(err, toxiproxy.ErrProxyAlreadyStarted) {
		return fmt.Errorf("healing the wire: %w", err)
	}
	return nil
}

// Lead lets a wire that was cut lead to another host:port, at the same address.
func (w *Wire) Lead(to string) error {
	w.proxy.Stop()
	w.proxy.Upstream = to
	if err := w.proxy.Start(); err != nil {
		return fmt.Errorf("leading the wire to %s: %w", to, err)
	}
	return nil
}

// Close ends the wire and what goes over it.
func (w *Wire) Close() { w.proxy.Stop() }
