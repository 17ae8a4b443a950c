package measure

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"
	"testing"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"

	"tristore/drivers/store"
)

// Our buckets must be the library's to the last one, or what is saved is something else.
func TestBucketsAreHdrHistograms(t *testing.T) {
	for _, c := range []struct {
		lowest, highest time.Duration
		digits          int
	}{{lowest, highest, fineDigits}, {lowest, highest, coarseDigits}, {1, time.Hour, 2}, {time.Millisecond, 10 * time.Second, 4}, {3, 1 << 62, 5}} {
		ours, theirs := newRecorder(newBuckets(c.lowest, c.highest, c.digits)), hdrhistogram.New(int64(c.lowest), int64(c.highest), c.digits)
		chance := rand.New(rand.NewPCG(1, 2))
		values := []int64{0, 1, int64(c.lowest) - 1, int64(c.lowest), int64(c.highest) - 1, int64(c.highest)}
		for range 20_000 {
			values = append(values, chance.Int64N(int64(c.highest)>>chance.IntN(40)+1))
		}
		for _, v := range values {
			ours.record(time.Duration(v))
			if err := theirs.RecordValue(v); err != nil {
				t.Fatalf("%v: %d: %v", c, v, err)
			}
			at := ours.in.index(v)
			if least := ours.in.value(at); least > v || ours.in.index(least) != at {
				t.Fatalf("%v: %d lies in bucket %d, which begins at %d", c, v, at, least)
			}
		}
		if !ours.library().Equals(theirs) || ours.clipped != 0 {
			t.Errorf("%v: not the library's histogram; %d clipped", c, ours.clipped)
		}
		if ours.record(c.highest + 1); c.highest < 1<<62 && ours.clipped != 1 {
			t.Errorf("%v: beyond the highest is not clipped", c)
		}
	}
}

// A shard of another range cannot be added up, and everybody must see it.
func TestAnotherRangeIsClippedAndNotMerged(t *testing.T) {
	due := 2 * time.Second
	sample := Sample{Due: due, Queued: due, Called: due, Ended: due + 3*ms, Outcome: store.Done()}
	ours, other := NewShard(phase()), NewShard(phase())
	other.latency = newRecorder(newBuckets(time.Microsecond, time.Second, fineDigits))
	ours.Record(sample)
	other.Record(sample)
	for _, order := range [][]*Shard{{ours, other}, {other, ours}} {
		if m := measured(t, order...); m.Latency.Clipped != 1 || m.Latency.Count != 1 || m.Service.Count != 2 {
			t.Errorf("%d latencies, %d clipped, %d service times", m.Latency.Count, m.Latency.Clipped, m.Service.Count)
		}
	}
}

func TestUnknownOutcomesAreSortedByWhatIsKnown(t *testing.T) {
	s, at := NewShard(phase()), 2*time.Second
	for _, o := range []store.Outcome{
		{Err: fmt.Errorf("reading: %w", context.Canceled)}, {Err: context.DeadlineExceeded}, {Code: "57P01", Err: errors.New("terminating")}, {Err: errors.New("unexpected EOF")}, {},
	} {
		s.Record(Sample{Due: at, Queued: at, Called: at, Ended: at, Outcome: o})
	}
	text, _ := json.Marshal(measured(t, s).UnknownBy)
	want := `[{"reason":"connection lost","count":1},{"reason":"no answer before the run gave up","count":2},{"reason":"not told","count":1},{"reason":"session ended with 57P01","count":1}]`
	if string(text) != want {
		t.Errorf("got  %s\nwant %s", text, want)
	}
}

// Ten million operations of ten minutes: memory is bounded by the seconds of the window
// and the fixed buckets, whatever the number of operations.
func TestMemoryStaysBoundedOverTenMillionOperations(t *testing.T) {
	if testing.Short() {
		t.Skip("records ten million samples")
	}
	const minutes, bound = 10, 8 << 20
	s := NewShard(Phase{End: minutes * time.Minute})
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	for i := range 10_000_000 {
		due := time.Duration(i) * minutes * time.Minute / 10_000_000
		s.Arrive(due)
		s.Record(Sample{Due: due, Queued: due, Called: due, Ended: due + time.Duration(i%1000)*time.Microsecond, Outcome: store.Done()})
	}
	runtime.ReadMemStats(&after)
	if grown := after.TotalAlloc - before.TotalAlloc; grown > bound {
		t.Errorf("recording ten million operations took %d bytes, at most %d are expected", grown, bound)
	}
	recording, err := Merge(s.phase, s)
	if err != nil {
		t.Fatal(err)
	}
	m, err := recording.Measurement(minutes * time.Minute)
	if err != nil || m.Counts.Committed != 10_000_000 || m.Latency.Count != 10_000_000 || len(m.Timeline) != 600 {
		t.Errorf("%v: %+v, %d latencies, %d seconds", err, m.Counts, m.Latency.Count, len(m.Timeline))
	}
	runtime.KeepAlive(s)
}

// A day on sixteen workers: what is kept of its seconds depends on the day and not on the workers.
func TestTheTimelineOfADayIsBounded(t *testing.T) {
	if testing.Short() {
		t.Skip("records four million samples")
	}
	const workers, bound = 16, 150 << 20
	day := Phase{End: 24 * time.Hour}
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	shards := NewShards(day, workers)
	recorded := int64(0)
	for second := range 24 * 60 * 60 {
		due := time.Duration(second) * time.Second
		for worker, s := range shards {
			for _, took := range []time.Duration{ms, time.Duration(worker+1) * 3 * ms, 2 * time.Second} {
				s.Record(Sample{Due: due, Queued: due, Called: due, Ended: due + took, Outcome: store.Done()})
				recorded++
			}
		}
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	if grown := after.HeapAlloc - before.HeapAlloc; grown > bound {
		t.Errorf("the shards of a day hold %d bytes, at most %d are expected", grown, bound)
	}
	recording, err := Merge(day, shards...)
	if err != nil {
		t.Fatal(err)
	}
	m, err := recording.Measurement(24 * time.Hour)
	if err != nil || len(m.Timeline) != 24*60*60 {
		t.Fatalf("%v: %d seconds", err, len(m.Timeline))
	}
	total := int64(0)
	for _, second := range m.Timeline {
		total += second.Count
	}
	if total != recorded || m.Timeline[0].Count != 3*workers {
		t.Errorf("the seconds hold %d of %d samples, the first %d", total, recorded, m.Timeline[0].Count)
	}
	runtime.KeepAlive(shards)
}
