package replay

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"tristore/drivers"
	"tristore/drivers/store"
	"tristore/reports/result"
	"tristore/scenarios/trace"
)

const ms = time.Millisecond

// bubble is the fake clock of testing/synctest: time passes only when all wait.
type bubble struct{ zero time.Time }

func (b bubble) Now() time.Duration { return time.Since(b.zero) }

func (b bubble) Wait(ctx context.Context, until time.Duration) error {
	timer := time.NewTimer(until - b.Now())
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
	return ctx.Err()
}

// listed is a trace in memory.
type listed struct{ left []trace.Record }

func (l *listed) Next() (trace.Record, error) {
	if len(l.left) == 0 {
		return trace.Record{}, io.EOF
	}
	first := l.left[0]
	l.left = l.left[1:]
	return first, nil
}

// ledger is what all connections of a test were sent.
type ledger struct {
	mu    sync.Mutex
	sent  []string
	takes func(text string) time.Duration
}

// slow is a connection in fake time that knows when a transaction is open.
type slow struct {
	of     *ledger
	inside bool
}

func (s *slow) Run(ctx context.Context, st statement) store.Outcome {
	mode := "rw "
	if st.ReadOnly {
		mode = "ro "
	}
	s.of.mu.Lock()
	s.of.sent = append(s.of.sent, mode+st.Text)
	s.of.mu.Unlock()
	switch {
	case strings.HasPrefix(st.Text, "BEGIN"):
		s.inside = true
	case strings.HasPrefix(st.Text, "COMMIT"):
		s.inside = false
	}
	timer := time.NewTimer(s.of.takes(st.Text))
	defer timer.Stop()
	select {
	case <-timer.C:
		return store.Done()
	case <-ctx.Done():
		return store.Outcome{Err: ctx.Err()}
	}
}

func (s *slow) Rows() int64 { return 1 }

func (s *slow) Close(context.Context) error { return nil }

func (s *slow) InTransaction() bool { return s.inside }

func (s *slow) Rollback(context.Context) error {
	s.inside = false
	s.of.mu.Lock()
	s.of.sent = append(s.of.sent, "rolled back")
	s.of.mu.Unlock()
	return nil
}

// played plays records in fake time and gives what was recorded and sent.
func played(ctx context.Context, t *testing.T, plan Plan, all *ledger, records ...trace.Record) (*result.Run, error) {
	t.Helper()
	plan.Engine = drivers.Engine{Product: drivers.Postgres, Major: 16}
	plan.About = trace.Summary{Records: int64(len(records)), Databases: []string{""}}
	if len(records) > 0 {
		plan.About.Span = records[len(records)-1].Due
	}
	if all.takes == nil {
		all.takes = func(string) time.Duration { return ms }
	}
	if err := plan.Check(); err != nil {
		t.Fatal(err)
	}
	p := newPlayer(ctx, plan, bubble{time.Now()})
	var connections []map[string]sender
	for range plan.Connections {
		connections = append(connections, map[string]sender{"": &slow{of: all}})
	}
	run := Facts(plan)
	err := p.play(&listed{records}, connections) //nolint:contextcheck // the player has it since it was made
	return run, errors.Join(err, p.facts(run))
}

func planOf(change func(*Plan)) Plan {
	plan := Default()
	plan.Connections = 2
	if change != nil {
		change(&plan)
	}
	return plan
}

// at is a statement of a session.
func at(due time.Duration, session uint64, text string) trace.Record {
	return trace.Record{Session: session, Due: due, Text: text}
}

func TestStatementsAreSentWhenDueAndInOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		all := &ledger{takes: func(text string) time.Duration {
			if text == "SELECT 'slow'" {
				return 500 * ms
			}
			return ms
		}}
		// The slow one holds its own session up for 490 ms, and no other.
		run, err := played(t.Context(), t, planOf(nil), all, at(0, 1, "SELECT 'slow'"), at(10*ms, 1, "SELECT 'behind'"), at(20*ms, 2, "SELECT 'beside'"), at(2*time.Second, 1, "SELECT 'last'"))
		if err != nil {
			t.Fatal(err)
		}
		if want := []string{"ro SELECT 'slow'", "ro SELECT 'beside'", "ro SELECT 'behind'", "ro SELECT 'last'"}; !slices.Equal(all.sent, want) {
			t.Errorf("%q", all.sent)
		}
		m := run.Measurements[0]
		if m.Counts.Due != 4 || m.Counts.Committed != 4 || m.Counts.Late != 1 || !near(m.Latency.Max, 500) || m.Pacing.Max > 0.01 || !near(m.Lag.Max, 490) {
			t.Errorf("%+v, latency %g, lag %g, generator %g", m.Counts, m.Latency.Max, m.Lag.Max, m.Pacing.Max)
		}
	})
}

