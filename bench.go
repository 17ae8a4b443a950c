package main

import (
	"errors"
	"path/filepath"
	"slices"

	"github.com/spf13/cobra"

	"tristore/reports/bench"
)

// benchCommand is the end of `make bench`: it reads go test's benchmark output and
// writes the table of targets. A target that is not held makes it exit 1; one that was
// not measured, 3.
func benchCommand(to streams) *cobra.Command {
	var out string
	c := &cobra.Command{Use: "bench-table", Hidden: true, Args: cobra.NoArgs, RunE: func(*cobra.Command, []string) error {
		rows, err := bench.Read(to.in)
		if err != nil {
			return err
		}
		if len(rows) == 0 {
			return errors.New("no benchmark with a target on standard input: run make bench")
		}
		if err := errors.Join(bench.Write(filepath.Join(out, "bench", "latest.json"), rows), bench.Table(to.out, rows)); err != nil {
			return err
		}
		return heldBy(rows)
	}}
	c.Flags().StringVar(&out, "out", "reports/out", "folder of saved runs")
	return c
}

func heldBy(rows []bench.Row) error {
	if slices.ContainsFunc(rows, func(r bench.Row) bool { return r.NotRun == "" && !r.Held }) {
		return verdictError{1}
	}
	if slices.ContainsFunc(rows, bench.Row.Unmeasured) {
		return verdictError{exitInconclusive}
	}
	return nil
}
