package replay

import (
	"context"
	"fmt"
	"testing"
	"time"

	"tristore/drivers"
	"tristore/drivers/store"
	"tristore/scenarios/load"
	"tristore/scenarios/trace"
)

// nowhere answers at once.
type nowhere struct{ sender }

func (nowhere) Run(context.Context, statement) store.Outcome { return store.Done() }
func (nowhere) InTransaction() bool                          { return false }
func (nowhere) Rows() int64                                  { return 1 }
func (nowhere) Close(context.Context) error                  { return nil }

// BenchmarkPlayer is what a replay itself costs per statement, from the trace in memory to
// the recorder, on as many connections as by default.
func BenchmarkPlayer(b *testing.B) {
	const statements = 200_000
	plan := Default()
	plan.Engine, plan.Speed = drivers.Engine{Product: drivers.Postgres, Major: 16}, 0
	plan.About = trace.Summary{Records: statements, Span: time.Minute, Databases: []string{""}}
	records := make([]trace.Record, statements)
	for i := range records {
		records[i] = trace.Record{Session: uint64(i % 400), Text: "SELECT name FROM goods WHERE id = $1", Params: []trace.Param{{Value: fmt.Sprint(i)}}, Prepared: true}
	}
	for b.Loop() {
		p := newPlayer(b.Context(), plan, load.NewClock())
		var connections []map[string]sender
		for range plan.Connections {
			connections = append(connections, map[string]sender{"": nowhere{}})
		}
		if err := p.play(&listed{records}, connections); err != nil {
			b.Fatal(err)
		}
		if m, err := p.measurement(); err != nil || m.Counts.Committed != statements {
			b.Fatalf("%v, %+v", err, m.Counts)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/statements, "ns/statement")
}
