package road

import (
	"time"

	"tristore/scenarios/measure"
)

// Look is what happened lately.
type Look struct {
	measure.Seen
	At     time.Time
	Within time.Duration // since the look before
}

// Asked is how many arrivals became due, per second.
func (l Look) Asked() float64 { return float64(l.Due) / l.Within.Seconds() }

// Rate is how many arrivals ended, per second.
func (l Look) Rate() float64 { return float64(l.Committed+l.Failed) / l.Within.Seconds() }

// Watch says once a second how a load goes, until the function that it returns is called.
func (h Head) Watch(live *measure.Live, words func(Look) Progress) (stop func()) {
	if h.Tell == nil {
		return func() {}
	}
	quit, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		ticker := time.NewTicker(time.Second)
		defer ticker.Stop()
		look, before := live.Look(), time.Now()
		for {
			select {
			case now := <-ticker.C:
				h.Tell(words(Look{look(), now, now.Sub(before)}))
				before = now
			case <-quit:
				return
			}
		}
	}()
	return func() {
		close(quit)
		<-done
	}
}
