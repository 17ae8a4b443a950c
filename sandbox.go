package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"tristore/drivers"
	"tristore/drivers/cluster"
	"tristore/drivers/deployment"
)

// sandboxCommand marks an empty database of an external cluster, so that tristore may
// write there until the mark expires. Nothing else gives that right.
func sandboxCommand(to streams) *cobra.Command {
	var f flags
	var owner string
	var days int
	c := &cobra.Command{
		Use:   "init-sandbox",
		Short: "Mark an external cluster, by an empty database on it, as one that tristore may write to",
		Args:  cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			f.reach = string(drivers.External)
			plan := Plan{CAFile: f.caFile, SelfSigned: f.selfSigned}
			for _, read := range []func(context.Context, *Plan) error{f.readAddress, f.readEngines} {
				if err := read(c.Context(), &plan); err != nil {
					return err
				}
			}
			mark, err := markSandbox(c.Context(), plan, owner, time.Now().Add(time.Duration(days)*24*time.Hour))
			if err != nil {
				return err
			}
			_, err = fmt.Fprintf(to.out, "sandbox %s of %s on %s until %s\n", mark.ID, mark.Owner, plan.URL.HostPort(), mark.Expires.Format(time.RFC3339))
			return err
		},
	}
	f.declareExternal(c)
	c.Flags().StringSliceVar(&f.engines, "engines", nil, "the engine behind the URL, such as postgres:16")
	c.Flags().StringVar(&owner, "owner", "", "who may be asked about this sandbox")
	c.Flags().IntVar(&days, "days", 30, "how many days the mark gives rights")
	return c
}

func markSandbox(ctx context.Context, plan Plan, owner string, expires time.Time) (mark drivers.Sandbox, err error) {
	dir, err := os.MkdirTemp("", "tristore-sandbox-")
	if err != nil {
		return mark, fmt.Errorf("making a temporary folder: %w", err)
	}
	defer func() { _ = os.RemoveAll(dir) }() // holds nothing but an empty log folder
	on, err := cluster.Start(ctx, cluster.Spec{Engine: plan.Engines[0].Engine, Reach: drivers.External, Dir: filepath.Join(dir, "log"),
		Address: cluster.External{URL: plan.URL, CAFile: plan.CAFile, SelfSigned: plan.SelfSigned}})
	if err != nil {
		return mark, err
	}
	defer func() {
		if closeErr := on.Close(context.WithoutCancel(ctx)); err == nil {
			err = closeErr
		}
	}()
	return deployment.InitSandbox(ctx, on, owner, expires)
}
