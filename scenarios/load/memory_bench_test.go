package load

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"runtime"
	"sync"
	"testing"
	"time"

	"tristore/drivers/store"
)

// hurried is a clock on which nobody waits: it jumps to when the next arrival is due.
// Only the arrivals under way are waited for, so that none is dropped for want of the
// time that a real window would have.
type hurried struct {
	end time.Duration // of the window; whoever waits longer waits for the context

	mu   sync.Mutex
	room *sync.Cond
	now  time.Duration
	open int // arrivals that were made and have not ended
}

// atOnce bounds how many arrivals are under way or queued.
const atOnce = 1 << 10

func (h *hurried) Now() time.Duration {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.now
}

func (h *hurried) Wait(ctx context.Context, until time.Duration) error {
	if until > h.end {
		<-ctx.Done()
		return ctx.Err()
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	for h.open >= atOnce || until == h.end && h.open > 0 {
		h.room.Wait()
	}
	if h.now = max(h.now, until); until < h.end {
		h.open++
	}
	return ctx.Err()
}

func (h *hurried) ended() {
	h.mu.Lock()
	h.open--
	h.mu.Unlock()
	h.room.Signal()
}

// BenchmarkTenMinutesResident is what a process holds that offers 10,000 arrivals per
// second for ten minutes, at most, as the kernel counted it: through the open loop and
// its recorders to the encoded result, over a step that does nothing. The six million
// arrivals come as fast as the loop takes them and not in ten minutes, since what is kept
// depends on how many there are, on the seconds of the window, which are all there, and
// on the workers, of which there are as many as a load has by default.
func BenchmarkTenMinutesResident(b *testing.B) {
	const rate, window, arrivals = 10_000, 10 * time.Minute, 6_000_000
	for b.Loop() {
		before := resident(b, "VmRSS")
		if err := os.WriteFile("/proc/self/clear_refs", []byte("5"), 0); err != nil { // the high-water mark begins again
			b.Fatal(err)
		}
		clock := &hurried{end: window}
		clock.room = sync.NewCond(&clock.mu)
		w, err := Open{Pacer: Constant{rate}, Workers: 16, Measure: window, Drain: time.Minute, Clock: clock}.Run(b.Context(), func(context.Context, int, int64) store.Outcome {
			defer clock.ended()
			return store.Done()
		})
		if err != nil || w.Counts.Due != arrivals || w.Counts.Committed != arrivals || len(w.Timeline) != int(window/time.Second) {
			b.Fatalf("%v: %+v in %d seconds", err, w.Counts, len(w.Timeline))
		}
		saved, err := json.Marshal(w.Measurement)
		if err != nil {
			b.Fatal(err)
		}
		runtime.KeepAlive(w)
		b.Logf("%.1f MiB before it began; the measurement takes %d KiB in the run file", before, len(saved)>>10)
		b.ReportMetric(resident(b, "VmHWM"), "ours-MiB")
		b.ReportMetric(150, "theirs-MiB")
		b.ReportMetric(1, "target-at-most")
	}
}

// resident is a line of what the kernel says of this process' memory.
func resident(b *testing.B, line string) float64 {
	b.Helper()
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		b.Fatal(err)
	}
	_, rest, _ := bytes.Cut(status, []byte("\n"+line+":"))
	var kib float64
	if _, err := fmt.Sscan(string(rest), &kib); err != nil {
		b.Fatalf("%s: %v", line, err)
	}
	return kib / 1024
}
