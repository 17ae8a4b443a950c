package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"tristore/reports/known"
	"tristore/reports/result"
	"tristore/scenarios"
	"tristore/scenarios/capacity"
	"tristore/scenarios/capacity/prepared"
	"tristore/scenarios/judge"
	"tristore/scenarios/road"
)

// preparedName is the lane of prepared deployments on the board and in the folder names.
const preparedName = "prepared"

// preparedPlan is which prepared deployments are measured, one after the other.
type preparedPlan struct {
	road.Head
	Seed   uint64        `json:"seed"`
	Names  []string      `json:"names"`
	Budget time.Duration `json:"budget_ns"` // none is begun after it
}

// preparedBudget is the time for all of them, unless somebody gives another.
const preparedBudget = 20 * time.Minute

// preparedCapacity measures deployments whose right advice is known, and compares.
func preparedCapacity(c *cobra.Command, w *capacityWords, to streams) error {
	var with []string
	c.Flags().Visit(func(f *pflag.Flag) {
		if !slices.Contains([]string{"prepared", "engine", "reach", "seed", "budget", "out", "cache", "image", "registry"}, f.Name) {
			with = append(with, "--"+f.Name)
		}
	})
	if len(with) > 0 {
		return fmt.Errorf("a prepared deployment brings its own load, hardware and promise: drop %s", strings.Join(with, ", "))
	}
	want := preparedPlan{Budget: preparedBudget}
	if c.Flags().Changed("budget") {
		want.Budget = w.search.budget
	}
	if want.Budget <= 0 {
		return fmt.Errorf("--budget is a time above 0: it cannot be %s", want.Budget)
	}
	if err := splittable(w.engine, w.reach); err != nil {
		return err
	}
	w.engines, w.gate, w.noSplit = []string{w.engine}, string(judge.GateAll), true
	plan, err := w.plan(c.Context())
	if err != nil {
		return err
	}
	want.Head, want.Seed = plan.head(plan.Engines[0]), plan.Seed
	if want.Names = strings.Split(w.prepared, ","); w.prepared == "all" {
		want.Names = prepared.Names()
	}
	for at, name := range want.Names {
		if slices.Contains(want.Names[:at], name) {
			return fmt.Errorf("--prepared names %s twice", name)
		}
		if _, _, err := want.deployment(name); err != nil {
			return err
		}
	}
	one, err := plan.alone(kindPrepared, preparedName, preparedJob(&want))
	if err != nil {
		return err
	}
	one.run.Command = strings.Join(append([]string{"tristore", "capacity", "--prepared", w.prepared, "--engine", want.Engine.String(), "--seed", fmt.Sprint(plan.Seed), "--budget", want.Budget.String()}, plan.reachWords()...), " ")
	one.gather = want.gather
	_, _ = fmt.Fprintf(to.out, "seed %d · run %s · %d prepared deployments on %s (%s), within %s\n", plan.Seed, one.run.ID, len(want.Names), want.Engine, want.Reach, want.Budget)
	return one.carryOut(c.Context(), to)
}

// deployment is one of the plan's, and how it is measured.
func (p preparedPlan) deployment(name string) (prepared.Deployment, capacity.Plan, error) {
	d, err := prepared.ByName(name)
	if err != nil {
		return d, capacity.Plan{}, err
	}
	plan := capacity.For(scenarios.Smoke, p.Engine, p.Reach)
	plan.Head, plan.Seed = p.Head, p.Seed
	plan.Dir = filepath.Join(p.Dir, name)
	if err := d.Into(&plan); err != nil {
		return d, plan, err
	}
	return d, plan, plan.Check()
}

// preparedJob is the child's half: it waits for a quiet machine, measures one after the
// other and saves after each.
func preparedJob(plan *preparedPlan) job {
	return job{preparedName, plan, &plan.Head, func(ctx context.Context, _ laneOrder) error {
		done, err := plan.Quiet()
		if err != nil {
			return troubleError{err}
		}
		defer done()
		facts := &result.Run{Schema: result.Schema}
		ends := time.Now().Add(plan.Budget)
		var all []error
		for at, name := range plan.Names {
			split, err := plan.measure(ctx, at, ends)
			facts.Prepared = append(facts.Prepared, *split)
			if err := errors.Join(err, result.Write(plan.Dir, facts)); err != nil {
				all = append(all, fmt.Errorf("%s: %w", name, err))
			}
			if ctx.Err() != nil {
				break
			}
		}
		if err := errors.Join(all...); err != nil {
			return troubleError{err}
		}
		return nil
	}}
}

// measure measures one deployment; what stopped it stands in the facts.
func (p *preparedPlan) measure(ctx context.Context, at int, ends time.Time) (*result.Split, error) {
	d, plan, err := p.deployment(p.Names[at])
	left := &result.Split{Engine: p.Engine.String(), Reach: string(p.Reach), Prepared: &d.Prepared}
	if err != nil {
		left.Trouble = err.Error()
		return left, err
	}
	if !time.Now().Before(ends) {
		left.Trouble = "not begun: the budget of " + p.Budget.String() + " was spent"
		return left, nil
	}
	plan.Tell = func(now road.Progress) {
		now.Current = fmt.Sprintf("%d of %d, %s: %s", at+1, len(p.Names), d.Name, now.Current)
		p.Say(now)
	}
	split, err := capacity.Measure(ctx, plan)
	if split == nil {
		left.Trouble = err.Error()
		return left, err
	}
	split.Outlook = d.Outlook(time.Now().UTC().Format(time.DateOnly), p.Seed)
	return split, err
}

// gather adds what was measured to the run; what was not is there all the same.
func (p *preparedPlan) gather(run *result.Run, lane *laneProcess, end error) {
	gatherMeasured(run, lane, end, measured{"prepared deployments", func(facts *result.Run) *string {
		run.Prepared = facts.Prepared
		return new(string)
	}})
	why := "not begun"
	if end != nil {
		why += ": " + end.Error()
	}
	for _, name := range p.Names[min(len(run.Prepared), len(p.Names)):] {
		d, err := prepared.ByName(name)
		if err == nil {
			run.Prepared = append(run.Prepared, result.Split{Engine: p.Engine.String(), Prepared: &d.Prepared, Trouble: why})
		}
	}
}

// preparedVerdict: advice that is right on nine of ten passes; wrong on more than one of
// ten, it fails. What was not decided or not made is not right, and not wrong.
func preparedVerdict(run *result.Run) result.Verdict {
	count, open := map[known.Standing]int{}, []string{}
	for i := range run.Prepared {
		line := known.Of(&run.Prepared[i])
		count[line.Standing]++
		if line.Standing != known.Right {
			open = append(open, fmt.Sprintf("%s %s", line.Name, line.Standing))
		}
	}
	n := len(run.Prepared)
	verdict := result.Verdict{Sentence: fmt.Sprintf("the advice is right on %d of %d prepared deployments", count[known.Right], n)}
	if len(open) > 0 {
		verdict.Sentence += " (" + strings.Join(open, ", ") + ")"
	}
	switch {
	case n > 0 && run.Interrupted == "" && 10*count[known.Right] >= 9*n:
		verdict.Status, verdict.Sentence = result.Pass, "PASS: "+verdict.Sentence
	case 10*count[known.Wrong] > n:
		verdict.Status, verdict.Sentence = result.Fail, "FAIL: "+verdict.Sentence
	default:
		verdict.Sentence = "INCONCLUSIVE: " + verdict.Sentence
	}
	return verdict
}
