package measure

import (
	"testing"
	"time"

	"tristore/drivers/store"
)

func BenchmarkRecord(b *testing.B) {
	s, due := NewShard(phase()), 2*time.Second
	sample := Sample{Due: due, Queued: due, Called: due + ms, Ended: due + 2*ms, Outcome: store.Done()}
	for b.Loop() {
		s.Record(sample)
	}
}

func BenchmarkMergeThousandShards(b *testing.B) {
	shards := make([]*Shard, 1000)
	for i := range shards {
		shards[i] = NewShard(phase())
		for k := range 1000 {
			due := time.Second + time.Duration(k)*ms
			shards[i].Record(Sample{Due: due, Queued: due, Called: due, Ended: due + time.Duration(i+k)*10*time.Microsecond, Outcome: store.Done()})
		}
	}
	for b.Loop() {
		if _, err := Merge(phase(), shards...); err != nil {
			b.Fatal(err)
		}
	}
}
