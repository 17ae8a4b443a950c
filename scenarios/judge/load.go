package judge

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"tristore/reports/result"
)

// The claims of a load run besides its promises.
const (
	served  = "SERVED"
	reached = "REACHED"
)

// LoadClaims are the claims of a load run, one per promise and, of an open loop, two that give promises
// their meaning: a store that refuses everything is fast, and one that is asked less than
// planned is not under load.
func LoadClaims(l result.Load) []result.Claim {
	var all []result.Claim
	for _, p := range l.Promises {
		sentence := fmt.Sprintf("%s %% of the %s arrivals end, committed, within %s ms of when they were due.", number(p.Percent), l.Workload, number(p.LimitMs))
		if p.Store != "" {
			sentence = storeSentence(p, l)
		}
		all = append(all, result.Claim{ID: promiseID(p), Domain: "25", Area: "load", Source: "I", Sentence: sentence})
	}
	all = append(all, result.Claim{ID: served, Domain: "25", Area: "load", Source: "I",
		Sentence: fmt.Sprintf("At most %s %% of the arrivals end refused, unknown or never started.", number(100*l.MaxFailed))})
	if l.ClosedWorkers > 0 {
		return all // nothing was planned that could be reached
	}
	return append(all,
		result.Claim{ID: reached, Domain: "25", Area: "load", Source: "I",
			Sentence: fmt.Sprintf("At least %s %% of the arrivals end inside the measured phase, but for those due so near its end that they may end after it.", number(100*l.MinReached))})
}

func promiseID(p result.Promise) string {
	id := "P" + strings.ReplaceAll(strconv.FormatFloat(p.Percent, 'f', -1, 64), ".", "")
	if p.Store != "" {
		id = strings.ToUpper(p.Store) + "-" + id
	}
	return id
}

// Load judges a saved load run: every claim, its engine, and the run. A window that does
// not hold what it must to be believed is INVALID in all of them, and one that was cut
// short or interrupted INCONCLUSIVE: a pass or a failure is said of a whole window only.
func Load(run *result.Run) {
	run.Findings = nil
	if run.Load == nil {
		run.Verdict = result.Verdict{Sentence: "INCONCLUSIVE: the run holds no load"}
		return
	}
	l := *run.Load
	window := windowOf(run)
	status, why := result.Inconclusive, unfinished(run)
	if why == "" {
		if why = Unbelievable(l, window); why != "" {
			status = result.Invalid
		} else {
			why = unsteady(l, *window)
		}
	}
	for _, claim := range LoadClaims(l) {
		finding := result.Finding{Claim: claim.ID, Engine: l.Engine, Status: status, Reason: why}
		if why == "" {
			finding = judgeLoad(claim.ID, l, *window)
		}
		if claim.ID == served {
			finding.Evidence = append(finding.Evidence, witness(run)...)
		}
		if window != nil {
			finding.Evidence = append(finding.Evidence, counted(window.Counts))
		}
		run.Findings = append(run.Findings, finding)
	}
	for i := range run.Engines {
		run.Engines[i].Verdict = engineVerdict(run.Engines[i], run.Findings)
	}
	run.Verdict = loadVerdict(run)
}

// windowOf is the window that a load run measured; nil when it left none or several.
func windowOf(run *result.Run) (window *result.Measurement) {
	for i := range run.Measurements {
		if m := &run.Measurements[i]; m.Engine == run.Load.Engine && m.Workload == run.Load.Workload {
			if window != nil {
				return nil
			}
			window = m
		}
	}
	return window
}

// unfinished says why the run ended before its window did; empty when it did not.
func unfinished(run *result.Run) string {
	switch {
	case run.Interrupted != "":
		return "the run was interrupted: " + run.Interrupted
	case run.Load.Trouble != "":
		return "could not be measured: " + run.Load.Trouble
	}
	for _, e := range run.Engines {
		if e.Engine == run.Load.Engine {
			if e.Trouble != "" {
				return "could not be measured: " + e.Trouble
			}
			return ""
		}
	}
	return "the run does not list its engine"
}

// lagOfPromise is the share of the tightest limit that the generator's own delay may
// reach at its 99th percentile before latencies speak of the generator.
const lagOfPromise = 0.01

// Unbelievable says why a window measured the harness and not the store; empty when it
// may be believed.
func Unbelievable(l result.Load, m *result.Measurement) string {
	if m == nil {
		return "the run holds no single window of its workload"
	}
	c := m.Counts
	accounted := c.Committed + c.Refused + c.Unknown + c.Dropped
	clipped := m.Latency.Clipped + m.Service.Clipped + m.Lag.Clipped + m.Pacing.Clipped + m.RefusedLatency.Clipped
	switch {
	case c.Due == 0:
		return "no arrival was due in the measured phase"
	case m.Pacing.Count == 0:
		return "no arrival was started in the measured phase"
	case accounted != c.Due:
		return fmt.Sprintf("%d of %d arrivals are unaccounted for", c.Due-accounted, c.Due)
	case m.Latency.Count != c.Committed:
		return fmt.Sprintf("%d latencies were recorded of %d committed arrivals", m.Latency.Count, c.Committed)
	case clipped > 0:
		return fmt.Sprintf("%d samples fell outside the recorder's range or were dropped when recorders were merged", clipped)
	case m.Loop == "closed" && len(l.Promises) > 0:
		return "a closed loop cannot tell how long users wait"
	}
	if why := closedUnbelievable(l, *m); why != "" {
		return why
	}
	if tightest := allowedLag(l); m.Pacing.P99 > tightest {
		return fmt.Sprintf("the generator itself started arrivals %s ms late (p99), over the %s ms that %s: it needs a quieter or a larger machine, or a lower rate",
			number(m.Pacing.P99), number(tightest), lagWords(l))
	}
	return unproved(l)
}

