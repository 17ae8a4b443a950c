package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/spf13/cobra"

	"tristore/drivers"
	"tristore/drivers/cluster"
	"tristore/drivers/cluster/programs"
)

// doctorCommand says what this machine can run, and removes what dead runs left.
func doctorCommand(to streams) *cobra.Command {
	var sweep bool
	cache := programs.DefaultDir()
	c := &cobra.Command{
		Use:   "doctor",
		Short: "Say what this machine can run; with --sweep, remove what dead runs left behind",
		Args:  cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if sweep {
				return sweepUp(c.Context(), cache, to.out)
			}
			return examine(c.Context(), cache, to.out)
		},
	}
	c.Flags().BoolVar(&sweep, "sweep", false, "end servers and remove containers, networks and data of runs that are no longer alive")
	c.Flags().StringVar(&cache, "cache", cache, "per-user folder of fetched programs")
	return c
}

func sweepUp(ctx context.Context, cache string, out io.Writer) error {
	removed, err := cluster.Sweep(ctx, cache)
	for _, what := range removed {
		_, _ = fmt.Fprintln(out, "removed", what)
	}
	if err != nil {
		return troubleError{fmt.Errorf("sweeping: %w", err)}
	}
	_, err = fmt.Fprintf(out, "%d left over from dead runs, all removed\n", len(removed))
	return err
}

// examine asks how each engine would be reached, which is what certify does as well.
func examine(ctx context.Context, cache string, out io.Writer) error {
	_, _ = fmt.Fprintf(out, "cache %s\n", cache)
	for _, s := range drivers.Supported() {
		reach, why, err := cluster.Choose(ctx, s.Engine, drivers.Auto, cluster.Images{})
		line := fmt.Sprintf("%s: %s", reach, why)
		if err != nil {
			line = "cannot be run here: " + err.Error()
		}
		if warning := s.Warning(time.Now()); warning != "" {
			line += " (" + warning + ")"
		}
		if _, err := fmt.Fprintf(out, "%-12s %s\n", s.Engine, line); err != nil {
			return err
		}
	}
	if count, bytes, err := cluster.SeededSize(cache); err == nil && count > 0 {
		_, _ = fmt.Fprintf(out, "%d filled data folders are kept in the cache, %d MiB; --sweep removes those not used for a month\n", count, bytes>>20)
	}
	if _, err := os.Stat(cache); err != nil {
		_, err = fmt.Fprintln(out, "nothing is fetched yet: the first run needs npm and Debian's packages")
		return err
	}
	return nil
}