// near allows for the recorder's resolution.
func near(got, want float64) bool { return got > 0.999*want && got < 1.001*want }

// A store that is slower than the trace: every wait is in the latencies, however full
// the queue is, and none of it is the generator's.
func TestASlowStoreIsSeenFromTheDueTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var records []trace.Record
		for i := range 3 * heldMax {
			records = append(records, at(time.Duration(i)*10*time.Microsecond, uint64(i), "SELECT 1"))
		}
		run, err := played(t.Context(), t, planOf(func(p *Plan) { p.Drain = time.Hour }), &ledger{}, records...)
		if err != nil {
			t.Fatal(err)
		}
		m := run.Measurements[0]
		last := 0.5*float64(len(records)) - 0.01*float64(len(records)) // two at once, a millisecond each
		if n := int64(len(records)); m.Counts.Due != n || m.Counts.Committed != n || m.Latency.Max < 0.99*last || m.Latency.Max > 1.01*last || m.Pacing.Max > 0.01 {
			t.Errorf("%+v; greatest %g, wanted %g; generator %g", m.Counts, m.Latency.Max, last, m.Pacing.Max)
		}
	})
}

func TestReadOnlyTransactions(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		all := &ledger{}
		run, err := played(t.Context(), t, planOf(nil), all, at(0, 1, "BEGIN ISOLATION LEVEL SERIALIZABLE, READ WRITE"), at(10*ms, 1, "SELECT 1"), at(20*ms, 1, "DELETE FROM a"),
			at(25*ms, 2, "SAVEPOINT a"), at(30*ms, 1, "COMMIT"), at(40*ms, 1, "SELECT * FROM a FOR UPDATE"), at(50*ms, 1, "TRUNCATE a"), at(60*ms, 2, "BEGIN"))
		if err != nil {
			t.Fatal(err)
		}
		want := []string{"rw BEGIN ISOLATION LEVEL SERIALIZABLE READ ONLY", "rw SELECT 1", "rw COMMIT", "rw BEGIN READ ONLY", "rolled back"}
		if !slices.Equal(all.sent, want) {
			t.Errorf("%q", all.sent)
		}
		said := fmt.Sprint(run.NotRun)
		for _, words := range []string{"{2 statements not replayed: " + notReadOnly, "{1 statement not replayed: " + notInside, "{1 statement not replayed: changes the schema"} {
			if !strings.Contains(said, words) {
				t.Errorf("%q is not in %s", words, said)
			}
		}
		all = &ledger{}
		if _, err := played(t.Context(), t, planOf(func(p *Plan) { p.Writes = true }), all, at(0, 1, "BEGIN ISOLATION LEVEL SERIALIZABLE"), at(10*ms, 1, "DELETE FROM a"), at(30*ms, 1, "COMMIT"), at(40*ms, 1, "SELECT 1")); err != nil {
			t.Fatal(err)
		}
		if want := []string{"rw BEGIN ISOLATION LEVEL SERIALIZABLE", "rw DELETE FROM a", "rw COMMIT", "rw SELECT 1"}; !slices.Equal(all.sent, want) {
			t.Errorf("%q", all.sent)
		}
	})
}

// When all connections wait inside transactions for statements that the full queue keeps
// in the file, the longest transaction is given up and said.
func TestTransactionsThatHoldAllConnections(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		records := []trace.Record{at(0, 1, "BEGIN"), at(0, 2, "BEGIN")}
		for i := range heldMax + 100 {
			records = append(records, at(0, uint64(i+10), "SELECT 1"))
		}
		records = append(records, at(0, 1, "COMMIT"), at(0, 2, "COMMIT"))
		all := &ledger{}
		run, err := played(t.Context(), t, planOf(func(p *Plan) { p.Speed = 0 }), all, records...)
		if err != nil {
			t.Fatal(err)
		}
		if m := run.Measurements[0]; m.Counts.Committed != int64(len(records)) || m.Loop != "closed" {
			t.Errorf("%+v of %d, %s", m.Counts, len(records), m.Loop)
		}
		if !slices.Contains(all.sent, "rolled back") || !strings.Contains(fmt.Sprint(run.NotRun), "{the rest of 1 transactions") {
			t.Errorf("%v", run.NotRun)
		}
	})
}

