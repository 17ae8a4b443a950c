package suites

import (
	"time"

	"tristore/reports/result"
	"tristore/scenarios"
	"tristore/scenarios/capacity"
	"tristore/scenarios/judge"
)

// Capacity is the area of the claims about the boundary that a saved run found. They are
// tried where such a run is handed to certify, and nowhere else.
const Capacity = "capacity"

// usualRig is how long the clusters of the saved run may take to start and to be filled.
const usualRig = 10 * time.Minute

// Bounds lists the claims about a saved boundary; without one they have no check.
func Bounds(known *capacity.Known) []Row {
	again := Row{Claim: result.Claim{ID: "BOUND-1", Domain: "25", Area: Capacity, Source: inferred, Depth: string(scenarios.Nightly),
		Sentence: "The boundary of a saved run is where it was: just below it the promise is kept, just above it broken."},
		Rule: againRule(), Measures: true, Max: usualRig + capacity.AgainMax}
	anew := Row{Claim: result.Claim{ID: "BOUND-2", Domain: "25", Area: Capacity, Source: inferred, Depth: string(scenarios.Release),
		Sentence: "A new search finds a boundary that has a load in common with that of a saved run."},
		Rule: anewRule(), Measures: true}
	if known != nil {
		again.Check, anew.Check = known.Again, known.Anew
		anew.Max = usualRig + known.Plan.Search.Budget
	}
	return []Row{again, anew}
}

// sameMachine holds for both: what another machine, or a busy one, carries says nothing of
// what this one did.
func sameMachine() []judge.Limit {
	return []judge.Limit{atMost("canary_apart", 1.25, "the machine is not as fast as it was: it is another one, or busy")}
}

func againRule() judge.Rule {
	return judge.Rule{
		Valid: sameMachine(),
		Floors: []judge.Limit{
			exactly("asked", 2, "both bounds must be asked"),
			exactly("decided", 2, "a load was neither good nor bad by its windows"),
		},
		Limits: []judge.Limit{
			none("fell", "the promise is broken below the lower bound: the boundary fell"),
			none("rose", "the promise is kept above the upper bound: the boundary rose"),
		},
	}
}

func anewRule() judge.Rule {
	return judge.Rule{
		Valid:  sameMachine(),
		Floors: []judge.Limit{exactly("found", 1, "the new search found no boundary")},
		Limits: []judge.Limit{none("apart", "the new boundary has no load in common with the saved one")},
	}
}
