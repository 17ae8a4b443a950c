package result

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"
)

// full has something in every field, so that a field that does not survive is seen.
func full() *Run {
	began := time.Date(2026, 11, 24, 2, 0, 4, 500, time.UTC)
	h := Histogram{Count: 3, Clipped: 1, P50: 1.5, P95: 2.5, P99: 3.5, P999: 5, Max: 9, V2: "HISTFAAA"}
	m := Measurement{Engine: "postgres:16", Claim: "LOAD-1", Workload: "auth", Window: "w", Offered: 10, Achieved: 9.5, Seconds: 10, Loop: "open",
		Counts:  Counts{Due: 6, Committed: 1, Refused: 2, Unknown: 1, Dropped: 2, Late: 1, Retries: 1, Deadlocks: 1, Overran: 1},
		Refused: []Refusal{{"not found", 2}}, UnknownBy: []Refusal{{"connection lost", 1}}, RefusedLatency: h, Latency: h, Service: h, Lag: h, Pacing: h, Timeline: []Second{{1, 2, 3, 4}},
		Stores: []StoreLatency{{"users", 10, 1, 2, 3, 4, h}}}
	return &Run{
		Schema: Schema, ID: "id", Kind: "certify", Verdict: Verdict{Fail, "FAIL: x"}, Seed: math.MaxUint64, Command: "tristore certify", Tool: Tool{"v1", "go1.26"},
		Began: began, Ended: began.Add(time.Minute), Interrupted: "signal", Fault: "share-unguarded",
		Engines: []Engine{{Engine: "postgres:16", Title: "PostgreSQL 16", Version: "16.11", Reach: "embedded", Why: "why", StandIn: true, Warning: "w", Trouble: "t",
			Verdict: Verdict{Inconclusive, "s"}, Seconds: 1.5, ReadySeconds: 0.5}},
		NotRun: []NotRun{{"a", "b"}}, Claims: []Claim{{"TLS-1", "1", "security", "D", "sentence", "smoke"}},
		Findings:     []Finding{{"TLS-1", "postgres:16", NotApplicable, "reason", []string{"line"}}},
		Observations: []Observation{{"TLS-1", "postgres:16", began, 2, map[string]float64{"f": 1}, []Case{{"a", "b", "c"}}, []string{"w"}, 3, "probe", "trouble"}},
		Plan:         json.RawMessage(`{"depth":"smoke"}`),
		Environment:  Environment{map[string]string{"a": "b"}, map[string]map[string]string{"e": {"k": "v"}}, map[string]map[string]string{"e": {"k": "w"}}},
		Measurements: []Measurement{m},
		Steps:        []Step{{What: "w", Seconds: 1.5, Bytes: 2, Said: "s", Commands: []string{"c"}}},
		Drill:        fullDrill(),
		Split:        fullSplit(m), Prepared: []Split{*fullSplit(m)},
		Load: &Load{Workload: "auth", Engine: "postgres:16", Rate: 500, Promises: []Promise{{99, 200, "users"}}, Confidence: 0.99, MaxFailed: 0.001, MinReached: 0.99, Cold: true, ClosedWorkers: 16, Pipelined: true, Trouble: "t",
			Proof: &Proof{NoOp: m, TimerP50Ms: 1, TimerP99Ms: 2, Canaries: []Canary{{"cpu", 1, 2, 1.5, 0.1}}, WarmSeconds: 5, Steady: true}},
		Observed: fullObserved(), Interference: fullInterference(m),
	}
}

