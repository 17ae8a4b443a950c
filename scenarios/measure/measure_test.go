package measure

import (
	"context"
	"encoding/json"
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"

	"tristore/drivers/store"
	"tristore/reports/result"
)

const ms = time.Millisecond

func phase() Phase { return Phase{Begin: time.Second, End: 4 * time.Second} }

func measured(t *testing.T, shards ...*Shard) result.Measurement {
	t.Helper()
	recording, err := Merge(phase(), shards...)
	if err != nil {
		t.Fatal(err)
	}
	m, err := recording.Measurement(3 * time.Second)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestOnlyWhatIsDueInThePhaseCounts(t *testing.T) {
	for _, c := range []struct {
		name       string
		due, ended time.Duration
		counts     bool
	}{
		{"before", 999 * ms, 1500 * ms, false},
		{"at the beginning", time.Second, 1010 * ms, true},
		{"ends after the end", 3999 * ms, 9 * time.Second, true},
		{"due at the end", 4 * time.Second, 4100 * ms, false},
	} {
		s := NewShard(phase())
		s.Arrive(c.due)
		s.Record(Sample{Due: c.due, Queued: c.due, Called: c.due, Ended: c.ended, Outcome: store.Done()})
		m := measured(t, s)
		want := int64(0)
		if c.counts {
			want = 1
		}
		if m.Counts.Due != want || m.Counts.Committed != want || m.Latency.Count != want {
			t.Errorf("%s: %+v, want %d", c.name, m.Counts, want)
		}
	}
}

func TestLatencyRunsFromTheDueTimeAndOutcomesStayApart(t *testing.T) {
	s := NewShard(phase())
	at := 2 * time.Second
	for _, sample := range []Sample{
		{Due: at, Queued: at + 20*ms, Called: at + 300*ms, Ended: at + 310*ms, Outcome: store.Done()},
		{Due: at, Queued: at, Called: at + 5*ms, Ended: at + 50*time.Second, Idle: true, Outcome: store.Outcome{Retries: 3}},
		{Due: at, Queued: at, Called: at, Ended: at + 1*ms, Outcome: store.Refuse(store.Exhausted, "no slot")},
		{Due: at, Queued: at, Called: at, Ended: at + 1*ms, Outcome: store.Refuse(store.Unique, "twice")},
		{Due: at, Queued: at, Called: at, Ended: at + 1*ms, Outcome: store.Refuse(store.Exhausted, "no slot")},
	} {
		s.Arrive(sample.Due)
		s.Record(sample)
	}
	s.Arrive(at)
	s.Drop(at)
	m := measured(t, s)
	if want := (result.Counts{Due: 6, Committed: 1, Refused: 3, Unknown: 1, Dropped: 1, Late: 2, Retries: 3, Overran: 1}); m.Counts != want {
		t.Errorf("counts %+v, want %+v", m.Counts, want)
	}
	if want := []result.Refusal{{Reason: "exhausted", Count: 2}, {Reason: "unique", Count: 1}}; !slices.Equal(m.Refused, want) {
		t.Errorf("refused %+v", m.Refused)
	}
	if m.RefusedLatency.Count != 3 || len(m.UnknownBy) != 1 {
		t.Errorf("%d latencies of refusals, unknown %+v", m.RefusedLatency.Count, m.UnknownBy)
	}
	near := func(what string, got, want float64) {
		t.Helper()
		if math.Abs(got-want) > 0.002*want {
			t.Errorf("%s is %.3f ms, want %.3f", what, got, want)
		}
	}
	near("latency", m.Latency.Max, 310)
	near("service", m.Service.Max, 10)
	near("lag", m.Lag.Max, 300)
	near("pacing", m.Pacing.Max, 20) // the rest of the 300 ms was a wait behind the store
	if m.Latency.Count != 1 || m.Lag.Count != 5 || m.Pacing.Count != 5 {
		t.Errorf("latencies %d, lags %d: refused and unknown arrivals have a lag but no latency", m.Latency.Count, m.Lag.Count)
	}
	if m.Timeline[1].Count != 1 || len(m.Timeline) != 3 {
		t.Errorf("timeline %+v", m.Timeline)
	}
	if m.Achieved != 4.0/3 {
		t.Errorf("achieved %.3f per second: the arrival that ended at 52 s is outside", m.Achieved)
	}
	recording, _ := Merge(phase(), s)
	if w := recording.Witness(); len(w) != 4 || !strings.Contains(w[1], "no slot") {
		t.Errorf("witness %q", w)
	}
}

func TestOutOfRangeIsCountedNotClamped(t *testing.T) {
	s := NewShard(phase())
	at := 2 * time.Second
	s.Record(Sample{Due: at, Queued: at, Called: at, Ended: at + highest + ms, Outcome: store.Done()})
	s.Record(Sample{Due: at, Queued: at, Called: at - ms, Ended: at, Idle: true, Outcome: store.Done()}) // called before due: a broken clock
	m := measured(t, s)
	if m.Latency.Clipped != 1 || m.Lag.Clipped != 1 || m.Pacing.Clipped != 1 || m.Latency.Count != 1 {
		t.Errorf("clipped: latency %d, lag %d, pacing %d", m.Latency.Clipped, m.Lag.Clipped, m.Pacing.Clipped)
	}
}

func TestMergeIsExactInAnyOrder(t *testing.T) {
	chance := rand.New(rand.NewPCG(3, 4))
	shards, whole := make([]*Shard, 7), NewShard(phase())
	for i := range shards {
		shards[i] = NewShard(phase())
	}
	outcomes := []store.Outcome{store.Done(), store.Done(), {Status: store.Committed, Retries: 1}, store.Refuse(store.Unique, "twice"), store.Refuse(store.Exhausted, "no slot"),
		{Err: context.Canceled}, {Code: "57P01", Err: errors.New("ended")}, {Retries: 2}} // the last stands for one that is dropped
	for range 20_000 {
		due := time.Second + time.Duration(chance.Int64N(int64(3*time.Second)))
		called := due + time.Duration(chance.ExpFloat64()*float64(ms))
		sample := Sample{Due: due, Queued: due, Called: called, Ended: called + time.Duration(chance.ExpFloat64()*float64(9*ms)), Outcome: outcomes[chance.IntN(len(outcomes))]}
		for _, s := range []*Shard{shards[chance.IntN(len(shards))], whole} {
			s.Arrive(due)
			if sample.Outcome.Retries == 2 {
				s.Drop(due)
				continue
			}
			s.Record(sample)
		}
	}
	bytes := func(shards ...*Shard) string {
		text, err := json.Marshal(measured(t, shards...))
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	want := bytes(whole)
	if got := bytes(shards...); got != want {
		t.Error("merged shards differ from one recorder of the same samples")
	}
	for range 20 {
		chance.Shuffle(len(shards), func(i, k int) { shards[i], shards[k] = shards[k], shards[i] })
		if got := bytes(shards...); got != want {
			t.Fatal("the order of merging changes the bytes")
		}
	}
	if _, err := Merge(phase(), NewShard(Phase{End: time.Second})); err == nil {
		t.Error("a shard of another window was merged")
	}
}

func TestEncodingGivesTheSamplesBack(t *testing.T) {
	s := NewShard(phase())
	for i := range 1000 {
		due := time.Second + time.Duration(i)*ms
		s.Record(Sample{Due: due, Queued: due, Called: due, Ended: due + time.Duration(i)*ms, Outcome: store.Done()})
	}
	m := measured(t, s)
	decoded, err := hdrhistogram.Decode([]byte(m.Latency.V2))
	if err != nil {
		t.Fatal(err)
	}
	if decoded.TotalCount() != 1000 || milliseconds(decoded.ValueAtPercentile(99)) != m.Latency.P99 || math.Abs(m.Latency.P99-990) > 2 {
		t.Errorf("decoded %d samples, p99 %.3f and %.3f", decoded.TotalCount(), milliseconds(decoded.ValueAtPercentile(99)), m.Latency.P99)
	}
}

func TestRecordingAllocatesNothing(t *testing.T) {
	s, due := NewShard(phase()), 2*time.Second
	sample := Sample{Due: due, Queued: due, Called: due + ms, Ended: due + 2*ms, Outcome: store.Done()}
	if n := testing.AllocsPerRun(1000, func() { s.Record(sample) }); n != 0 {
		t.Errorf("%.1f allocations per sample", n)
	}
}
