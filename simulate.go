package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"tristore/drivers"
	"tristore/scenarios/capacity/boundary"
)

// simulation are the words of capacity --simulated: the search for the boundary of a
// cluster whose boundary is known, so that anyone can check the search against a truth.
type simulation struct {
	spec   string
	asJSON bool
}

func (s *simulation) declare(c *cobra.Command) {
	c.Flags().StringVar(&s.spec, "simulated", "", "search the boundary of a simulated cluster instead, such as "+simulatedExample)
	c.Flags().BoolVar(&s.asJSON, "json", false, "with --simulated: print JSON")
}

// asked tells whether a command line asks for it, and refuses what does not go with it.
func (s *simulation) asked(c *cobra.Command) (bool, error) {
	if !c.Flags().Changed("simulated") {
		if s.asJSON {
			return false, fmt.Errorf("--json goes with --simulated only: the measurement writes run.json")
		}
		return false, nil
	}
	var idle []string
	c.Flags().Visit(func(f *pflag.Flag) {
		if f.Name != "simulated" && f.Name != "json" && f.Name != "seed" {
			idle = append(idle, "--"+f.Name)
		}
	})
	if len(idle) > 0 {
		return false, fmt.Errorf("--simulated starts no engine and saves no run: drop %s", strings.Join(idle, ", "))
	}
	return true, nil
}

const simulatedExample = "capacity=2400,noise=0.1,outliers=0.05,slo=20ms"

// Where the search of a simulated cluster begins and ends; every capacity that
// boundary.Simulated allows lies inside.
const (
	simulatedStart   = 100
	simulatedLowest  = 0.001
	simulatedHighest = 1e10
)

// simulatedCapacity searches and prints; a boundary that was not found is inconclusive.
func simulatedCapacity(ctx context.Context, s simulation, seed uint64, out io.Writer) error {
	cluster, gain, err := parseSimulated(s.spec)
	if err != nil {
		return fmt.Errorf("--simulated %q: %w", s.spec, err)
	}
	if seed == 0 {
		seed = rand.Uint64()>>1 | 1 // any number will do; it is printed
	}
	cluster.Seed = seed
	if gain > 0 {
		return simulatedRemedy(ctx, gained{cluster, gain, s.asJSON}, out)
	}
	found := boundary.Search(ctx, cluster.Probe(0), boundary.Standard(simulatedStart, simulatedLowest, simulatedHighest))
	write := printSimulated
	if s.asJSON {
		write = printSimulatedJSON
	}
	if err := write(out, cluster, found); err != nil {
		return err
	}
	if !found.Regular {
		return verdictError{exitInconclusive}
	}
	return nil
}

// parseSimulated reads key=value pairs; what is left out has no noise, and gain is 0 where
// no remedy is asked for.
func parseSimulated(spec string) (c boundary.Simulated, gain float64, err error) {
	numbers := map[string]*float64{"capacity": &c.Capacity, "noise": &c.Noise, "outliers": &c.Outliers, "drift": &c.Drift, "gain": &gain}
	known := []string{"capacity", "noise", "outliers", "drift", "slo", "gain"}
	seen := map[string]bool{}
	for pair := range strings.SplitSeq(spec, ",") {
		key, value, paired := strings.Cut(strings.TrimSpace(pair), "=")
		number := numbers[key]
		switch {
		case key == "":
			return c, 0, fmt.Errorf("a key is missing: write %s", simulatedExample)
		case number == nil && key != "slo":
			return c, 0, fmt.Errorf("%q is not known; did you mean %s? known: %s", key, drivers.Nearest(key, known), strings.Join(known, ", "))
		case !paired || value == "":
			return c, 0, fmt.Errorf("%s has no value: write %s=VALUE", key, key)
		case seen[key]:
			return c, 0, fmt.Errorf("%s is given twice: give it once", key)
		}
		seen[key] = true
		if number != nil {
			*number, err = parseNumber(key, value)
		} else {
			c.LimitMs, err = parseSLO(value)
		}
		if err != nil {
			return c, 0, err
		}
	}
	for _, key := range []string{"capacity", "slo"} {
		if !seen[key] {
			return c, 0, fmt.Errorf("%s is missing: write such as %s", key, simulatedExample)
		}
	}
	if seen["gain"] {
		other := c
		other.Capacity *= gain
		if !(gain > 0) || other.Check() != nil {
			return c, 0, fmt.Errorf("gain is by how many times a remedy raises the capacity, above 0: it cannot be %g", gain)
		}
	}
	return c, gain, c.Check()
}

