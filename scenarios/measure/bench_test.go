package measure

import (
	"runtime"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"tristore/drivers/store"
)

// processor is the processor time of the calling thread, which a busy machine does not
// lengthen as it does the time on the wall.
func processor(b *testing.B) time.Duration {
	b.Helper()
	var used unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_THREAD, &used); err != nil {
		b.Fatal(err)
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}

// BenchmarkRecord is the cost of recording one arrival in all that is kept of it; the
// target is 50 ns. That it allocates nothing is a test.
func BenchmarkRecord(b *testing.B) {
	const samples = 5_000_000
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	s, due := NewShard(phase()), 2*time.Second
	sample := Sample{Due: due, Queued: due, Called: due + ms, Ended: due + 2*ms, Outcome: store.Done()}
	for b.Loop() {
		began := processor(b)
		for i := range samples {
			sample.Ended = due + ms + time.Duration(i&0xfff)*time.Microsecond
			s.Record(sample)
		}
		b.ReportMetric(float64(processor(b)-began)/samples, "ours-cpu-ns")
		b.ReportMetric(50, "theirs-cpu-ns")
		b.ReportMetric(1, "target-at-most")
	}
}

// BenchmarkRecordOperation is the same for one operation of a store, of which an arrival has some.
func BenchmarkRecordOperation(b *testing.B) {
	const samples = 5_000_000
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	s, due := NewShard(phase()), 2*time.Second
	s.PerStore(2)
	for b.Loop() {
		began := processor(b)
		for i := range samples {
			s.Operation(i&1, due, ms+time.Duration(i&0xfff)*time.Microsecond, store.Committed)
		}
		b.ReportMetric(float64(processor(b)-began)/samples, "ours-cpu-ns")
		b.ReportMetric(50, "theirs-cpu-ns")
		b.ReportMetric(1, "target-at-most")
	}
}

// BenchmarkMergeThousandShards adds up what a thousand workers recorded; the target is 50 ms.
func BenchmarkMergeThousandShards(b *testing.B) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	shards := make([]*Shard, 1000)
	for i := range shards {
		shards[i] = NewShard(phase())
		for k := range 1000 {
			due := time.Second + time.Duration(k)*ms
			shards[i].Record(Sample{Due: due, Queued: due, Called: due, Ended: due + time.Duration(i+k)*10*time.Microsecond, Outcome: store.Done()})
		}
	}
	for b.Loop() {
		began := processor(b)
		if _, err := Merge(phase(), shards...); err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(float64(processor(b)-began)/1e6, "ours-cpu-ms")
		b.ReportMetric(50, "theirs-cpu-ms")
		b.ReportMetric(1, "target-at-most")
	}
}
