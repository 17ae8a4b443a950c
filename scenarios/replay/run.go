package replay

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"time"

	"tristore/drivers"
	"tristore/drivers/cluster"
	"tristore/drivers/deployment"
	"tristore/reports/result"
	"tristore/scenarios/load"
	"tristore/scenarios/measure"
	"tristore/scenarios/road"
	"tristore/scenarios/trace"
)

// Run carries a plan out. The facts are never nil; an error is in them as well, and wraps
// cluster.ErrUnreachable when the user can mend it. An external cluster is written to
// only when it bears a sandbox marker. What was started is gone when Run returns.
func Run(ctx context.Context, plan Plan, address cluster.External) (*result.Run, error) {
	facts := Facts(plan)
	err := road.Follow(ctx, facts, func(ctx context.Context, ends *road.Ends) error {
		if err := plan.Check(); err != nil {
			return err
		}
		from, err := trace.Open(plan.Trace)
		if err != nil {
			return fmt.Errorf("%w: %w", cluster.ErrUnreachable, err)
		}
		ends.Add(func(context.Context) error { return from.Close() })
		plan.Say(road.Progress{Current: "starting " + plan.Engine.Title()})
		on, err := cluster.Start(ctx, plan.Spec(cluster.Strict, address))
		if err != nil {
			return err
		}
		ends.Add(on.Close)
		road.Met(on, facts)
		if err := plan.prepare(ctx, on); err != nil {
			return err
		}
		connections, err := plan.connect(ctx, on.Admin)
		ends.Add(connections.hangUp)
		if err != nil {
			return err
		}
		return plan.offer(ctx, from, connections.workers, facts)
	})
	return facts, err
}

// Facts are what is known of a replay before it began.
func Facts(plan Plan) *result.Run {
	facts := plan.Facts()
	facts.Load = plan.Load(Name, plan.Engine)
	facts.Load.Cold = true
	for _, c := range plan.About.NotReplayable {
		facts.NotRun = append(facts.NotRun, result.NotRun{What: statements(c.N), Why: "not in the trace, since no replay can send it: " + c.What})
	}
	return facts
}

func statements(n int64) string {
	if n == 1 {
		return "1 statement"
	}
	return fmt.Sprintf("%d statements", n)
}

// prepare makes sure that the replay may do what it is to do there. On a server that we
// started, it makes the databases of the trace and runs the user's file in each.
func (p Plan) prepare(ctx context.Context, on *cluster.Cluster) error {
	if on.Reach == drivers.External {
		if p.Writes {
			return deployment.CheckSandbox(ctx, on)
		}
		return nil
	}
	sql := []byte(nil)
	if p.Prepare != "" {
		var err error
		if sql, err = os.ReadFile(p.Prepare); err != nil {
			return fmt.Errorf("%w: the file of --prepare: %w", cluster.ErrUnreachable, err)
		}
	}
	if len(sql) > 0 {
		p.Say(road.Progress{Current: "running " + p.Prepare})
	}
	for _, name := range p.databases() {
		if err := p.fill(ctx, on.Admin, name, sql); err != nil {
			return err
		}
	}
	return nil
}

// target is the database that statements of a database of the trace go to; "" is the
// one of the address.
func (p Plan) target(recorded string) string {
	if p.Database != "" {
		return p.Database
	}
	return recorded
}

func (p Plan) at(admin drivers.Target, database string) drivers.Target {
	admin = admin.WithApplication("tristore replay")
	if database == "" {
		return admin
	}
	return admin.WithDatabase(database)
}

// offer replays the trace and keeps what was measured, also when it was cut short.
func (p Plan) offer(ctx context.Context, from source, workers []map[string]sender, facts *result.Run) error {
	return p.Offer(ctx, facts, road.Offering{Callers: p.Connections, Twice: "speed", NoOp: p.noOp, Window: func(ctx context.Context, _ *result.Proof) error {
		play := newPlayer(ctx, p, load.NewClock())
		stop := p.watch(play)
		err := play.play(from, workers) //nolint:contextcheck // the player has it since it was made
		stop()
		if err = errors.Join(err, play.facts(facts)); err != nil {
			return err
		}
		if play.rows == 0 && facts.Measurements[0].Counts.Committed > 0 {
			// Statements that find nothing are fast, and say nothing about those that were recorded.
			return errNoRows
		}
		return nil
	}})
}

var errNoRows = errors.New("no statement brought back or touched a single row: is the data there that the trace was recorded on?")

// measurement is what the replay recorded.
func (p *player) measurement() (m result.Measurement, err error) {
	ran := min(max(p.lastSeen, time.Millisecond), p.phase.End)
	if p.plan.Speed > 0 {
		ran = max(ran, min(time.Second, p.phase.End)) // a rate of less than a second says nothing
	}
	recording, err := measure.Merge(p.phase, p.shard)
	if err != nil {
		return m, err
	}
	m, err = recording.Measurement(ran)
	p.witness = recording.Witness()
	m.Engine, m.Workload, m.Window, m.Loop = p.plan.Engine.String(), Name, p.label(), "open"
	m.Offered = float64(m.Counts.Due) / ran.Seconds()
	if p.plan.Speed == 0 {
		m.Loop = "closed"
	}
	m.Timeline = m.Timeline[:min(len(m.Timeline), int((ran+time.Second-1)/time.Second))]
	return m, err
}

// facts writes what the replay recorded into the run.
func (p *player) facts(run *result.Run) error {
	m, err := p.measurement()
	run.Load.Rate = m.Offered
	run.Measurements = append(run.Measurements, m)
	saw := result.Observation{Claim: Name, Engine: m.Engine, Began: run.Began, Seconds: m.Seconds}
	load.Window{Measurement: m, Witness: p.witness}.Report(&saw)
	saw.Set("rows", float64(p.rows))
	run.Observations = append(run.Observations, saw)
	for _, why := range slices.Sorted(maps.Keys(p.skipped)) {
		run.NotRun = append(run.NotRun, result.NotRun{What: statements(p.skipped[why]), Why: "not replayed: " + why})
	}
	if n := p.queue.givenUp; n > 0 {
		run.NotRun = append(run.NotRun, result.NotRun{What: fmt.Sprintf("the rest of %d transactions", n), Why: givenUp})
	}
	return err
}

// label says what the window was, for a reader.
func (p *player) label() string {
	how, speed := "read-only", fmt.Sprintf("at %g times the recorded rate", p.plan.Speed)
	if p.plan.Writes {
		how = "with writes"
	}
	if p.plan.Speed == 0 {
		speed = "as fast as possible"
	}
	return fmt.Sprintf("%s, %s, on %d connections, %d rows", speed, how, p.plan.Connections, p.rows)
}
