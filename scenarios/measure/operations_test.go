package measure

import (
	"encoding/json"
	"math/rand/v2"
	"testing"
	"time"

	"tristore/drivers/store"
)

func TestOperationsAreKeptByStoreAndMergedExactly(t *testing.T) {
	shards := NewShards(phase(), 5)
	whole := NewShard(phase())
	for _, s := range append(shards, whole) {
		s.PerStore(2)
	}
	chance, at := rand.New(rand.NewPCG(5, 6)), 2*time.Second
	for range 5_000 {
		took, in, status := time.Duration(chance.ExpFloat64()*float64(ms)), chance.IntN(2), store.Status(chance.IntN(3))
		for _, s := range []*Shard{shards[chance.IntN(5)], whole} {
			s.Operation(in, at, took, status)
			s.Operation(in, 5*time.Second, took, status) // due after the phase
		}
	}
	for _, s := range []*Shard{shards[3], whole} {
		s.DropIn(Stores(0).With(1), at)
		s.DropIn(Stores(0).With(0).With(1), 5*time.Second)
	}
	want, _ := json.Marshal(measured(t, whole).Stores)
	for range 5 {
		chance.Shuffle(len(shards), func(i, k int) { shards[i], shards[k] = shards[k], shards[i] })
		if got, _ := json.Marshal(measured(t, shards...).Stores); string(got) != string(want) {
			t.Fatalf("merged %s\nwant   %s", got, want)
		}
	}
	of := measured(t, shards...).Stores
	if len(of) != 2 || of[0].Dropped != 0 || of[1].Dropped != 1 || of[0].Operations+of[1].Operations != 5_001 || of[0].Refused == 0 || of[0].Unknown == 0 || of[0].Latency.Count != of[0].Committed {
		t.Errorf("%+v", of)
	}
	shards[0].Operation(1, at, highest+ms, store.Committed)
	if of := measured(t, shards...).Stores[1]; of.Latency.Clipped != 1 {
		t.Errorf("%d operations are clipped, want the one that took too long", of.Latency.Clipped)
	}
	if n := testing.AllocsPerRun(1000, func() { whole.Operation(0, at, ms, store.Committed) }); n != 0 {
		t.Errorf("%.1f allocations per operation", n)
	}
	if none := measured(t, NewShard(phase())).Stores; len(none) != 0 {
		t.Errorf("nobody told of operations, and there are %+v", none)
	}
}