func fullSplit(m Measurement) *Split {
	return &Split{Engine: "postgres:16", Reach: "embedded", AuthRate: 1, CollectionsRate: 2, Hardware: map[string]string{"a": "b"}, SLO: SLO{5}, AgreedInterference: 1.5,
		Windows: []SplitWindow{{1, 2, SharedCluster, &m, &m, "invalid", map[string]float64{"active": 1}}}, Boundary: fullBoundary(), TwoBoundary: fullBoundary(), Ground: fullGround(), Tests: []Interference{*fullInterference(m)},
		Remedies: []Remedy{{[]string{"settings", "indexes"}, "change", "rule", "absent", []Observation{{"TLS-1", "postgres:16", time.Unix(1, 0).UTC(), 2, map[string]float64{"f": 1}, []Case{{"a", "b", "c"}}, []string{"w"}, 3, "probe", "trouble"}}, true, "UNIQ-1 fails", fullBoundary(), fullBoundary(), "in force", "t"}},
		Costs:    &Costs{"costs.csv", Cost{1, 2, 3, 0.1}, map[string]Cost{"settings": {4, 5, 6, 0.5}}},
		Outlook:  &Outlook{"2026-03-02", &Growth{"file", "f", 0.04, 0.09, []WeekPeak{{"2026-03-02", 1, 2}}, []Look{{"2026-03-02", 1, 2, 3, 4}}}, 52, 8, 0.2, 7, &Connections{1, 2, 3, 4, 5, 2, 10, 100, 3}},
		Prepared: &Prepared{"idle", "made", "NOT_NEEDED", "CPU", []Shown{{SharedCluster, "active", "says", 1, 2, "slots"}}}, Trouble: "t"}
}

func fullDrill() *Drill {
	dumps := DrillDumps{"users,permissions,collections", 1, 2, 3, 4, 5, 6, 7, []string{"line"}}
	return &Drill{"e", "embedded", "both", "together", 3600, 300, 60, 1, []DrillRound{{1, 2, 3, dumps, []DrillDumps{dumps}, []DrillPart{{"fetch", 1, 2}}, 1, []DrillLedger{{"users", 1, 2, 3, 4, 5, 6, 7, 8, 9, 10}}, 1, 2, 3}},
		[]DrillPast{{"id", time.Unix(1, 0).UTC(), Pass, 1, 2, 3, 4, 5}}, "t", &DrillOwn{"h:1", map[string]string{"users": "u"}, "postgres:16", "embedded"}, "directory", 2}
}

func fullBoundary() *Boundary {
	l := WindowLoad{1, 2, Counts{1, 1, 1, 1, 1, 1, 1, 1, 1}, 1, 2, 3, 4, 5, Histogram{Count: 3, Clipped: 1, P50: 1.5, P95: 2.5, P99: 3.5, P999: 5, Max: 9, V2: "HISTFAAA"}}
	w := BoundaryWindow{"screen", 1, 2, true, "b", true, 3, 4, "i", 1, "a", "v2", l, l}
	return &Boundary{"p95", 20, 1, 2, true, "r", "a", "n", 1.1, 1.9, 1, 0.7, json.RawMessage(`{"start":1}`), 2.5, []CertifiedLoad{{1, "good", "+", 1}},
		[]BoundaryWindow{w}, []Classified{{CertifiedLoad{1, "good", "+", 1}, 1.2, "w", []BoundaryWindow{w}}}, 900, 800}
}

func TestRoundTrip(t *testing.T) {
	leave(t, reflect.ValueOf(full()), "run")
	for _, run := range []*Run{full(), {Schema: 1}} {
		dir := t.TempDir()
		if err := Write(dir, run); err != nil {
			t.Fatal(err)
		}
		for _, path := range []string{dir, filepath.Join(dir, FileName)} {
			back, err := Read(path)
			if err != nil {
				t.Fatal(err)
			}
			want, _ := json.Marshal(run)
			if got, _ := json.Marshal(back); !bytes.Equal(want, got) {
				t.Errorf("wrote\n%s\nread\n%s", want, got)
			}
		}
	}
}

// leave fails for every field of the full run that is zero: it would prove nothing.
func leave(t *testing.T, v reflect.Value, where string) {
	t.Helper()
	switch v.Kind() {
	case reflect.Pointer:
		leave(t, v.Elem(), where)
	case reflect.Slice:
		if v.Len() > 0 && v.Type().Elem().Kind() == reflect.Struct {
			leave(t, v.Index(0), where)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			field := v.Type().Field(i)
			if field.IsExported() && v.Field(i).IsZero() && field.Type != reflect.TypeFor[Status]() {
				t.Errorf("%s.%s is zero in the full run", where, field.Name)
			}
			if field.IsExported() && field.Type != reflect.TypeFor[time.Time]() {
				leave(t, v.Field(i), where+"."+field.Name)
			}
		}
	}
}

