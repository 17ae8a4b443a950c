package main

import (
	"fmt"
	"math"

	"github.com/docker/go-units"
	"github.com/spf13/cobra"

	"tristore/scenarios/capacity"
)

// operatingWords are the words of capacity for the deployment as its owner has it.
type operatingWords struct {
	cpus, authRate, collectionsRate float64
	memory                          string
	sizes                           loadSizes
}

func (o *operatingWords) declare(c *cobra.Command) {
	set := c.Flags()
	set.Float64Var(&o.cpus, "cpus", 0, "cores of the shared cluster; the two of the split get half each (default: this machine's)")
	set.StringVar(&o.memory, "memory", "", "memory of the shared cluster, such as 1GiB (default 512MiB)")
	set.Float64Var(&o.authRate, "auth-rate", 0, "arrivals per second on the auth path at today's peak (default: the last of --growth-file, else 100)")
	set.Float64Var(&o.collectionsRate, "collections-rate", 0, "the same on collections (else 30)")
	o.sizes.declare(set)
}

// words are those of them that a command line gave, so that it can be repeated.
func (*operatingWords) words(c *cobra.Command) map[string]string {
	mine, given := new(cobra.Command), map[string]string{}
	new(operatingWords).declare(mine)
	for name, value := range wordsOf(c) {
		if mine.Flags().Lookup(name) != nil {
			given[name] = value
		}
	}
	return given
}

// read turns the words into an operating point of a plan; zero leaves the plan's own.
func (o *operatingWords) read(c *cobra.Command, plan capacity.Plan) (capacity.Operating, error) {
	at := capacity.Operating{CPUs: o.cpus, AuthRate: o.authRate, CollectionsRate: o.collectionsRate}
	for name, value := range map[string]float64{"cpus": o.cpus, "auth-rate": o.authRate, "collections-rate": o.collectionsRate} {
		if c.Flags().Changed(name) && (!(value > 0) || math.IsInf(value, 0)) {
			return at, fmt.Errorf("--%s is a number above 0: it cannot be %g", name, value)
		}
	}
	if o.memory != "" {
		bytes, err := units.RAMInBytes(o.memory)
		if err != nil || bytes <= 0 {
			return at, fmt.Errorf("--memory is a size such as 1GiB or 512MiB: it cannot be %q", o.memory)
		}
		if bytes < 1<<20 {
			return at, fmt.Errorf("--memory %s is %d bytes: did you mean %sGiB?", o.memory, bytes, o.memory)
		}
		at.MemoryBytes = bytes
	}
	if o.sizes != (loadSizes{}) {
		at.Identity, at.Collections = plan.Identity, plan.Collections
		o.sizes.into(&at.Identity, &at.Collections)
	}
	return at, nil
}
