package judge

import (
	"fmt"
	"slices"
	"strings"

	"tristore/reports/result"
)

// threshold is one alert of the platform's monitoring page, as far as one can be judged by
// what the server itself tells.
type threshold struct {
	claim result.Claim
	rule  Rule
	// facts reads what the rule needs; probe, where it is filled, says why it cannot be asked.
	facts func(result.Observed, *result.Observation)
}

// An alert of two levels has two limits, the critical one first, so that it is the reason.
const (
	critical = "critical: "
	warning  = "warning: "
)

// fewestSamples is how many readings a level must have been met by.
const fewestSamples = 3

// blocksFew is how often blocks must have been wanted before a share of them says anything.
const blocksFew = 1000

// enough samples say something about a level.
func enough() Limit { return Limit{"samples", AtLeast, fewestSamples, "enough samples were taken"} }

func row(id, source, sentence string) result.Claim {
	return result.Claim{ID: id, Area: "observe", Source: source, Sentence: sentence}
}

// thresholds is the whole page in one table. What MongoDB is asked otherwise stands in
// onMongo, and what it alone is asked at the end of this one.
func thresholds() []threshold {
	samples := enough()
	return []threshold{
		{row("CONNECTIONS", "D", "Of the connection slots that applications may use, less than 70 % are used (critical: 85 %)."),
			Rule{Floors: []Limit{samples, {"slots", AtLeast, 1, "the server told how many slots it has"}}, Limits: []Limit{
				{"used_pct", AtMost, 85, critical + "at most 85 % of the slots are used"}, {"used_pct", AtMost, 70, warning + "at most 70 % of the slots are used"}}}, connections},
		{row("SLOTS", "D", "No connection is refused for want of a slot."),
			Rule{Floors: []Limit{{"asked", AtLeast, 1, "a connection was asked for"}}, Limits: []Limit{{"refused", Is, 0, critical + "no connection is refused for want of a slot (SQLSTATE 53300)"}}}, slots},
		{row("TRANSACTIONS", "D", "No transaction is open for over 5 minutes."),
			Rule{Floors: []Limit{samples}, Limits: []Limit{{"oldest_s", AtMost, 300, warning + "no transaction is open for over 5 minutes"}}}, level("oldest_s", "oldest_transaction_s", "prepared_transaction_s")},
		{row("DEADLOCKS", "D", "Deadlocks come no more than once a minute."),
			Rule{Floors: []Limit{{"seconds", AtLeast, 1, "the window has a length"}}, Limits: []Limit{{"per_minute", AtMost, 1, warning + "at most one deadlock a minute"}}}, deadlocks},
		{row("CACHE", "D", "In each database at least 95 % of the blocks wanted are in the server's cache."),
			Rule{Floors: []Limit{{"databases", AtLeast, 1, fmt.Sprintf("a database wanted at least %d blocks in the window", blocksFew)}},
				Limits: []Limit{{"lowest_hit_pct", AtLeast, 95, warning + "at least 95 % of blocks are in the cache"}}}, cache},
		{row("XID", "D", "The oldest transaction id is younger than 1.0 billion transactions (critical: 1.5 billion)."),
			Rule{Floors: []Limit{samples}, Limits: []Limit{{"age", AtMost, 1.5e9, critical + "the oldest transaction id is at most 1.5 billion old"}, {"age", AtMost, 1e9, warning + "the oldest transaction id is at most 1.0 billion old"}}}, level("age", "xid_age")},
		{row("LAG", "D", "Standbys are less than 30 s behind (critical: 5 minutes)."),
			Rule{Floors: []Limit{samples}, Limits: []Limit{{"lag_s", AtMost, 300, critical + "standbys are at most 5 minutes behind"}, {"lag_s", AtMost, 30, warning + "standbys are at most 30 s behind"}}}, lag},
		{row("COST", "I", "Observing took at most 1 % of one session's time."),
			Rule{Floors: []Limit{samples, {"cap_pct", AtLeast, 0.001, "a cap was set"}}, Limits: []Limit{{"share_pct", AtMost, 1, "observing took at most 1 % of one session's time"}}}, cost},
		unseen(row("CPU", "D", "The processors are less than 70 % busy over 15 minutes (critical: 90 % over 5 minutes)."), "the server does not tell its machine's load"),
		unseen(row("MEMORY", "D", "At least 25 % of the memory is free (critical: 10 %)."), "the server does not tell its machine's memory"),
		unseen(row("DISK", "D", "The disk is less than 75 % full (critical: 85 %, or full within 7 days)."), "the server tells the size of its databases and not of its disk"),
		unseen(row("IOPS", "D", "The disk does less than 80 % of the operations that it may."), "the server does not tell what its disk may do"),
		unseen(row("LATENCY", "D", "The 95th percentile of query latency is below twice its baseline."), "the server keeps means of its statements and no percentiles: tristore load measures them"),
		unseen(row("POOLER", "D", "No client waits for the pooler for a minute."), "the server does not see who waits before a pooler: ask PgBouncer, SHOW POOLS"),
		unseen(row("PRIMARY", "D", "A replica set is not without a primary for over 30 s."), "a PostgreSQL server does not know whether another is primary"),
		unseen(row("TICKETS", "D", "At least 30 tickets to read and 30 to write are free (critical: 10)."), "PostgreSQL has no tickets"),
	}
}

// unseen is an alert that the server cannot answer for: never a pass.
func unseen(claim result.Claim, why string) threshold {
	return threshold{claim, Rule{MinCases: 1}, func(_ result.Observed, o *result.Observation) { o.Probe = "not seen by this account: " + why }}
}

