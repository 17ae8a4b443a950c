package main

import (
	"context"
	"encoding/json"
	"fmt"

	"tristore/scenarios/backup"
	"tristore/scenarios/backup/drill"
	"tristore/scenarios/campaign"
	"tristore/scenarios/capacity"
	"tristore/scenarios/capacity/arms"
	"tristore/scenarios/failover"
	"tristore/scenarios/observe"
	"tristore/scenarios/replay"
	"tristore/scenarios/road"
	"tristore/scenarios/transfer"
	"tristore/scenarios/upgrade"
	"tristore/suites"
)

// job is one kind of work that a lane does. Its plan crosses from the parent to the child,
// and is saved in the run under the job's name.
type job struct {
	name string
	plan any        // a pointer
	head *road.Head // how that plan begins
	// run carries the plan out in the child, and saves the facts, whatever came.
	run func(ctx context.Context, order laneOrder) error
}

// jobs are all kinds of work, each with an empty plan to read an order into.
func jobs() []job {
	return []job{
		specsJob(new(suites.LanePlan)), splitJob(new(capacity.Plan)), loadJob(new(campaign.Plan)), replayJob(new(replay.Plan)),
		restoreJob(new(backup.VerifyPlan)), importJob(new(transfer.Plan)), drillJob(new(drill.Plan)), upgradeJob(new(upgrade.Plan)),
		failoverJob(new(failover.Plan)), observeJob(new(observe.Plan)), interferenceJob(new(arms.Plan)), preparedJob(new(preparedPlan)),
	}
}

// laneOrder is what the parent asks of a lane. It passes the external cluster's URL in
// plain, over the pipe and nowhere else.
type laneOrder struct {
	Job  string `json:"job"`
	Plan any    `json:"plan"`
	// Before is where the saved facts lie that a split measurement goes on from.
	Before string `json:"before,omitempty"`
	URL    string `json:"url,omitempty"`
	// CAFile and SelfSigned go with the URL.
	CAFile     string `json:"ca_file,omitempty"`
	SelfSigned bool   `json:"self_signed,omitempty"`

	line *laneLine // to the parent, in the child
}

// orderOf asks for a job, on the external cluster of a plan if there is one.
func orderOf(j job, plan Plan) laneOrder {
	order := laneOrder{Job: j.name, Plan: j.plan}
	if !plan.URL.Zero() {
		order.URL, order.CAFile, order.SelfSigned = plan.URL.Reveal(), plan.CAFile, plan.SelfSigned
	}
	return order
}

// readOrder reads a line from the parent.
func readOrder(line []byte) (laneOrder, job, error) {
	var plan json.RawMessage
	order := laneOrder{Plan: &plan}
	if err := json.Unmarshal(line, &order); err != nil {
		return laneOrder{}, job{}, fmt.Errorf("reading an order: %w", err)
	}
	for _, j := range jobs() {
		if j.name == order.Job {
			order.Plan = j.plan
			return order, j, json.Unmarshal(plan, j.plan)
		}
	}
	return laneOrder{}, job{}, fmt.Errorf("there is no job %q", order.Job)
}
