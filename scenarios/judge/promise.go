package judge

import (
	"fmt"

	"tristore/reports/latency"
	"tristore/reports/result"
	"tristore/reports/stats"
)

// promised is what a promise speaks of: arrivals, or the operations of one store.
type promised struct {
	what           string
	due, committed int64
	latency        result.Histogram
	perSecond      float64
}

func judgePromise(finding result.Finding, p result.Promise, l result.Load, of promised) result.Finding {
	curve, err := latency.Decode(of.latency)
	if err != nil || int64(curve.Count()) != of.latency.Count {
		finding.Status, finding.Reason = result.Invalid, "the window's stored histogram does not hold its samples"
		return finding
	}
	due := int(of.due)
	over := curve.Over(p.LimitMs) + due - int(of.committed)
	said := fmt.Sprintf("%d of %d %s took over %s ms or were not served; %s %% may", over, due, of.what, number(p.LimitMs), number(100-p.Percent))
	switch stats.Budget(over, due, p.Percent/100, l.Confidence) {
	case stats.Holds:
		finding.Status = result.Pass
		finding.Evidence = append(finding.Evidence, said)
		return finding
	case stats.Broken:
		finding.Status, finding.Reason = result.Fail, said
		return finding
	case stats.Undecided: // the cautious status stays
	}
	finding.Reason = said + fmt.Sprintf(": too few to tell at %s %% confidence", number(100*l.Confidence))
	if needed := stats.SamplesToDecide(over, due, p.Percent/100, l.Confidence); needed > due {
		finding.Reason += fmt.Sprintf("; about %d would do, at this rate %s s", needed, number(float64(int(float64(needed)/of.perSecond)+1)))
	}
	return finding
}

// storeSentence is the claim of a promise on one store.
func storeSentence(p result.Promise, l result.Load) string {
	together := ""
	if l.Pipelined {
		together = "; reads that are sent together are one operation"
	}
	return fmt.Sprintf("%s %% of the operations that %s arrivals ask of %s end, committed, within %s ms: of an arrival's first operation from when it was due, of each later one from the end of the one before%s.",
		number(p.Percent), l.Workload, p.Store, number(p.LimitMs), together)
}

// judgeStore judges a promise on one store. A generator that is late by itself lengthens
// the first operation of an arrival: that can break a promise for the store and never keep
// one for it, so that only a failure is not believed then.
func judgeStore(finding result.Finding, p result.Promise, l result.Load, m result.Measurement) result.Finding {
	of := operationsOf(p.Store, m)
	if of == nil {
		finding.Status, finding.Reason = result.Invalid, "the window holds no single record of the operations of "+p.Store
		return finding
	}
	accounted := of.Committed + of.Refused + of.Unknown + of.Dropped
	switch {
	case of.Latency.Clipped > 0:
		finding.Reason = fmt.Sprintf("%d operations of %s fell outside the recorder's range or were dropped when recorders were merged", of.Latency.Clipped, p.Store)
	case accounted != of.Operations:
		finding.Reason = fmt.Sprintf("%d of %d operations of %s are unaccounted for", of.Operations-accounted, of.Operations, p.Store)
	case of.Latency.Count != of.Committed:
		finding.Reason = fmt.Sprintf("%d latencies were recorded of %d committed operations of %s", of.Latency.Count, of.Committed, p.Store)
	case of.Operations == 0 || m.Seconds <= 0:
		finding.Reason = "no operation of " + p.Store + " was asked in the measured phase"
	}
	if finding.Reason != "" {
		finding.Status = result.Invalid
		return finding
	}
	finding = judgePromise(finding, p, l, promised{what: "operations of " + p.Store, due: of.Operations, committed: of.Committed, latency: of.Latency, perSecond: float64(of.Operations) / m.Seconds})
	if allowed := lagOfPromise * p.LimitMs; finding.Status == result.Fail && m.Pacing.P99 > allowed {
		finding.Status = result.Invalid
		finding.Reason += fmt.Sprintf(", but the generator itself started arrivals %s ms late (p99), over the %s ms that are 1 %% of the promise, so that the store may not be to blame", number(m.Pacing.P99), number(allowed))
	}
	return finding
}

// operationsOf is what a window holds of one store; nil where that is nothing, or not single.
func operationsOf(name string, m result.Measurement) (found *result.StoreLatency) {
	for i := range m.Stores {
		if m.Stores[i].Store != name {
			continue
		}
		if found != nil {
			return nil
		}
		found = &m.Stores[i]
	}
	return found
}

// ofArrivals are the promises on whole arrivals; where there are none, those on stores.
func ofArrivals(l result.Load) (all []result.Promise) {
	for _, p := range l.Promises {
		if p.Store == "" {
			all = append(all, p)
		}
	}
	if len(all) == 0 {
		return l.Promises
	}
	return all
}
