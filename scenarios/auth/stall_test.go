package auth

import (
	"context"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"tristore/drivers/store"
	"tristore/scenarios/load"
)

// Every process of a real server is stopped for 500 ms of a 20 s window. What arrivals
// waited follows from their due times and from when the server was stopped and let go;
// the recorded tail must say so, and service times alone must be shown to hide it.
func TestAStoppedServerIsInTheLatencies(t *testing.T) {
	const rate, stall, window, workers = 200, 500 * time.Millisecond, 20 * time.Second, 16
	on := onServer(t)
	deployed, err := on.Deploy(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = deployed.Close(context.Background()) }()
	data := DataFor(on)
	if err := data.LoadInto(t.Context(), deployed); err != nil {
		t.Fatal(err)
	}
	clock := &begun{Clock: load.NewClock()}
	ended := make([]time.Duration, rate*window/time.Second) // by arrival; each is written once
	stopped := make(chan [2]time.Duration, 1)
	go func() {
		_ = clock.Wait(t.Context(), 5*time.Second) // an ended test stops nothing
		server := stop(t)
		from := clock.Clock.Now()
		_ = clock.Wait(t.Context(), from+stall)
		until := clock.Clock.Now()
		for _, pid := range server {
			_ = syscall.Kill(pid, syscall.SIGCONT) // it may have ended before it was stopped
		}
		stopped <- [2]time.Duration{from, until}
	}()
	pacer := load.Constant{PerSecond: rate}
	w, err := load.Open{Pacer: pacer, Workers: workers, Measure: window, Drain: time.Minute, Clock: clock}.Run(t.Context(), func(ctx context.Context, _ int, arrival int64) store.Outcome {
		user, outcome := deployed.Users.LoadCaller(ctx, data.UserID(1+int(arrival)%data.ActiveUsers()))
		outcome = load.Expect(outcome, "caller", user.ID, data.UserID(1+int(arrival)%data.ActiveUsers()))
		ended[arrival] = clock.Clock.Now()
		return outcome
	})
	if err != nil {
		t.Fatal(err)
	}
	if w.Counts.Due != int64(len(ended)) || w.Counts.Committed != w.Counts.Due {
		t.Fatalf("%+v %q", w.Counts, w.Witness)
	}
	was := <-stopped
	truth, seen, slack := waits(pacer, clock.zero, ended, was)
	// A machine that is slow for other reasons adds to a wait and never takes from it.
	for _, c := range []struct {
		name      string
		share     float64
		said, was float64
	}{{"p99.9", 0.999, w.Latency.P999, at(seen, 0.999)}, {"maximum", 1, w.Latency.Max, at(seen, 1)}, {"p99", 0.99, w.Latency.P99, at(seen, 0.99)}} {
		want := at(truth, c.share)
		t.Logf("%s: recorded %.1f ms, by the test's clock %.1f, from the arrival times %.1f, slack %.1f", c.name, c.said, c.was, want, slack)
		if math.Abs(c.said-c.was) > 0.02*c.was {
			t.Errorf("%s is recorded as %.1f ms, and was %.1f", c.name, c.said, c.was)
		}
		if c.said < 0.98*want || c.said > 1.02*want+slack {
			t.Errorf("%s is recorded as %.1f ms, the truth is %.1f and up to %.1f more", c.name, c.said, want, slack)
		}
	}
	if p99 := at(truth, 0.99); w.Service.P99 > p99/2 {
		t.Errorf("service times alone say %.1f ms at p99, the truth is %.1f: then this test proves nothing", w.Service.P99, p99)
	}
}

// waits are, in sorted milliseconds, what arrivals waited for the stall alone and what
// they took by this test's own clock, and the longest that any took beyond its wait.
func waits(pacer load.Pacer, zero time.Duration, ended []time.Duration, stalled [2]time.Duration) (truth, seen []float64, slack float64) {
	for n := range ended {
		due, waited := zero+pacer.Next(0, int64(n)), 0.0
		if due < stalled[1] && ended[n] > stalled[1] {
			waited = (stalled[1] - due).Seconds() * 1000
		}
		took := (ended[n] - due).Seconds() * 1000
		truth, seen, slack = append(truth, waited), append(seen, took), max(slack, took-waited)
	}
	slices.Sort(truth)
	slices.Sort(seen)
	return truth, seen, slack
}

// at is the least value that a share of the sorted values does not exceed.
func at(sorted []float64, share float64) float64 {
	return sorted[int(math.Ceil(share*float64(len(sorted))))-1]
}

// begun is a clock that remembers when it was asked first: a run's zero.
type begun struct {
	load.Clock
	once sync.Once
	zero time.Duration
}

func (b *begun) Now() time.Duration {
	now := b.Clock.Now()
	b.once.Do(func() { b.zero = now })
	return now
}

// stop stops the server of this test, its first process before the others so that none
// is added meanwhile, and gives their numbers.
func stop(t *testing.T) []int {
	first := children(os.Getpid())
	if len(first) != 1 {
		t.Errorf("this test has %d servers, it needs one", len(first))
		return nil
	}
	all := first
	for found := 0; found < len(all); { // ends: a stopped process makes no other
		found = len(all)
		for _, pid := range all {
			if err := syscall.Kill(pid, syscall.SIGSTOP); err != nil {
				t.Logf("process %d: %v", pid, err) // a worker that ended by itself
			}
		}
		all = slices.Concat(first[:1], children(first[0]))
	}
	return all
}

// children are the server processes that a process has started.
func children(parent int) (all []int) {
	stats, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, path := range stats {
		text, err := os.ReadFile(path)
		if err != nil {
			continue // it has ended
		}
		var pid, from int
		var state string
		before, rest, _ := strings.Cut(string(text), " (postgres) ")
		if _, err := fmt.Sscan(rest, &state, &from); err != nil || from != parent {
			continue
		}
		if _, err := fmt.Sscan(before, &pid); err == nil {
			all = append(all, pid)
		}
	}
	return all
}
