package result

import (
	"fmt"
	"math"
)

// Set records a reading. What is not a finite number was not read: the fact then stays
// unrecorded, which no rule passes, and the witness says so.
func (o *Observation) Set(fact string, value float64) {
	if math.IsNaN(value) || math.IsInf(value, 0) {
		delete(o.Facts, fact)
		o.See("%s came out as %v, so it was not recorded", fact, value)
		return
	}
	if o.Facts == nil {
		o.Facts = map[string]float64{}
	}
	o.Facts[fact] = value
}

// Add counts: it adds n to a fact, which starts at zero and is then present.
func (o *Observation) Add(fact string, n float64) { o.Set(fact, o.Facts[fact]+n) }

// Compare records one case; values are kept as fmt prints them.
func (o *Observation) Compare(name string, want, got any) {
	o.Cases = append(o.Cases, Case{Name: name, Want: fmt.Sprint(want), Got: fmt.Sprint(got)})
}

// See keeps one line of evidence, or counts it when there are enough.
func (o *Observation) See(format string, args ...any) {
	if len(o.Witness) >= WitnessMax {
		o.WitnessDropped++
		return
	}
	o.Witness = append(o.Witness, fmt.Sprintf(format, args...))
}

// Stop records why the claim could not be measured; the first reason stays.
func (o *Observation) Stop(err error) {
	if o.Trouble == "" && err != nil {
		o.Trouble = err.Error()
	}
}
