package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"tristore/drivers"
	"tristore/reports/result"
	"tristore/scenarios/judge"
	"tristore/scenarios/transfer"
	"tristore/suites"
)

// sourceNotRun is what a stand-in as the source leaves out.
const sourceNotRun = "MongoDB as the source"

// importName is the lane of an import on the board and in the folder names.
const importName = "import"

// importCommand holds what is done about moving from one engine family to the other.
func importCommand(to streams) *cobra.Command {
	c := &cobra.Command{Use: "import", Short: "Try the way from MongoDB to PostgreSQL, and back"}
	c.RunE = func(c *cobra.Command, _ []string) error { return c.Help() }
	c.Args = func(_ *cobra.Command, words []string) error { return unknownCommand(c, words) }
	c.AddCommand(importDrillCommand(to))
	return c
}

// importWords are the words of an import drill.
type importWords struct {
	flags
	sizes    sizeFlags
	from, to string
}

func importDrillCommand(to streams) *cobra.Command {
	var w importWords
	c := &cobra.Command{
		Use:   "drill",
		Short: "Fill a MongoDB-compatible engine, import it into PostgreSQL and back, and judge what arrives; both are started here",
		Args:  cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			plan, want, err := w.read(c)
			if err != nil {
				return err
			}
			return drillImport(c.Context(), plan, want, to)
		},
	}
	w.declareCommon(c)
	w.sizes.declare(c, "small")
	c.Flags().StringVar(&w.from, "from", "ferretdb:1", "the MongoDB-compatible engine that the data comes from")
	c.Flags().StringVar(&w.to, "to", "postgres:16", "the PostgreSQL major that it goes to")
	return c
}

// read turns words into a plan, or says in one sentence which word is wrong.
func (w *importWords) read(c *cobra.Command) (Plan, transfer.Plan, error) {
	none := transfer.Plan{}
	for word, family := range map[*string]drivers.Family{&w.from: drivers.FamilyMongo, &w.to: drivers.FamilyPostgres} {
		engine, err := drivers.ParseEngine(*word)
		if err != nil {
			return Plan{}, none, err
		}
		if engine.Family() != family {
			return Plan{}, none, fmt.Errorf("an import goes from a MongoDB-compatible engine to PostgreSQL, not from %s to %s: write --from ferretdb:1 --to postgres:16", w.from, w.to)
		}
	}
	if w.reach == string(drivers.External) {
		return Plan{}, none, errors.New("import drill works on clusters of its own and never on yours: choose --reach auto, embedded or container")
	}
	w.engines, w.depth, w.gate, w.noSplit = []string{w.from, w.to}, "smoke", string(judge.GateSupported), true
	plan, err := w.plan(c.Context())
	if err != nil {
		return Plan{}, none, err
	}
	want := transfer.Plan{From: transfer.End(plan.Engines[0])}
	plan.Engines = plan.Engines[1:] // the one that is judged
	want.Head = plan.head(plan.Engines[0])
	want.Set, err = w.sizes.read(c, plan.Seed)
	return plan, want, err
}

// drillImport runs the one lane, saves its facts and judges them.
func drillImport(ctx context.Context, plan Plan, want transfer.Plan, to streams) error {
	one, err := plan.alone(kindImport, importName, importJob(&want))
	if err != nil {
		return err
	}
	one.run.Command, one.gather = importLine(plan, want), importing().gather(plan.Engines[0])
	if want.From.Engine.Support().StandIn {
		one.run.NotRun = append(one.run.NotRun, result.NotRun{What: sourceNotRun, Why: want.From.Engine.Title() + " stood in for it as the source, and what that does says nothing about MongoDB"})
	}
	_, _ = fmt.Fprintf(to.out, "seed %d · run %s · %s (%s) into %s (%s)\n", plan.Seed, one.run.ID, want.From.Engine, want.From.Reach, want.Engine, want.Reach)
	return one.carryOut(ctx, to)
}

// importLine asks for the same run again.
func importLine(plan Plan, want transfer.Plan) string {
	words := []string{"tristore", "import", "drill", "--from", want.From.Engine.String(), "--to", want.Engine.String(), "--reach", string(want.Reach), "--seed", strconv.FormatUint(plan.Seed, 10)}
	of, inside := want.Set.Of.Sizes, want.Set.Sizes
	for _, size := range []struct {
		name string
		rows int
	}{{"--users", of.Users}, {"--workspaces", of.Workspaces}, {"--files", of.FilesPerWorkspace}, {"--conversations", inside.Conversations}, {"--messages", inside.MessagesPerConversation}} {
		words = append(words, size.name, strconv.Itoa(size.rows))
	}
	return strings.Join(append(words, plan.reachWords()...), " ")
}

// importJob is the child's half: it carries the plan out and saves the facts, whatever came.
func importJob(plan *transfer.Plan) job {
	return job{"import", plan, &plan.Head, func(ctx context.Context, order laneOrder) error {
		facts, err := transfer.Drill(ctx, *plan)
		return importing().leave(plan.Dir, facts, err)
	}}
}

// importing is the operation: its claims, and what their findings say.
func importing() operation {
	return operation{kind: kindImport, rows: suites.Imports(), broken: "the import cannot be relied on", kept: func(run *result.Run, _ map[string]result.Finding) string {
		said := fmt.Sprintf("the three stores arrive whole on %s, a second import changes nothing, and the way back is whole too", run.Engines[0].Title)
		for _, left := range run.NotRun {
			if left.What == sourceNotRun {
				said += "; " + left.What + ": not tried here, " + left.Why
			}
		}
		return said
	}}
}
