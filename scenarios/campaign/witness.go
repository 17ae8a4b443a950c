package campaign

import (
	"context"

	"tristore/reports/result"
)

// Canaries time small jobs before and after a window that is not of this package.
type Canaries struct{ all *canaries }

// OpenCanaries makes their file in a folder.
func OpenCanaries(ctx context.Context, dir string) (Canaries, error) {
	all, err := openCanaries(ctx, dir)
	return Canaries{all}, err
}

// Before times every job and begins the list.
func (c Canaries) Before(ctx context.Context) ([]result.Canary, error) { return c.all.before(ctx) }

// After completes the list.
func (c Canaries) After(ctx context.Context, list []result.Canary) error {
	return c.all.after(ctx, list)
}

// Close removes what they used.
func (c Canaries) Close() error { return c.all.close() }

// Echo is an endpoint on loopback that answers at once, to prove a generator on.
type Echo struct{ of *echo }

// NewEcho opens it with so many connections.
func NewEcho(ctx context.Context, connections int) (Echo, error) {
	of, err := newEcho(ctx, connections)
	return Echo{of}, err
}

// Ask waits for one answer on a connection, which is for one goroutine.
func (e Echo) Ask(connection int) error { return e.of.ask(connection) }

// Close ends it.
func (e Echo) Close() error { return e.of.close() }