// However a replay ends, every record is in exactly one count.
func TestEveryRecordIsAccountedFor(t *testing.T) {
	hang := func(string) time.Duration { return time.Hour }
	for name, c := range map[string]struct {
		change    func(*Plan)
		takes     func(string) time.Duration
		interrupt time.Duration
		want      result.Counts
		says      string
	}{
		"--for":              {func(p *Plan) { p.For = 1050 * ms }, nil, 0, result.Counts{Due: 11, Committed: 11}, "{89 statements not replayed: " + notLater},
		"twice as fast":      {func(p *Plan) { p.Speed, p.For = 2, 1040*ms }, nil, 0, result.Counts{Due: 21, Committed: 21}, "{79 statements not replayed: " + notLater},
		"a store that hangs": {func(p *Plan) { p.Drain = time.Second }, hang, 0, result.Counts{Due: 100, Unknown: 2, Dropped: 98, Late: 0, Overran: 2}, "[]"},
		"interrupted":        {nil, nil, 1050 * ms, result.Counts{Due: 11, Committed: 11}, "{89 statements not replayed: " + notReached},
		"interrupted, hung":  {nil, hang, 1050 * ms, result.Counts{Due: 11, Unknown: 2, Dropped: 9}, "{89 statements not replayed: " + notReached},
		"as fast as possible, interrupted": {func(p *Plan) { p.Speed = 0 }, func(string) time.Duration { return 100 * ms }, 1050 * ms,
			result.Counts{Due: 22, Committed: 20, Unknown: 2}, "{78 statements not replayed: " + notTried},
		"as fast as possible, slow, --for": {func(p *Plan) { p.Speed, p.For = 0, time.Second }, func(string) time.Duration { return 150 * ms }, 0,
			result.Counts{Due: 14, Committed: 14, Overran: 2}, "{86 statements not replayed: " + notLater},
		"as fast as possible, --for": {func(p *Plan) { p.Speed, p.For = 0, time.Second }, nil, 0, result.Counts{Due: 100, Committed: 100}, "[]"},
	} {
		synctest.Test(t, func(t *testing.T) {
			var records []trace.Record
			for i := range 100 {
				records = append(records, at(time.Duration(i)*100*ms, uint64(i), "SELECT 1"))
			}
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			if c.interrupt > 0 {
				time.AfterFunc(c.interrupt, cancel)
			}
			run, err := played(ctx, t, planOf(c.change), &ledger{takes: c.takes}, records...)
			if (err != nil) != (c.interrupt > 0) {
				t.Errorf("%s: %v", name, err)
			}
			all := run.Measurements[0].Counts.Due
			for _, left := range run.NotRun {
				var n int64
				if _, err := fmt.Sscan(left.What, &n); err != nil {
					t.Fatal(err)
				}
				all += n
			}
			if all != int64(len(records)) {
				t.Errorf("%s: %d of %d records are accounted for", name, all, len(records))
			}
			if got := run.Measurements[0].Counts; got != c.want || !strings.Contains(fmt.Sprint(run.NotRun), c.says) {
				t.Errorf("%s: %+v, wanted %+v; %v, wanted %s", name, got, c.want, run.NotRun, c.says)
			}
		})
	}
}

func TestPlansThatCannotBe(t *testing.T) {
	good := planOf(func(p *Plan) {
		p.Engine, p.About = drivers.Engine{Product: drivers.Postgres, Major: 16}, trace.Summary{Records: 1, Databases: []string{"a", "b"}}
	})
	if err := good.Check(); err != nil {
		t.Fatal(err)
	}
	for says, change := range map[string]func(*Plan){
		"name a postgres engine": func(p *Plan) { p.Engine.Product = drivers.FerretDB },
		"at a speed above 0":     func(p *Plan) { p.Speed = -1 },
		"between a second":       func(p *Plan) { p.For = 0 },
		"lower --connections":    func(p *Plan) { p.Connections = 600 },
		"holds no statement":     func(p *Plan) { p.About.Records = 0 },
		"which store it asks":    func(p *Plan) { p.Promises = []result.Promise{{Percent: 99, LimitMs: 1, Store: "users"}} },
		"drop --slo":             func(p *Plan) { p.Speed, p.Promises = 0, []result.Promise{{Percent: 99, LimitMs: 1}} },
	} {
		bad := good
		change(&bad)
		if err := bad.Check(); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%v, wanted %q", err, says)
		}
	}
}
