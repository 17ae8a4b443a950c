package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"tristore/drivers/faults"
	"tristore/suites"
)

func claimsCommand(to streams) *cobra.Command {
	return &cobra.Command{Use: "claims", Short: "List the catalogue of claims", Args: cobra.NoArgs, RunE: func(*cobra.Command, []string) error {
		for _, row := range slices.Concat(suites.Catalogue(), suites.Bounds(nil), suites.Restores()) {
			if _, err := fmt.Fprintf(to.out, "%-9s %-12s %-8s %-4s %s\n", row.ID, row.Area, row.Depth, row.Source, row.Sentence); err != nil {
				return err
			}
		}
		return nil
	}}
}

func faultsCommand(to streams) *cobra.Command {
	return &cobra.Command{Use: "faults", Short: "List what certify --fault can break, and the claims that must then fail", Args: cobra.NoArgs, RunE: func(*cobra.Command, []string) error {
		for _, fault := range faults.All() {
			if _, err := fmt.Fprintf(to.out, "%-26s %-22s %s\n", fault.Name, strings.Join(fault.Claims, ","), fault.Says); err != nil {
				return err
			}
		}
		return nil
	}}
}
