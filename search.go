package main

import (
	"errors"
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
	two    bool
	budget time.Duration
	slo    string
	upTo   float64
}

func (s *searchWords) declare(c *cobra.Command) {
	set := c.Flags()
	set.BoolVar(&s.asked, "search", false, "also search the load at which the shared cluster breaks the promise, both rates growing together")
	set.BoolVar(&s.two, "search-two", false, "search that of two clusters of the same total hardware as well, in the same budget")
	set.DurationVar(&s.budget, "budget", 45*time.Minute, "the time for the whole measurement; asks for the search")
	set.Float64Var(&s.upTo, "up-to", 0, "with a search: look no further than so many times the measured load, where it is enough to know that this much is kept")
	set.StringVar(&s.slo, "slo", "auth.p99=200ms", "the promise, auth.p95=TIME or auth.p99=TIME; asks for the search")
}

// read turns the words into a search; nil when none is asked for. Growth asks for it: what
// demand will reach is the boundary.
func (s *searchWords) read(c *cobra.Command, growth bool) (*capacity.Search, error) {
	changed := c.Flags().Changed
	if !s.asked && !s.two && !growth && !changed("budget") && !changed("slo") && !changed("up-to") {
		return nil, nil
	}
	if changed("search") && !s.asked {
		return nil, errors.New("--search=false does not go with words that ask for the search: drop it, or them")
	}
	search := &capacity.Search{Budget: s.budget, Two: s.two, Highest: s.upTo}
	if changed("up-to") && s.upTo < 1 {
		return nil, fmt.Errorf("--up-to is a number of times the measured load, from 1: it cannot be %g", s.upTo)
	}
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
