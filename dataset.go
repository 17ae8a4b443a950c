package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"tristore/drivers"
	"tristore/drivers/cluster"
	"tristore/drivers/cluster/programs"
	"tristore/drivers/deployment"
	"tristore/reports/terminal"
	"tristore/scenarios/dataset"
)

// datasetCommand loads a data set onto an external cluster, where it stays, and verifies
// one there or on any copy of it: after a restore, an upgrade or a move made by other means.
func datasetCommand(to streams) *cobra.Command {
	root := &cobra.Command{
		Use:   "dataset",
		Short: "Load a computed data set onto a marked external cluster, and verify it there or on a copy, row by row",
		Args:  cobra.NoArgs,
		RunE:  func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	root.Args = func(_ *cobra.Command, words []string) error { return unknownCommand(root, words) }
	load := datasetWork{use: "load", short: "Load the data set, or what is missing of it: the same command goes on after an interruption", run: loadDataset}
	verify := datasetWork{use: "verify", short: "Compute every row again and compare; name those that are missing, changed or strange", run: verifyDataset}
	drop := datasetWork{use: "drop", short: "Remove the databases that load made", run: dropDataset}
	root.AddCommand(load.command(to), verify.command(to), drop.command(to))
	return root
}

// datasetWork is one subcommand.
type datasetWork struct {
	use, short string
	run        func(ctx context.Context, on *cluster.Cluster, f datasetFlags, out io.Writer) error
}

func (w datasetWork) command(to streams) *cobra.Command {
	var f datasetFlags
	c := &cobra.Command{Use: w.use, Short: w.short, Args: cobra.NoArgs, RunE: func(c *cobra.Command, _ []string) error {
		f.reach = string(drivers.External)
		plan := Plan{CAFile: f.caFile, SelfSigned: f.selfSigned}
		if err := f.read(c); err != nil {
			return err
		}
		for _, read := range []func(context.Context, *Plan) error{f.readAddress, f.readEngines} {
			if err := read(c.Context(), &plan); err != nil {
				return err
			}
		}
		return onExternal(c.Context(), plan, func(on *cluster.Cluster) error { return w.run(c.Context(), on, f, to.out) })
	}}
	f.declareExternal(c)
	set := c.Flags()
	set.StringSliceVar(&f.engines, "engines", nil, "the engine behind the URL, such as postgres:16")
	set.StringVar(&f.dir, "cache", programs.DefaultDir(), "per-user folder of fetched programs")
	if w.use == "drop" {
		return c
	}
	set.Uint64Var(&f.seed, "seed", 1, "every row is a function of the seed and its number")
	set.IntVar(&f.connections, "connections", 4, "connections at once")
	f.sizes.declare(c, "modest")
	return c
}

// datasetFlags are the words of a command line.
type datasetFlags struct {
	flags
	sizes       sizeFlags
	connections int

	set dataset.Whole
}

// read turns sizes into a set, or says which word is wrong.
func (f *datasetFlags) read(c *cobra.Command) (err error) {
	if c.Name() == "drop" {
		return nil
	}
	if f.connections < 1 || f.connections > dataset.ConnectionsMax {
		return fmt.Errorf("--connections is a number from 1 to %d: it cannot be %d", dataset.ConnectionsMax, f.connections)
	}
	f.set, err = f.sizes.read(c, f.seed)
	return err
}

// onExternal reaches the cluster for one piece of work.
func onExternal(ctx context.Context, plan Plan, work func(*cluster.Cluster) error) (err error) {
	dir, err := os.MkdirTemp("", "tristore-dataset-")
	if err != nil {
		return fmt.Errorf("making a temporary folder: %w", err)
	}
	defer func() { _ = os.RemoveAll(dir) }() // holds nothing but an empty log folder
	on, err := cluster.Start(ctx, cluster.Spec{Engine: plan.Engines[0].Engine, Reach: drivers.External, Dir: filepath.Join(dir, "log"),
		Address: cluster.External{URL: plan.URL, CAFile: plan.CAFile, SelfSigned: plan.SelfSigned}})
	if err != nil {
		return err
	}
	on.Admin.PoolMax = dataset.ConnectionsMax
	defer func() { err = errors.Join(err, on.Close(context.WithoutCancel(ctx))) }()
	return work(on)
}

func loadDataset(ctx context.Context, on *cluster.Cluster, f datasetFlags, out io.Writer) (err error) {
	into, err := deployment.OpenLasting(ctx, on, true)
	if err != nil {
		return troubleError{err}
	}
	defer func() { err = errors.Join(err, into.Close(context.WithoutCancel(ctx))) }()
	loading := dataset.NewLoading(f.set, into, f.connections)
	shown := showProgress(out, "load", loading.Progress)
	err = loading.Run(ctx)
	shown.Close()
	if err != nil {
		return troubleError{err}
	}
	p := loading.Progress()
	_, err = fmt.Fprintf(out, "seed %d · %d rows in %s: %d inserted, %d were there\n", f.seed, p.Total, databases(), p.Done, p.Found)
	return err
}

func verifyDataset(ctx context.Context, on *cluster.Cluster, f datasetFlags, out io.Writer) (err error) {
	of, err := deployment.OpenLasting(ctx, on, false)
	if err != nil {
		return troubleError{err}
	}
	defer func() { err = errors.Join(err, of.Close(context.WithoutCancel(ctx))) }()
	verification := dataset.NewVerification(f.set, of, f.connections)
	shown := showProgress(out, "verify", verification.Progress)
	found, err := verification.Run(ctx)
	shown.Close()
	if err != nil {
		return troubleError{err}
	}
	verdict := "PASS"
	if !found.OK() {
		verdict = "FAIL"
	}
	for _, one := range found.Named {
		_, _ = fmt.Fprintln(out, " ", one)
	}
	_, err = fmt.Fprintf(out, "%s seed %d · %d rows in %s: %d equal, %d missing, %d changed, %d strange\n",
		verdict, f.seed, dataset.Total(f.set), databases(), found.Equal, found.Missing, found.Changed, found.Extra)
	if err == nil && !found.OK() {
		return verdictError{1}
	}
	return err
}

func dropDataset(ctx context.Context, on *cluster.Cluster, _ datasetFlags, out io.Writer) error {
	if err := deployment.DropLasting(ctx, on); err != nil {
		return troubleError{err}
	}
	_, err := fmt.Fprintf(out, "dropped %s\n", databases())
	return err
}

func databases() string { return deployment.LastingPrefix + "*" }

// showProgress shows one bar, or plain lines, until it is closed.
func showProgress(out io.Writer, name string, progress func() dataset.Progress) *terminal.Board {
	began := time.Now()
	return terminal.NewBoard(out, func() []terminal.LaneState {
		p := progress()
		return []terminal.LaneState{{Engine: name, Total: int(p.Total), Done: int(p.Found + p.Done), Current: p.Now, Began: began, Live: true}}
	})
}