// TestNamesOthersRelyOn holds what DESIGN promises to whoever reads run.json.
func TestNamesOthersRelyOn(t *testing.T) {
	data, err := json.Marshal(full())
	if err != nil {
		t.Fatal(err)
	}
	var read any
	_ = json.Unmarshal(data, &read)
	for _, path := range []string{"schema", "id", "verdict", "seed", "command", "engines.0.engine", "engines.0.version", "engines.0.reach", "engines.0.verdict", "engines.0.seconds",
		"findings.0.claim", "findings.0.engine", "findings.0.status", "findings.0.reason", "findings.0.evidence", "plan", "environment.asked", "environment.in_force", "measurements"} {
		at := read
		for _, step := range strings.Split(path, ".") {
			switch node := at.(type) {
			case map[string]any:
				at = node[step]
			case []any:
				at = node[0]
			}
		}
		if at == nil {
			t.Errorf("%s is not there", path)
		}
	}
}

func TestReadRefusals(t *testing.T) {
	dir := t.TempDir()
	whole, _ := json.Marshal(full())
	for name, c := range map[string]struct{ text, says string }{
		"newer":           {`{"schema":2,"verdict":{"status":"SOMETHING_NEW"},"engines":7}`, "has schema 2, newer than the 1 this tristore reads: use a newer tristore"},
		"no schema":       {`{"id":"x"}`, "it has no schema number"},
		"negative":        {`{"schema":-1}`, "it has no schema number"},
		"empty":           {``, "is not a saved run"},
		"null":            {`null`, "it has no schema number"},
		"a list":          {`[1]`, "is not a saved run"},
		"cut short":       {string(whole[:len(whole)/2]), "is not a saved run"},
		"something more":  {string(whole) + "}", "is not a saved run"},
		"unknown status":  {`{"schema":1,"findings":[{"claim":"A","status":"MAYBE"}]}`, `status "MAYBE" is not one of`},
		"status a number": {`{"schema":1,"verdict":{"status":1}}`, "is damaged"},
		"wrong type":      {`{"schema":1,"seed":"seven"}`, "is damaged"},
	} {
		path := filepath.Join(dir, strings.ReplaceAll(name, " ", "-")+".json")
		if err := os.WriteFile(path, []byte(c.text), 0o600); err != nil {
			t.Fatal(err)
		}
		run, err := Read(path)
		if err == nil || run != nil || !strings.Contains(err.Error(), c.says) || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: %v, wanted %q", name, err, c.says)
		}
	}
	if _, err := Read(filepath.Join(dir, "nowhere")); err == nil || !strings.Contains(err.Error(), "name the folder that holds run.json") {
		t.Errorf("no file: %v", err)
	}
	if _, err := Read(dir); err == nil || !strings.Contains(err.Error(), "no saved run at") {
		t.Errorf("folder without a run: %v", err)
	}
}

func TestOlderAndForeignFieldsAreRead(t *testing.T) {
	run, err := Decode([]byte(`{"schema":1,"id":"old","from_a_later_patch":{"a":1},"findings":[{"claim":"A","engine":"e"}]}`), "old.json")
	if err != nil || run.ID != "old" {
		t.Fatalf("%v, %v", run, err)
	}
	if run.Findings[0].Status != Inconclusive || run.Verdict.ExitCode() != 3 {
		t.Errorf("what an old file does not say is taken for %s, exit %d", run.Findings[0].Status, run.Verdict.ExitCode())
	}
}

