package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"tristore/drivers"
	"tristore/drivers/cluster"
	"tristore/reports/render"
	"tristore/reports/result"
	"tristore/scenarios/judge"
	"tristore/scenarios/road"
)

// alone is a run of one lane: load, replay, restore verify, capacity, observe.
type alone struct {
	run  *result.Run
	dir  string // the run's folder
	gate judge.Gate
	lane *laneProcess
	// gather adds the lane's facts to the run; end is how the lane ended.
	gather func(run *result.Run, lane *laneProcess, end error)
}

// alone begins a run of one lane: its folder, and the plan that is saved in it. What the
// run does and says is the caller's.
func (p Plan) alone(kind, lane string, work job) (alone, error) {
	run := newRun(kind, p)
	dir, err := makeRunDir(p.Out, run)
	if err != nil {
		return alone{}, err
	}
	work.head.RunID, work.head.Dir = run.ID, filepath.Join(dir, "logs", lane)
	run.Plan = p.with(work)
	return alone{run: run, dir: dir, gate: p.Gate, lane: &laneProcess{name: lane, dir: work.head.Dir, order: orderOf(work, p)}}, nil
}

// with is the plan as it is saved, and the job's own plan in it.
func (p Plan) with(work job) json.RawMessage {
	fields := map[string]json.RawMessage{}
	_ = json.Unmarshal(p.raw(), &fields)           // was encoded just now
	fields[work.name], _ = json.Marshal(work.plan) // every field encodes
	all, _ := json.Marshal(fields)
	return all
}

// head is how the plan for one engine begins.
func (p Plan) head(e EnginePlan) road.Head {
	return road.Head{Engine: e.Engine, Reach: e.Reach, Why: e.Why, Images: p.Images, Cache: p.Cache}
}

// carryOut runs the lane, judges what it left, writes the pages and concludes. What the
// user can mend leaves no folder behind.
func (a alone) carryOut(ctx context.Context, to streams) error {
	lanes := []*laneProcess{a.lane}
	board := newLaneBoard(lanes, to.out)
	all := &fleet{slots: 1, lanes: lanes, show: board}
	all.run(ctx)
	board.close()
	a.run.Ended = time.Now().UTC()
	if ctx.Err() != nil {
		a.run.Interrupted = "stopped by a signal"
	}
	var unmet unmetError
	if errors.As(all.ends[0], &unmet) {
		return errors.Join(all.ends[0], os.RemoveAll(a.dir))
	}
	a.gather(a.run, a.lane, all.ends[0])
	judgeRun(a.run, a.gate)
	if err := render.Write(a.dir, a.run); err != nil {
		return troubleError{fmt.Errorf("writing the report: %w", err)}
	}
	return conclude(a.run, a.dir, to)
}

// external is the external cluster of an order; its URL is zero where there is none.
func (o laneOrder) external() (cluster.External, error) {
	address := cluster.External{CAFile: o.CAFile, SelfSigned: o.SelfSigned}
	if o.URL == "" {
		return address, nil
	}
	var err error
	address.URL, err = drivers.ParseURL(o.URL)
	return address, err
}

// gatherOffered adds the facts of an offered load to the run. A lane that left none is
// there all the same, as blank, with its trouble.
func gatherOffered(blank *result.Run) func(*result.Run, *laneProcess, error) {
	return func(run *result.Run, lane *laneProcess, end error) {
		facts, err := result.Read(lane.dir)
		if err != nil || facts.Load == nil || len(facts.Engines) != 1 || facts.ID != run.ID {
			facts = blank
			facts.Engines[0].Trouble = "the lane left no facts"
		} else {
			_ = os.Remove(filepath.Join(lane.dir, result.FileName)) // merged; left behind it would only be read by mistake
		}
		if end != nil && facts.Load.Trouble == "" {
			facts.Load.Trouble = end.Error()
		}
		run.Engines, run.Load, run.Claims, run.NotRun = facts.Engines, facts.Load, judge.LoadClaims(*facts.Load), facts.NotRun
		run.Observations, run.Measurements = facts.Observations, facts.Measurements
		run.Environment.Asked, run.Environment.InForce = facts.Environment.Asked, facts.Environment.InForce
	}
}

// measured is a measurement that tries no claim.
type measured struct {
	what string
	// take puts it into the run, and gives where its trouble is told; nil when the lane's
	// facts have none.
	take func(facts *result.Run) (trouble *string)
}

// gatherMeasured adds a measurement to the run, or says why there is none.
func gatherMeasured(run *result.Run, lane *laneProcess, end error, m measured) {
	if facts, err := result.Read(lane.dir); err == nil {
		if trouble := m.take(facts); trouble != nil {
			if end != nil && *trouble == "" {
				*trouble = end.Error()
			}
			_ = os.Remove(filepath.Join(lane.dir, result.FileName)) // merged
			return
		}
	}
	why := "it left no facts"
	if end != nil {
		why = end.Error()
	}
	run.NotRun = append(run.NotRun, result.NotRun{What: m.what, Why: why})
}

// leave saves a lane's facts, whatever came, and tells what did.
func leave(dir string, facts *result.Run, came error) error {
	if err := errors.Join(came, result.Write(dir, facts)); err != nil {
		return troubleError{err}
	}
	return nil
}