// witness is what the store said about arrivals that were not committed.
func witness(run *result.Run) (lines []string) {
	for _, o := range run.Observations {
		if o.Claim == run.Load.Workload && o.Engine == run.Load.Engine {
			lines = append(lines, o.Witness...)
		}
	}
	return lines
}

func judgeLoad(claim string, l result.Load, m result.Measurement) result.Finding {
	finding := result.Finding{Claim: claim, Engine: l.Engine}
	failed := m.Counts.Refused + m.Counts.Unknown + m.Counts.Dropped
	switch claim {
	case served:
		return shareOf(finding, float64(failed)/float64(m.Counts.Due) <= l.MaxFailed,
			fmt.Sprintf("%d of %d arrivals were not served", failed, m.Counts.Due))
	case reached:
		ended, excused := m.Counts.Due-m.Counts.Dropped-m.Counts.Overran, min(float64(m.Counts.Due), l.Rate*loosest(l)/1000)
		if excused >= l.MinReached*float64(m.Counts.Due) {
			finding.Reason = fmt.Sprintf("a promise of %s ms lets any of the %d arrivals end after the window: measure for longer than a promise takes", number(loosest(l)), m.Counts.Due)
			return finding
		}
		return shareOf(finding, float64(ended)+excused >= l.MinReached*float64(m.Counts.Due),
			fmt.Sprintf("%d of %d arrivals ended inside the measured phase; %s were due so near its end that they may end after it", ended, m.Counts.Due, number(math.Floor(excused))))
	}
	for _, p := range l.Promises {
		switch {
		case promiseID(p) != claim:
		case p.Store != "":
			return judgeStore(finding, p, l, m)
		default:
			return judgePromise(finding, p, l, promised{what: "arrivals", due: m.Counts.Due, committed: m.Counts.Committed, latency: m.Latency, perSecond: l.Rate})
		}
	}
	return finding
}

// loosest is the longest that any promise lets an arrival take, in milliseconds; where only
// stores have promises, the longest of theirs.
func loosest(l result.Load) (ms float64) {
	for _, p := range ofArrivals(l) {
		ms = max(ms, p.LimitMs)
	}
	return ms
}

func shareOf(finding result.Finding, holds bool, said string) result.Finding {
	if finding.Status = result.Fail; holds {
		finding.Status = result.Pass
		finding.Evidence = append(finding.Evidence, said)
		return finding
	}
	finding.Reason = said
	return finding
}

func counted(c result.Counts) string {
	return fmt.Sprintf("due %d: committed %d, refused %d, unknown %d, dropped %d; started late %d, tried again %d, ended after the window %d",
		c.Due, c.Committed, c.Refused, c.Unknown, c.Dropped, c.Late, c.Retries, c.Overran)
}

// loadVerdict weighs the claims: one that failed fails the run, and all must pass to pass.
func loadVerdict(run *result.Run) result.Verdict {
	l, title := run.Load, run.Load.Engine
	for _, e := range run.Engines {
		if e.Engine == l.Engine {
			title = e.Title
		}
	}
	var gravest *result.Finding // the first that failed, else the first that did not pass
	for i, f := range run.Findings {
		if f.Status != result.Pass && (gravest == nil || f.Status == result.Fail && gravest.Status != result.Fail) {
			gravest = &run.Findings[i]
		}
	}
	asked, kept := fmt.Sprintf("%s on %s at %s/s", l.Workload, title, number(l.Rate)), " kept what was promised"
	if l.ClosedWorkers > 0 {
		asked = fmt.Sprintf("%s on %s in a closed loop of %d workers", l.Workload, title, l.ClosedWorkers)
		kept = " was served; how long users would wait a closed loop cannot tell, since nobody asks in it while the store is slow"
	}
	switch {
	case gravest == nil:
		return result.Verdict{Status: result.Pass, Sentence: "PASS: " + asked + kept}
	case gravest.Status == result.Fail:
		return result.Verdict{Status: result.Fail, Sentence: "FAIL: " + asked + " broke a promise; " + gravest.Reason}
	case gravest.Status == result.Invalid:
		return result.Verdict{Sentence: "INCONCLUSIVE: " + asked + " could not be decided, the window is INVALID; " + gravest.Reason}
	default:
		return result.Verdict{Sentence: "INCONCLUSIVE: " + asked + " could not be decided; " + gravest.Reason}
	}
}
