package observe

import (
	"context"
	"errors"
	"time"

	"tristore/drivers"
	"tristore/drivers/postgres"
)

// Beside reads a cluster of ours while work is under way, and flattens what was seen:
// levels in the mean by their names and the highest with _max behind, counters per second
// over all databases, and active sessions by what they wait for, as wait.CLASS. Whether
// the work succeeds is not its business; a cluster that cannot be read gives nothing.
func Beside(ctx context.Context, target drivers.Target, every time.Duration, work func()) (seen map[string]float64, err error) {
	w, err := postgres.OpenWatcher(ctx, target.WithApplication("tristore beside"))
	if err != nil {
		work()
		return nil, err
	}
	ended := make(chan struct{})
	go func() { defer close(ended); work() }()
	var all tally
	err = all.until(ctx, w, every, ended)
	<-ended
	return all.flat(), errors.Join(err, w.Close(context.WithoutCancel(ctx)))
}

// until takes readings until work has ended, and one more.
func (t *tally) until(ctx context.Context, w *postgres.Watcher, every time.Duration, ended <-chan struct{}) error {
	ticks := time.NewTicker(every)
	defer ticks.Stop()
	for over := false; !over; {
		select {
		case <-ended:
			over = true
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-ticks.C:
		}
		reading, err := w.Read(ctx)
		if err != nil {
			return err
		}
		t.add(reading)
	}
	return nil
}

func (t *tally) flat() map[string]float64 {
	if t.samples < 2 || !(t.seconds() > 0) {
		return nil
	}
	all := map[string]float64{"samples": float64(t.samples)}
	for name, level := range levelsOf(t.levels[""], t.samples) {
		all[name], all[name+"_max"] = level.Mean, level.Max
	}
	for database, was := range t.first.Counters {
		for name, rate := range rates(was, t.last.Counters[database], t.seconds()) {
			all[name] += rate
		}
	}
	for wait, met := range t.waits {
		if wait.Class != "" {
			all["wait."+wait.Class] += float64(met) / float64(t.samples)
		}
	}
	return all
}
