package postgres

import (
	"context"
	"net"
	"sync"
	"time"
)

// cutoff ends what a connection waits for when the context of the caller ends. It stays
// registered from one read to the next that has the same context, as those of one load
// have: to register and to take back costs more than all else that a point read does here.
type cutoff struct {
	on net.Conn

	mu   sync.Mutex
	done <-chan struct{} // of the context that is watched; nil where it never ends
	stop func() bool     // takes the registration back
	busy bool            // a caller waits for the connection
	cut  bool            // its deadline was set, since its context ended
}

// begin says that a caller with this context uses the connection from now on. Its error
// is that of a context that has ended.
func (c *cutoff) begin(ctx context.Context) error {
	done := ctx.Done()
	c.mu.Lock()
	if c.done != done {
		c.leave()
		if c.done = done; done != nil {
			c.stop = context.AfterFunc(ctx, func() { c.end(done) })
		}
	}
	c.busy = true
	c.mu.Unlock()
	// Asked last: a context that ended before busy was set has its error by now, and one
	// that ends later finds busy.
	return ctx.Err()
}

// over says that the caller is done, and tells whether its context ended meanwhile.
func (c *cutoff) over() (cut bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	cut, c.busy, c.cut = c.cut, false, false
	if cut {
		_ = c.on.SetDeadline(time.Time{}) // a closed connection has none
	}
	return cut
}

// end is called when a context that was watched has ended.
func (c *cutoff) end(done <-chan struct{}) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.busy && c.done == done {
		c.cut = true
		_ = c.on.SetDeadline(longAgo())
	}
}

// close takes the registration back, so that a long context does not keep the connection.
func (c *cutoff) close() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.leave()
}

func (c *cutoff) leave() {
	if c.stop != nil {
		c.stop()
	}
	c.done, c.stop = nil, nil
}

// longAgo is a deadline that has passed, whatever the clock says.
func longAgo() time.Time { return time.Unix(1, 0) }
