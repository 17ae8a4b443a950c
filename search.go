package main

import (
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"tristore/drivers"
	"tristore/scenarios/capacity"
)

// searchWords are the words of capacity --search.
type searchWords struct {
	asked  bool
	budget time.Duration
	slo    string
}

func (s *searchWords) declare(c *cobra.Command) {
	set := c.Flags()
	set.BoolVar(&s.asked, "search", false, "also search the load at which the shared cluster breaks the promise, both rates growing together")
	set.DurationVar(&s.budget, "budget", 45*time.Minute, "with --search: the time for the whole measurement")
	set.StringVar(&s.slo, "slo", "auth.p99=200ms", "with --search: the promise, auth.p95=TIME or auth.p99=TIME")
}

// read turns the words into a search; nil when none is asked for.
func (s *searchWords) read(c *cobra.Command) (*capacity.Search, error) {
	if !s.asked {
		for _, name := range []string{"budget", "slo"} {
			if c.Flags().Changed(name) {
				return nil, fmt.Errorf("--%s goes with --search: add it", name)
			}
		}
		return nil, nil
	}
	search := &capacity.Search{Budget: s.budget}
	name, value, _ := strings.Cut(s.slo, "=")
	switch name {
	case "auth.p95", "auth.p99":
		search.Quantile = strings.TrimPrefix(name, "auth.")
	default:
		known := []string{"auth.p95", "auth.p99"}
		return nil, fmt.Errorf("--slo %q is not known; did you mean %s? write auth.p95=20ms or auth.p99=200ms", name, drivers.Nearest(name, known))
	}
	if value == "" {
		return nil, fmt.Errorf("--slo %s has no value: write %s=20ms", name, name)
	}
	limit, err := parseSLO(value)
	if err != nil {
		return nil, fmt.Errorf("--slo %s: %w", name, err)
	}
	search.LimitMs = limit
	return search, nil
}

// repeats are the words that ask for the same search again.
func repeats(s *capacity.Search) string {
	if s == nil {
		return ""
	}
	return fmt.Sprintf(" --search --budget %s --slo auth.%s=%s", s.Budget, s.Quantile, time.Duration(s.LimitMs*float64(time.Millisecond)))
}
