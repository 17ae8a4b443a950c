package road

import (
	"context"
	"errors"
	"slices"
	"time"

	"tristore/reports/result"
)

// Ends are what has to be done for what was started, the last first.
type Ends struct{ all []func(context.Context) error }

// Add remembers how something ends.
func (e *Ends) Add(end func(context.Context) error) { e.all = append(e.all, end) }

// Close ends everything, once.
func (e *Ends) Close(ctx context.Context) error {
	var all []error
	for _, end := range slices.Backward(e.all) {
		all = append(all, end(ctx))
	}
	e.all = nil
	return errors.Join(all...)
}

// Follow carries work out and writes into the facts when it ended and what stopped it.
// What was started is gone when Follow returns, whatever came.
func Follow(ctx context.Context, facts *result.Run, work func(context.Context, *Ends) error) (err error) {
	var ends Ends
	defer func() {
		err = errors.Join(err, ends.Close(context.WithoutCancel(ctx)))
		facts.Ended = time.Now().UTC()
		facts.Engines[0].Seconds = facts.Ended.Sub(facts.Began).Seconds()
		switch {
		case err == nil:
		case facts.Load != nil:
			facts.Load.Trouble = err.Error()
		default:
			facts.Engines[0].Trouble = err.Error()
		}
	}()
	return work(ctx, &ends)
}
