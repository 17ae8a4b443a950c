package drill

import (
	"context"
	"sync"
	"time"

	"tristore/scenarios/road"
)

// passes is how often the bytes of a data set are moved in one round: dumped, digested,
// restored, digested again.
const passes = 4

// meter counts bytes of the databases, for a screen.
type meter struct {
	say   func(road.Progress)
	total int64

	lock sync.Mutex
	done int64
}

func (m *meter) tell(more int64, what string) {
	m.lock.Lock()
	defer m.lock.Unlock()
	m.say(road.Progress{Done: int(min(m.total, m.done+more)), Total: int(m.total), Current: what, Bytes: true})
}

// finish fills the bar.
func (m *meter) finish(what string) {
	m.lock.Lock()
	m.done = m.total
	m.lock.Unlock()
	m.tell(0, what)
}

// every is how often a piece of work is asked how far it is.
const every = time.Second

// during tells how far a piece of work of so many bytes is, until it ends. sofar may be
// nil; what it says counts up to the whole.
func (m *meter) during(ctx context.Context, of work, do func() error) error {
	m.tell(0, of.what)
	ctx, stop := context.WithCancel(ctx)
	var asking sync.WaitGroup
	if of.sofar != nil {
		asking.Go(func() {
			ticker := time.NewTicker(every)
			defer ticker.Stop()
			for {
				select {
				case <-ctx.Done():
					return
				case <-ticker.C:
					m.tell(min(of.bytes, max(0, of.sofar(ctx))), of.what)
				}
			}
		})
	}
	err := do()
	stop()
	asking.Wait()
	m.lock.Lock()
	m.done += of.bytes
	m.lock.Unlock()
	return err
}

// work is something that moves bytes.
type work struct {
	what  string
	bytes int64
	sofar func(context.Context) int64
}
