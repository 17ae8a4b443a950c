package conformance

import (
	"encoding/hex"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"sync"
	"time"

	"tristore/drivers/store"
	"tristore/scenarios"
)

// racer is one contestant's end of a race.
type racer struct {
	Outcome      store.Outcome
	began, ended time.Time
}

// together starts n racers on one barrier and waits for all of them.
func together(n int, race func(i int) store.Outcome) []racer {
	all, start := make([]racer, n), make(chan struct{})
	var ready, done sync.WaitGroup
	ready.Add(n)
	for i := range n {
		done.Go(func() {
			ready.Done()
			<-start
			began := time.Now()
			outcome := race(i)
			all[i] = racer{Outcome: outcome, began: began, ended: time.Now()}
		})
	}
	ready.Wait()
	close(start)
	done.Wait()
	return all
}

// overlapped tells whether any two racers were under way at one moment: a race
// where nobody met anybody shows nothing.
func overlapped(all []racer) bool {
	for i, a := range all {
		for _, b := range all[i+1:] {
			if a.began.Before(b.ended) && b.began.Before(a.ended) {
				return true
			}
		}
	}
	return false
}

// effort is how much a check tries at a depth.
type effort struct{ racers, rounds int }

func effortAt(depth scenarios.Depth) effort {
	if depth == scenarios.Smoke {
		return effort{racers: 8, rounds: 8}
	}
	return effort{racers: 16, rounds: 60}
}

// ids draws identifiers from (seed, purpose), so that a run can be repeated.
type ids struct{ from *rand.Rand }

func newIDs(seed uint64, purpose string) ids {
	sum := fnv.New64a()
	_, _ = sum.Write([]byte(purpose)) // a hash never refuses
	return ids{rand.New(rand.NewPCG(seed, sum.Sum64()))}
}

// object is a 24-hex-digit _id.
func (d ids) object() string {
	raw := make([]byte, 12)
	for i := range raw {
		raw[i] = byte(d.from.Uint32())
	}
	return hex.EncodeToString(raw)
}

// subject is a 7-character id.
func (d ids) subject() string { return fmt.Sprintf("%07x", d.from.Uint32N(1<<28)) }

// word is a name that nothing else in the run has.
func (d ids) word(prefix string) string { return fmt.Sprintf("%s-%016x", prefix, d.from.Uint64()) }
