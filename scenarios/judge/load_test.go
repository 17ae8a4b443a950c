package judge

import (
	"strings"
	"testing"
	"time"

	"tristore/drivers/store"
	"tristore/reports/result"
	"tristore/scenarios/measure"
)

// loaded is a run of n arrivals of which some took over the limit of 200 ms; it passes
// when few enough did.
func loaded(t *testing.T, n, over int) *result.Run {
	t.Helper()
	shard := measure.NewShard(measure.Phase{End: time.Hour})
	for i := range n {
		due := time.Duration(i) * time.Millisecond
		took := 5 * time.Millisecond
		if i < over {
			took = 300 * time.Millisecond
		}
		shard.Arrive(due)
		shard.Record(measure.Sample{Due: due, Queued: due, Called: due, Ended: due + took, Idle: true, Outcome: store.Done()})
	}
	recording, err := measure.Merge(measure.Phase{End: time.Hour}, shard)
	if err != nil {
		t.Fatal(err)
	}
	m, err := recording.Measurement(time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	m.Engine, m.Workload, m.Loop, m.Timeline = "postgres:16", "auth", "open", nil
	return &result.Run{
		Kind: "load", Engines: []result.Engine{{Engine: "postgres:16", Title: "PostgreSQL 16"}},
		Load: &result.Load{Workload: "auth", Engine: "postgres:16", Rate: 100, Promises: []result.Promise{{Percent: 99, LimitMs: 200}}, Confidence: 0.99, MaxFailed: 0.001, MinReached: 0.99,
			Proof: &result.Proof{Steady: true, WarmSeconds: 5, NoOp: result.Measurement{Counts: result.Counts{Due: 400, Committed: 400}, Pacing: m.Pacing},
				Canaries: []result.Canary{{Name: "cpu", BeforeMs: 0.1, AfterMs: 0.11, MaxFactor: 1.5, FloorMs: 0.02}}}},
		Measurements: []result.Measurement{m},
	}
}

// loadCase changes a run of n arrivals, of which some were over the limit, and says what
// the run and its findings must come to.
type loadCase struct {
	n, over  int
	change   func(*result.Run)
	want     result.Status // of the run
	findings string
	says     string // in the verdict
}

func TestLoadIsJudgedByItsPromises(t *testing.T) {
	judgeAll(t, map[string]loadCase{
		"kept":               {1000, 0, nil, result.Pass, "PASS PASS PASS", "kept what was promised"},
		"too few":            {458, 0, nil, result.Inconclusive, "INCONCLUSIVE PASS PASS", "about 459 would do, at this rate 5 s"},
		"enough":             {459, 0, nil, result.Pass, "PASS PASS PASS", ""},
		"broken":             {1000, 30, nil, result.Fail, "FAIL PASS PASS", "30 of 1000 arrivals took over 200 ms"},
		"just at the budget": {1000, 10, nil, result.Inconclusive, "INCONCLUSIVE PASS PASS", "too few to tell at 99 % confidence"},
		"two promises, one broken": {1000, 9, func(r *result.Run) {
			r.Load.Promises = append(r.Load.Promises, result.Promise{Percent: 99.9, LimitMs: 250})
		}, result.Fail, "INCONCLUSIVE FAIL PASS PASS", "9 of 1000"},
		"refused are over": {1000, 0, func(r *result.Run) {
			c := &r.Measurements[0].Counts
			c.Due, c.Refused = 1100, 100
		}, result.Fail, "FAIL FAIL PASS", "100 of 1100 arrivals"},
		"not reached":      {1000, 0, func(r *result.Run) { r.Measurements[0].Counts.Overran = 31 }, result.Fail, "PASS PASS FAIL", "969 of 1000 arrivals ended inside"},
		"due near the end": {1000, 0, func(r *result.Run) { r.Measurements[0].Counts.Overran = 30 }, result.Pass, "PASS PASS PASS", ""},
		"a promise as long as the window": {1000, 0, func(r *result.Run) {
			r.Load.Promises[0].LimitMs, r.Measurements[0].Counts.Overran = 10_000, 999
		}, result.Inconclusive, "PASS PASS INCONCLUSIVE", "lets any of the 1000 arrivals end after the window"},
		"dropped are not reached": {1000, 0, func(r *result.Run) {
			c := &r.Measurements[0].Counts
			c.Due, c.Dropped = 1002, 2
		}, result.Fail, "PASS FAIL PASS", "2 of 1002 arrivals were not served"},
	})
}

func TestLoadIsBelievedOnlyWhenItsWindowIsSound(t *testing.T) {
	judgeAll(t, map[string]loadCase{
		"the generator was late":                    {1000, 0, func(r *result.Run) { r.Measurements[0].Pacing.P99 = 2.1 }, result.Inconclusive, "INVALID INVALID INVALID", "quieter or a larger machine"},
		"the generator was late and the store slow": {1000, 500, func(r *result.Run) { r.Measurements[0].Pacing.P99 = 2.1 }, result.Inconclusive, "INVALID INVALID INVALID", ""},
		"clipped":                  {1000, 0, func(r *result.Run) { r.Measurements[0].Lag.Clipped = 1 }, result.Inconclusive, "INVALID INVALID INVALID", "merged"},
		"unaccounted":              {1000, 0, func(r *result.Run) { r.Measurements[0].Counts.Due = 1001 }, result.Inconclusive, "INVALID INVALID INVALID", "1 of 1001"},
		"latencies lost":           {1000, 0, func(r *result.Run) { r.Measurements[0].Latency.Count = 999 }, result.Inconclusive, "INVALID INVALID INVALID", "999 latencies"},
		"histogram lost":           {1000, 0, func(r *result.Run) { r.Measurements[0].Latency.V2 = "" }, result.Inconclusive, "INVALID PASS PASS", "does not hold its samples"},
		"nothing was due":          {0, 0, nil, result.Inconclusive, "INVALID INVALID INVALID", "no arrival was due"},
		"a closed loop":            {1000, 0, func(r *result.Run) { r.Measurements[0].Loop = "closed" }, result.Inconclusive, "INVALID INVALID INVALID", "closed loop"},
		"no window":                {1000, 0, func(r *result.Run) { r.Measurements = nil }, result.Inconclusive, "INVALID INVALID INVALID", "no single window"},
		"two windows":              {1000, 0, func(r *result.Run) { r.Measurements = append(r.Measurements, r.Measurements[0]) }, result.Inconclusive, "INVALID INVALID INVALID", "no single window"},
		"interrupted":              {1000, 0, func(r *result.Run) { r.Interrupted = "stopped by a signal" }, result.Inconclusive, "INCONCLUSIVE INCONCLUSIVE INCONCLUSIVE", "stopped by a signal"},
		"interrupted and broken":   {1000, 900, func(r *result.Run) { r.Interrupted = "stopped by a signal" }, result.Inconclusive, "INCONCLUSIVE INCONCLUSIVE INCONCLUSIVE", ""},
		"trouble":                  {1000, 0, func(r *result.Run) { r.Load.Trouble = "it panicked" }, result.Inconclusive, "INCONCLUSIVE INCONCLUSIVE INCONCLUSIVE", "it panicked"},
		"engine trouble":           {1000, 0, func(r *result.Run) { r.Engines[0].Trouble = "the lane died" }, result.Inconclusive, "INCONCLUSIVE INCONCLUSIVE INCONCLUSIVE", "the lane died"},
		"engine not listed":        {1000, 0, func(r *result.Run) { r.Engines = nil }, result.Inconclusive, "INCONCLUSIVE INCONCLUSIVE INCONCLUSIVE", "does not list"},
		"not proved":               {1000, 0, func(r *result.Run) { r.Load.Proof = nil }, result.Inconclusive, "INVALID INVALID INVALID", "not proved"},
		"starved over a no-op":     {1000, 0, func(r *result.Run) { r.Load.Proof.NoOp.Pacing.P99 = 2.1 }, result.Inconclusive, "INVALID INVALID INVALID", "starved on this machine"},
		"a no-op not served":       {1000, 0, func(r *result.Run) { r.Load.Proof.NoOp.Counts.Committed-- }, result.Inconclusive, "INVALID INVALID INVALID", "1 were not served"},
		"a no-op not asked":        {1000, 0, func(r *result.Run) { r.Load.Proof.NoOp = result.Measurement{} }, result.Inconclusive, "INVALID INVALID INVALID", "nothing was due"},
		"no canary":                {1000, 0, func(r *result.Run) { r.Load.Proof.Canaries = nil }, result.Inconclusive, "INVALID INVALID INVALID", "no canary"},
		"half a canary":            {1000, 0, func(r *result.Run) { r.Load.Proof.Canaries[0].AfterMs = 0 }, result.Inconclusive, "INVALID INVALID INVALID", "before and after"},
		"a canary moved":           {1000, 0, func(r *result.Run) { r.Load.Proof.Canaries[0].AfterMs = 0.2 }, result.Inconclusive, "INVALID INVALID INVALID", "the machine changed"},
		"a canary came back":       {1000, 0, func(r *result.Run) { r.Load.Proof.Canaries[0].BeforeMs = 0.2 }, result.Inconclusive, "INVALID INVALID INVALID", "the machine changed"},
		"a canary below its floor": {1000, 0, func(r *result.Run) { r.Load.Proof.Canaries[0].FloorMs = 1; r.Load.Proof.Canaries[0].AfterMs = 0.9 }, result.Pass, "PASS PASS PASS", ""},
		"never steady":             {1000, 0, func(r *result.Run) { r.Load.Proof.Steady = false }, result.Inconclusive, "INCONCLUSIVE INCONCLUSIVE INCONCLUSIVE", "no steady part"},
		"cold, and not steady":     {1000, 0, func(r *result.Run) { r.Load.Proof.Steady, r.Load.Cold = false, true }, result.Pass, "PASS PASS PASS", ""},
		"one change of level":      {1000, 0, func(r *result.Run) { r.Measurements[0].Timeline = levels(1, 20, 5, 40) }, result.Pass, "PASS PASS PASS", ""},
		"no level for half of it":  {1000, 0, func(r *result.Run) { r.Measurements[0].Timeline = levels(1, 25, 5, 25, 25, 25) }, result.Inconclusive, "INCONCLUSIVE INCONCLUSIVE INCONCLUSIVE", "changed its level 2 times"},
		"no load":                  {1000, 0, func(r *result.Run) { r.Load = nil }, result.Inconclusive, "", "holds no load"},
		"a zero confidence":        {1000, 0, func(r *result.Run) { r.Load.Confidence = 0 }, result.Inconclusive, "INCONCLUSIVE PASS PASS", ""},
	})
}

func judgeAll(t *testing.T, cases map[string]loadCase) {
	t.Helper()
	for name, c := range cases {
		run := loaded(t, c.n, c.over)
		if c.change != nil {
			c.change(run)
		}
		Load(run)
		if !strings.HasPrefix(run.Verdict.Sentence, run.Verdict.Status.String()+": ") {
			t.Errorf("%s: %s is said as %q", name, run.Verdict.Status, run.Verdict.Sentence)
		}
		var statuses []string
		for _, f := range run.Findings {
			statuses = append(statuses, f.Status.String())
			if f.Status != result.Pass && f.Reason == "" {
				t.Errorf("%s: %s is %s for no reason", name, f.Claim, f.Status)
			}
		}
		if got := strings.Join(statuses, " "); run.Verdict.Status != c.want || got != c.findings || !strings.Contains(run.Verdict.Sentence, c.says) {
			t.Errorf("%s: %s %s: %s", name, run.Verdict.Status, got, run.Verdict.Sentence)
		}
	}
}

// levels is a timeline whose median stands at one level after the other, for so many seconds.
func levels(pairs ...float64) (all []result.Second) {
	for i := 0; i < len(pairs); i += 2 {
		for range int(pairs[i+1]) {
			all = append(all, result.Second{Second: len(all), Count: 100, P50: pairs[i] * (1 + 0.001*float64(len(all)%7))})
		}
	}
	return all
}
