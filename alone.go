package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"tristore/drivers"
	"tristore/drivers/cluster"
	"tristore/reports/render"
	"tristore/reports/result"
	"tristore/scenarios/judge"
)

// alone is a run of one lane: load, replay, restore verify, capacity.
type alone struct {
	run  *result.Run
	dir  string // the run's folder
	gate judge.Gate
	lane *laneProcess
	// gather adds the lane's facts to the run; end is how the lane ended.
	gather func(run *result.Run, lane *laneProcess, end error)
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

// reach puts the external cluster of a plan, if there is one, into an order.
func (o *laneOrder) reach(plan Plan) {
	if !plan.URL.Zero() {
		o.URL, o.CAFile, o.SelfSigned = plan.URL.Reveal(), plan.CAFile, plan.SelfSigned
	}
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

// leave saves a lane's facts, whatever came, and tells what did.
func leave(dir string, facts *result.Run, came error) error {
	if err := errors.Join(came, result.Write(dir, facts)); err != nil {
		return troubleError{err}
	}
	return nil
}
