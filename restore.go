package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"tristore/drivers"
	drivebackup "tristore/drivers/backup"
	"tristore/reports/result"
	"tristore/scenarios/backup"
	"tristore/scenarios/judge"
	"tristore/suites"
)

// restoreName is the lane of a restore on the board and in the folder names.
const restoreName = "restore"

// restoreCommand holds what is done with somebody's own dump.
func restoreCommand(to streams) *cobra.Command {
	c := &cobra.Command{Use: "restore", Short: "Try whether your own dumps can be restored and lived on"}
	c.RunE = func(c *cobra.Command, _ []string) error { return c.Help() }
	c.Args = func(_ *cobra.Command, words []string) error { return unknownCommand(c, words) }
	c.AddCommand(verifyCommand(to))
	return c
}

// verifyCommand restores a dump into a cluster that is thrown away, and judges the copy.
func verifyCommand(to streams) *cobra.Command {
	var f flags
	var engine, role string
	c := &cobra.Command{
		Use:   "verify DUMP",
		Short: "Restore a dump of one PostgreSQL database into a throwaway cluster and judge the copy; a plain dump is a script, so give one that you trust",
		Args: func(_ *cobra.Command, words []string) error {
			if len(words) != 1 {
				return errors.New("restore verify needs one dump: a file or folder that pg_dump wrote")
			}
			return nil
		},
		RunE: func(c *cobra.Command, words []string) error {
			plan, err := readVerify(c.Context(), f, engine)
			if err != nil {
				return err
			}
			dump, err := drivebackup.Recognise(words[0])
			if err != nil {
				return err
			}
			dump.Engine = plan.Engines[0].Engine
			want := backup.VerifyPlan{Head: plan.head(plan.Engines[0]), Dump: dump, Role: role, Schemas: plan.Migrations}
			return verifyDump(c.Context(), plan, want, to)
		},
	}
	f.declareCommon(c)
	c.Flags().StringVar(&engine, "engine", "postgres:16", "the PostgreSQL major to restore into")
	c.Flags().StringVar(&role, "role", "", "the application's role (default: the owner of most tables in the dump)")
	c.Flags().StringVar(&f.migrations, "migrations", "", "your own schema files, by which the application starts: a folder with users, permissions and collections in it")
	return c
}

// readVerify turns words into a plan, or says in one sentence which word is wrong.
func readVerify(ctx context.Context, f flags, engine string) (Plan, error) {
	asked, err := drivers.ParseEngine(engine)
	switch {
	case err != nil:
		return Plan{}, err
	case asked.Family() != drivers.FamilyPostgres || asked.Product != drivers.Postgres:
		return Plan{}, fmt.Errorf("restore verify reads dumps of PostgreSQL: asked for %s, give --engine such as postgres:16", engine)
	case f.reach == string(drivers.External):
		return Plan{}, errors.New("restore verify restores into a cluster of its own and never into yours: choose --reach auto, embedded or container")
	}
	f.engines, f.depth, f.gate, f.noSplit = []string{engine}, "smoke", string(judge.GateSupported), true
	plan, err := f.plan(ctx)
	if err == nil {
		err = plan.checkMigrations()
	}
	return plan, err
}

// verifyDump runs the one lane, saves its facts and judges them.
func verifyDump(ctx context.Context, plan Plan, want backup.VerifyPlan, to streams) error {
	one, err := plan.alone(kindRestore, restoreName, restoreJob(&want))
	if err != nil {
		return err
	}
	one.run.Command, one.gather = verifyLine(plan, want), restoring().gather(plan.Engines[0])
	_, _ = fmt.Fprintf(to.out, "run %s · %s, %s format, %d bytes, into %s (%s)\n", one.run.ID, want.Dump.Path, want.Dump.Format, want.Dump.Bytes, want.Engine, want.Reach)
	return one.carryOut(ctx, to)
}

// verifyLine asks for the same run again.
func verifyLine(plan Plan, want backup.VerifyPlan) string {
	words := []string{"tristore", "restore", "verify", want.Dump.Path, "--engine", want.Engine.String(), "--reach", string(want.Reach)}
	words = append(words, given("--role", want.Role, "--migrations", want.Schemas)...)
	return strings.Join(append(words, plan.reachWords()...), " ")
}

// restoreJob is the child's half: it carries the plan out and saves the facts, whatever came.
func restoreJob(plan *backup.VerifyPlan) job {
	return job{"restore", plan, &plan.Head, func(ctx context.Context, order laneOrder) error {
		facts, err := backup.Verify(ctx, *plan)
		return restoring().leave(plan.Dir, facts, err)
	}}
}

// restoring is the operation: its claims, and what their findings say of the dump.
func restoring() operation {
	return operation{kind: kindRestore, rows: suites.Restores(), broken: "this dump cannot be relied on", kept: func(run *result.Run, findings map[string]result.Finding) string {
		if findings[backup.RestoreServe].Status == result.NotApplicable {
			return fmt.Sprintf("the dump restores on %s and is whole; it is of none of the three stores, so no application was started on it", run.Engines[0].Title)
		}
		return fmt.Sprintf("the dump restores on %s, is whole, and its application starts, reads and writes on the copy", run.Engines[0].Title)
	}}
}