func TestWriteIsWholeOrNothing(t *testing.T) {
	dir := t.TempDir()
	if err := Write(filepath.Join(dir, "missing"), full()); err == nil {
		t.Error("written into a folder that is not there")
	}
	if err := os.Mkdir(filepath.Join(dir, FileName), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := Write(dir, full()); err == nil {
		t.Error("written over a folder")
	}
	if left, _ := os.ReadDir(dir); len(left) != 1 {
		t.Errorf("a failed write leaves %v", left)
	}
}

func TestReadersNeverSeeHalfARun(t *testing.T) {
	dir := t.TempDir()
	big := full()
	for range 300 {
		big.Observations = append(big.Observations, big.Observations[0])
	}
	if err := Write(dir, big); err != nil {
		t.Fatal(err)
	}
	var writers sync.WaitGroup
	wrote := make(chan error, 10)
	for i := range 2 {
		writers.Go(func() {
			own := full()
			own.ID = fmt.Sprint("writer ", i)
			for range 5 {
				wrote <- errors.Join(Write(dir, own), Write(dir, big))
			}
		})
	}
	for range 10 {
		if _, err := Read(dir); err != nil {
			t.Error(err)
		}
		if err := <-wrote; err != nil {
			t.Error(err)
		}
	}
	writers.Wait()
}

func TestNoNumberNeverCostsTheRun(t *testing.T) {
	run := full()
	nan, inf := math.NaN(), math.Inf(-1)
	run.Observations[0].Facts["ratio"] = nan
	run.Measurements[0].Achieved, run.Measurements[0].Latency.P99, run.Measurements[0].Timeline[0].P99 = nan, inf, nan
	run.Split.Windows[0].Auth.Service.Max, run.Engines[0].Seconds = inf, nan
	dir := t.TempDir()
	if err := Write(dir, run); err != nil {
		t.Fatal(err)
	}
	back, err := Read(dir)
	if err != nil {
		t.Fatal(err)
	}
	if _, there := back.Observations[0].Facts["ratio"]; there || back.Observations[0].Facts["f"] != 1 {
		t.Errorf("facts: %v", back.Observations[0].Facts)
	}
	m := back.Measurements[0]
	if m.Achieved != Unread || m.Latency.P99 != Unread || m.Timeline[0].P99 != Unread || m.Latency.P50 != 1.5 || back.Split.Windows[0].Auth.Service.Max != Unread {
		t.Errorf("measurement: %+v", m)
	}
}

func TestObservation(t *testing.T) {
	var o Observation
	o.Set("a", 2)
	o.Add("a", 3)
	o.Add("fresh", 0)
	if n, there := o.Facts["fresh"]; o.Facts["a"] != 5 || !there || n != 0 {
		t.Errorf("facts: %v", o.Facts)
	}
	o.Set("a", math.NaN())
	o.Set("b", math.Inf(1))
	if _, there := o.Facts["a"]; there || len(o.Facts) != 1 || len(o.Witness) != 2 {
		t.Errorf("no numbers: %v, %v", o.Facts, o.Witness)
	}
	for range WitnessMax + 5 {
		o.See("line %d", 1)
	}
	if len(o.Witness) != WitnessMax || o.WitnessDropped != 7 {
		t.Errorf("%d lines, %d dropped", len(o.Witness), o.WitnessDropped)
	}
	o.Compare("n", 1, "1")
	if o.Cases[0] != (Case{"n", "1", "1"}) {
		t.Errorf("case: %+v", o.Cases[0])
	}
	o.Stop(nil)
	o.Stop(errors.New("first"))
	if o.Stop(errors.New("second")); o.Trouble != "first" {
		t.Errorf("trouble: %q", o.Trouble)
	}
}

func TestStatus(t *testing.T) {
	var zero Status
	if zero != Inconclusive || Status(99).String() != "INCONCLUSIVE" || Status(-1).String() != "INCONCLUSIVE" {
		t.Error("a status nobody set is not the cautious one")
	}
	for status, code := range map[Status]int{Pass: 0, Fail: 1, Inconclusive: 3, Invalid: 3, NotApplicable: 3} {
		if got := (Verdict{Status: status}).ExitCode(); got != code {
			t.Errorf("%s exits %d, wanted %d", status, got, code)
		}
		var back Status
		if text, _ := status.MarshalText(); back.UnmarshalText(text) != nil || back != status {
			t.Errorf("%s is read back as %s", status, back)
		}
	}
}

func FuzzDecode(f *testing.F) {
	whole, _ := json.Marshal(full())
	for _, seed := range []string{string(whole), `{"schema":1}`, `{"schema":2}`, `{"schema":1,"engines":[null],"split":{"windows":[{}]}}`, `null`, ``, `{"schema":1,"findings":[{"status":"PASS"}]}`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		run, err := Decode(data, "here.json")
		if err != nil {
			if run != nil || !strings.Contains(err.Error(), "here.json") {
				t.Errorf("%v, %v", run, err)
			}
			return
		}
		if run.Schema < 1 || run.Schema > Schema {
			t.Errorf("schema %d was read", run.Schema)
		}
		first, err := json.Marshal(run)
		if err != nil {
			t.Fatal(err)
		}
		again, err := Decode(first, "again")
		if err != nil {
			t.Fatalf("what was read cannot be read again: %v", err)
		}
		if second, _ := json.Marshal(again); !bytes.Equal(first, second) {
			t.Errorf("read again it is another run:\n%s\n%s", first, second)
		}
	})
}
