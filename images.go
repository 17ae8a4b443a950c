package main

import (
	"fmt"
	"log/slog"
	"time"

	"github.com/spf13/cobra"

	"tristore/drivers"
	"tristore/drivers/cluster"
	"tristore/drivers/cluster/programs"
)

// imagesCommand builds the local images that stand in for the official ones.
func imagesCommand(to streams) *cobra.Command {
	var words []string
	order := cluster.ImageOrder{Cache: programs.DefaultDir()}
	c := &cobra.Command{
		Use:   "images",
		Short: "Build local images of PostgreSQL 12–18 and FerretDB, for machines that reach no container registry",
		Args:  cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			for _, word := range words {
				engine, err := drivers.ParseEngine(word)
				if err != nil {
					return err
				}
				order.Engines = append(order.Engines, engine)
			}
			order.Log = slog.New(slog.NewTextHandler(to.err, nil))
			built, err := cluster.BuildImages(c.Context(), order)
			for _, image := range built {
				how := "was there"
				if image.Built {
					how = "built in " + image.Took.Round(100*time.Millisecond).String()
				}
				_, _ = fmt.Fprintf(to.out, "%-34s %4d MB  %s\n", image.Name, image.Bytes/1e6, how)
			}
			if err != nil {
				return troubleError{err}
			}
			return nil
		},
	}
	c.Flags().StringSliceVar(&words, "engines", nil, "engines to build for, such as postgres:16,ferretdb:1 (default: all that have a local image)")
	c.Flags().StringVar(&order.Cache, "cache", order.Cache, "per-user folder of fetched programs")
	return c
}