func parseNumber(key, value string) (float64, error) {
	number, err := strconv.ParseFloat(value, 64)
	if err != nil {
		return 0, fmt.Errorf("%s is a plain number, such as 0.1: it cannot be %q", key, value)
	}
	return number, nil
}

func parseSLO(value string) (ms float64, err error) {
	if _, err := strconv.ParseFloat(value, 64); err == nil {
		return 0, fmt.Errorf("the SLO %s has no unit: write %sms", value, value)
	}
	limit, err := time.ParseDuration(value)
	if err != nil {
		return 0, fmt.Errorf("the SLO is a time with its unit, such as 20ms: it cannot be %q", value)
	}
	return float64(limit) / float64(time.Millisecond), nil
}

// simulatedJSON is what --json prints.
type simulatedJSON struct {
	Seed      uint64               `json:"seed"`
	Interval  boundary.Interval    `json:"interval"` // of the load at which p99 meets the SLO; an end that is not known is null
	Regular   bool                 `json:"regular"`
	Windows   int                  `json:"windows"`
	Reason    boundary.Reason      `json:"reason"` // why it is not regular
	Sentence  string               `json:"sentence"`
	Next      string               `json:"next,omitempty"`
	Bracket   boundary.Interval    `json:"bracket"`
	Zone      boundary.Zone        `json:"zone"`
	Alarms    int                  `json:"alarms"`
	Certified []boundary.Certified `json:"certified"`
	Truth     float64              `json:"truth"`
}

func printSimulatedJSON(out io.Writer, c boundary.Simulated, r boundary.Result) error {
	encoder := json.NewEncoder(out)
	encoder.SetIndent("", "  ")
	return encoder.Encode(simulatedJSON{
		Seed: c.Seed, Interval: r.Interval, Regular: r.Regular, Windows: r.Windows, Reason: r.Reason, Sentence: r.Sentence, Next: r.Next,
		Bracket: r.Bracket, Zone: r.Zone, Alarms: r.Alarms, Certified: r.Certified, Truth: c.Boundary(),
	})
}

func printSimulated(out io.Writer, c boundary.Simulated, r boundary.Result) error {
	var text strings.Builder
	line := func(name, format string, values ...any) {
		fmt.Fprintf(&text, "%-9s %s\n", name, fmt.Sprintf(format, values...))
	}
	line("seed", "%d", c.Seed)
	for _, load := range r.Certified {
		line("certified", "%-9.4g %-9s %s", load.Load, load.Answer, load.Path)
	}
	line("bracket", "%s, no confidence interval", r.Bracket)
	line("interval", "%s", r.Interval)
	line("regular", "%t", r.Regular)
	line("windows", "%d", r.Windows)
	reason := string(r.Reason)
	if r.Regular {
		reason = "none"
	}
	line("reason", "%s", reason)
	inside := "inside the interval"
	switch {
	case r.Interval == boundary.Interval{}:
		inside = "and the search found no interval"
	case !r.Interval.Holds(c.Boundary()):
		inside = "outside the interval"
	}
	line("truth", "%.4g, %s", c.Boundary(), inside)
	if r.Regular {
		line("PASS", "%s", r.Sentence)
	} else {
		line("INCONCLUSIVE", "%s; next: %s", r.Sentence, r.Next)
	}
	_, err := io.WriteString(out, text.String())
	return err
}
