package replay

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"tristore/drivers"
	"tristore/scenarios/load"
	"tristore/scenarios/trace"
)

// Whatever sessions do, and however little room there is, every statement is sent, those
// of one session in their order, and nobody waits for ever: the bubble would say so.
func TestAnyTraceComesToItsEnd(t *testing.T) {
	given := int64(0)
	for seed := range uint64(300) {
		chance := rand.New(rand.NewPCG(seed, 7))
		plan := Default()
		plan.Engine, plan.Writes, plan.Connections = drivers.Engine{Product: drivers.Postgres, Major: 16}, true, 1+chance.IntN(3)
		if chance.IntN(2) == 0 {
			plan.Speed = 0
		}
		records := randomTrace(chance)
		plan.About = trace.Summary{Records: int64(len(records)), Span: records[len(records)-1].Due, Databases: []string{""}}
		synctest.Test(t, func(t *testing.T) {
			all := &ledger{takes: func(string) time.Duration { return time.Duration(seed%7) * ms }}
			p := newPlayer(t.Context(), plan, load.Clock(bubble{time.Now()}))
			p.queue.heldMax = 1 + chance.IntN(8)
			var connections []map[string]sender
			for range plan.Connections {
				connections = append(connections, map[string]sender{"": &slow{of: all}})
			}
			if err := p.play(&listed{records}, connections); err != nil {
				t.Fatal(err)
			}
			m, err := p.measurement()
			if err != nil || m.Counts.Committed != int64(len(records)) {
				t.Fatalf("seed %d: %v, %+v of %d", seed, err, m.Counts, len(records))
			}
			inOrder(t, seed, all.sent)
			given += p.queue.givenUp
		})
	}
	if given == 0 {
		t.Error("no transaction was ever given up: the traces are too tame to show that this ends")
	}
}

// randomTrace has sessions that open transactions, some of them for ever.
func randomTrace(chance *rand.Rand) []trace.Record {
	due, open := time.Duration(0), map[uint64]bool{}
	var records []trace.Record
	for i := range 1 + chance.IntN(120) {
		due += time.Duration(chance.IntN(3)) * ms
		session := uint64(chance.IntN(6))
		text := "SELECT"
		switch chance.IntN(4) {
		case 0:
			text, open[session] = "BEGIN", true
		case 1:
			if open[session] {
				text, open[session] = "COMMIT", false
			}
		}
		records = append(records, at(due, session, fmt.Sprintf("%s /* %d %d */", text, session, i)))
	}
	return records
}

// inOrder reads the numbers out of what was sent.
func inOrder(t *testing.T, seed uint64, sent []string) {
	t.Helper()
	last := map[int]int{}
	for _, text := range sent {
		_, numbers, is := strings.Cut(text, "/* ")
		if !is {
			continue // a rollback
		}
		var session, number int
		if _, err := fmt.Sscanf(numbers, "%d %d", &session, &number); err != nil {
			t.Fatal(err)
		}
		if before, known := last[session]; known && before > number {
			t.Fatalf("seed %d: session %d sent %d after %d", seed, session, number, before)
		}
		last[session] = number
	}
}