func connections(seen result.Observed, o *result.Observation) {
	slots := seen.Limits["connections"] - seen.Limits["connections_reserved"]
	o.Set("samples", float64(seen.Samples))
	o.Set("slots", slots)
	if used, known := seen.Levels["connections"]; known && slots > 0 {
		o.Set("used_max", used.Max)
		o.Set("used_pct", 100*used.Max/slots)
	}
	for _, s := range seen.Stores {
		if used := s.Levels["connections"]; used.Max > 0 {
			o.See("%s: %s connections at most, %s in the mean", s.Database, number(used.Max), number(used.Mean))
		}
	}
}

func slots(seen result.Observed, o *result.Observation) {
	o.Set("asked", float64(seen.SlotsAsked))
	o.Set("refused", float64(seen.SlotsRefused))
}

// level is the highest of some levels; a level that was never met is not recorded.
func level(fact string, names ...string) func(result.Observed, *result.Observation) {
	return func(seen result.Observed, o *result.Observation) {
		o.Set("samples", float64(seen.Samples))
		for _, name := range names {
			if met, known := seen.Levels[name]; known {
				o.Set(fact, max(o.Facts[fact], met.Max))
			}
		}
		for _, s := range seen.Stores {
			for _, name := range names {
				if met := s.Levels[name]; met.Max > 0 {
					o.See("%s: %s %s at most", s.Database, name, number(met.Max))
				}
			}
		}
	}
}

func deadlocks(seen result.Observed, o *result.Observation) {
	o.Set("seconds", seen.Seconds)
	for _, s := range seen.Stores {
		rate, known := s.PerSecond["deadlocks"]
		if !known {
			delete(o.Facts, "per_minute") // of one database nobody knows
			return
		}
		o.Add("per_minute", 60*rate)
	}
}

func cache(seen result.Observed, o *result.Observation) {
	o.Set("databases", 0)
	for _, s := range seen.Stores {
		if s.Blocks < blocksFew {
			continue
		}
		o.Add("databases", 1)
		lowest, known := o.Facts["lowest_hit_pct"]
		if !known || s.HitPercent < lowest {
			o.Set("lowest_hit_pct", s.HitPercent)
		}
		o.See("%s: %s %% of %d blocks", s.Database, number(s.HitPercent), s.Blocks)
	}
}

func lag(seen result.Observed, o *result.Observation) {
	level("lag_s", "replication_lag_s")(seen, o)
	if standbys := seen.Levels["standbys"]; standbys.Max == 0 && !seen.Standby && seen.Samples > 0 {
		if _, met := seen.Levels["replication_lag_s"]; !met {
			o.Probe = "no standby was connected in any sample, so that there is no lag (the platform asks for one at least)"
		}
	}
}

func cost(seen result.Observed, o *result.Observation) {
	o.Set("samples", float64(seen.Samples))
	o.Set("cap_pct", 100*seen.Cost.Cap)
	o.Set("share_pct", 100*seen.Cost.Share)
	o.Set("of_active_pct", 100*seen.Cost.OfActive)
	o.Set("backed_off", float64(seen.Cost.BackedOff))
}

// ObservedClaims are the claims of an observation.
func ObservedClaims() []result.Claim {
	var all []result.Claim
	for _, t := range thresholds() {
		all = append(all, t.claim)
	}
	return all
}

// Observed judges a saved observation: every threshold, its engine, and the run. What was
// cut short may show an alert and never its absence.
func Observed(run *result.Run) {
	run.Findings, run.Claims = nil, ObservedClaims()
	if run.Observed == nil || len(run.Engines) != 1 {
		run.Verdict = result.Verdict{Sentence: "INCONCLUSIVE: the run holds no observation of one engine"}
		return
	}
	seen := *run.Observed
	asked := thresholds()
	if !seen.Postgres() {
		asked = onMongo()
	}
	for _, t := range asked {
		o := result.Observation{Claim: t.claim.ID, Engine: seen.Engine, Trouble: seen.Trouble}
		if run.Interrupted != "" {
			o.Trouble = "the run was interrupted: " + run.Interrupted
		}
		t.facts(seen, &o)
		run.Findings = append(run.Findings, t.rule.Judge(o))
	}
	run.Engines[0].Verdict = engineVerdict(run.Engines[0], run.Findings)
	run.Verdict = observedVerdict(run)
}

func observedVerdict(run *result.Run) result.Verdict {
	said := map[result.Status][]string{}
	for _, f := range run.Findings {
		line := f.Claim
		if f.Reason != "" && f.Status != result.NotApplicable {
			line += ", " + f.Reason
		}
		said[f.Status] = append(said[f.Status], line)
	}
	verdict := result.Verdict{Status: run.Engines[0].Verdict.Status}
	open := slices.Concat(said[result.Inconclusive], said[result.Invalid])
	switch {
	case len(said[result.Fail]) > 0:
		verdict.Sentence = "FAIL: over a threshold: " + strings.Join(said[result.Fail], "; ")
	case run.Interrupted != "" || run.Observed.Trouble != "":
		verdict = result.Verdict{Sentence: "INCONCLUSIVE: not finished: " + because(run.Interrupted, run.Observed.Trouble)[2:]}
	case len(open) > 0 || verdict.Status != result.Pass:
		verdict = result.Verdict{Sentence: "INCONCLUSIVE: could not be decided: " + strings.Join(open, "; ")}
	default:
		verdict.Sentence = fmt.Sprintf("PASS: %s keeps below the %d thresholds that it can be asked about", run.Engines[0].Title, len(said[result.Pass]))
	}
	if unasked := said[result.NotApplicable]; len(unasked) > 0 {
		verdict.Sentence += "; not asked: " + strings.Join(unasked, ", ")
	}
	return verdict
}
