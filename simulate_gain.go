package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"

	"tristore/reports/stats"
	"tristore/scenarios/capacity/boundary"
)

// gained is a simulated cluster and a remedy that raises its capacity so many times.
type gained struct {
	cluster boundary.Simulated
	gain    float64
	asJSON  bool
}

// gainJSON is what --json prints of a cluster with a remedy.
type gainJSON struct {
	Seed     uint64            `json:"seed"`
	Baseline boundary.Interval `json:"baseline"`
	Remedied boundary.Interval `json:"remedied"`
	Regular  [2]bool           `json:"regular"` // of both
	Windows  [2]int            `json:"windows"`
	Gain     boundary.Interval `json:"gain"` // unknown unless both are regular
	Helps    bool              `json:"helps"`
	Truth    float64           `json:"truth"`
}

// simulatedRemedy searches both boundaries in turns, as on real servers; a gain that was not found is inconclusive.
func simulatedRemedy(ctx context.Context, g gained, out io.Writer) error {
	plain, more := g.cluster.Beside(g.gain)
	by := boundary.State{Plan: boundary.Standard(simulatedStart, simulatedLowest, simulatedHighest)}
	both := boundary.InTurns(ctx, boundary.One{Probe: plain, State: by}, boundary.One{Probe: more, State: by})
	said := gainJSON{Seed: g.cluster.Seed, Baseline: both[0].Interval, Remedied: both[1].Interval, Regular: [2]bool{both[0].Regular, both[1].Regular}, Windows: [2]int{both[0].Windows, both[1].Windows}, Truth: g.gain}
	found := false
	if both[0].Regular && both[1].Regular {
		said.Gain.Low, _, said.Gain.High, found = stats.Over([2]float64{said.Remedied.Low, said.Remedied.High}, [2]float64{said.Baseline.Low, said.Baseline.High})
		said.Helps = said.Gain.Low > 1
	}
	var err error
	if g.asJSON {
		encoder := json.NewEncoder(out)
		encoder.SetIndent("", "  ")
		err = encoder.Encode(said)
	} else {
		verdict, inside := "INCONCLUSIVE the gain was not found: one of the boundaries is not regular", ""
		if found {
			verdict, inside = "PASS      the gain was found", ", inside the interval"
			if !said.Gain.Holds(g.gain) {
				inside = ", outside the interval"
			}
		}
		_, err = fmt.Fprintf(out, "seed      %d\nbaseline  %s by %d windows\nremedied  %s by %d windows, in turns with those\ngain      %s\nhelps     %t\ntruth     %.4g%s\n%s\n",
			said.Seed, said.Baseline, said.Windows[0], said.Remedied, said.Windows[1], said.Gain, said.Helps, g.gain, inside, verdict)
	}
	if err == nil && !found {
		err = verdictError{exitInconclusive}
	}
	return err
}
