package main

import (
	"encoding/json"
	"strings"
	"testing"
)

// The search of a simulated cluster prints what it found, the same for the same seed.
func TestSimulatedCapacity(t *testing.T) {
	t.Parallel()
	const spec = "capacity=2400,noise=0.1,outliers=0.05,slo=20ms"
	const truth = 1981.668 // 4*(1+1.5*q^4/(1-q)) is 20 there
	for _, seed := range []string{"7", "8", "9"} {
		args := []string{"capacity", "--simulated", spec, "--seed", seed, "--json"}
		got := tristore(t, args...)
		var found struct {
			Interval [2]float64
			Regular  *bool
			Windows  int
			Reason   *string
		}
		if err := json.Unmarshal([]byte(got.out), &found); err != nil || got.code != 0 || found.Regular == nil || found.Reason == nil {
			t.Fatalf("exit %d, %v: %s %s", got.code, err, got.out, got.err)
		}
		if !*found.Regular || *found.Reason != "" || found.Interval[0] > truth || found.Interval[1] < truth || found.Windows < 20 {
			t.Errorf("seed %s: %+v", seed, found)
		}
		if again := tristore(t, args...); again != got {
			t.Errorf("seed %s gave %s, then %s", seed, got.out, again.out)
		}
	}
	text := tristore(t, "capacity", "--simulated", spec, "--seed", "7")
	for _, words := range []string{"interval  [", "regular   true", "windows   ", "reason    none", "truth     1982, inside the interval", "PASS"} {
		if text.code != 0 || !strings.Contains(text.out, words) {
			t.Errorf("exit %d, %q is not in\n%s", text.code, words, text.out)
		}
	}
}

// Where latency hardly grows with load there is no boundary to find among the noise.
func TestSimulatedInconclusive(t *testing.T) {
	t.Parallel()
	args := []string{"capacity", "--simulated", "capacity=2400,noise=0.2,slo=4.1ms", "--seed", "7"}
	text := tristore(t, args...)
	if text.code != exitInconclusive || !strings.Contains(text.out, "INCONCLUSIVE") || !strings.Contains(text.out, "next: ") {
		t.Errorf("exit %d\n%s", text.code, text.out)
	}
	coded := tristore(t, append(args, "--json")...)
	var found struct {
		Regular bool
		Reason  string
	}
	if err := json.Unmarshal([]byte(coded.out), &found); err != nil || coded.code != exitInconclusive || found.Regular || found.Reason == "" {
		t.Errorf("exit %d, %v\n%s", coded.code, err, coded.out)
	}
}

// A bad spec gets one sentence and exit code 2.
func TestSimulatedBadSpec(t *testing.T) {
	t.Parallel()
	for spec, words := range map[string]string{
		"":                                   "a key is missing",
		"capacty=2400,slo=20ms":              "did you mean capacity?",
		"capacity=2400,slo=20":               "write 20ms",
		"capacity=2400,slo=soon":             "a time with its unit",
		"capacity=2400":                      "slo is missing",
		"slo=20ms":                           "capacity is missing",
		"capacity=2400,slo":                  "write slo=VALUE",
		"capacity=-1,slo=20ms":               "cannot be -1",
		"capacity=2400,slo=-20ms":            "cannot be -20 ms",
		"capacity=2400,slo=3ms":              "broken by the idle cluster",
		"capacity=2400,slo=20ms,noise=-0.1":  "cannot be -0.1",
		"capacity=2400,slo=20ms,noise=NaN":   "cannot be NaN",
		"capacity=2400,slo=20ms,noise=10%":   "a plain number",
		"capacity=2400,slo=20ms,outliers=2":  "cannot be 2",
		"capacity=Inf,slo=20ms":              "cannot be +Inf",
		"capacity=1,slo=20ms,capacity=2":     "given twice",
		"capacity=2400,\nslo=20ms,no\nise=1": "did you mean noise?",
	} {
		refused(t, words, "capacity", "--simulated", spec)
	}
	refused(t, "drop --engine", "capacity", "--simulated", "capacity=1,slo=20ms", "--engine", "postgres:16")
	refused(t, "--json goes with --simulated", "capacity", "--json")
}

func refused(t *testing.T, words string, args ...string) {
	t.Helper()
	got := tristore(t, args...)
	if got.code != exitUsage || got.out != "" || !strings.Contains(got.err, words) || strings.Count(got.err, "\n") != 1 {
		t.Errorf("%q: exit %d, %q is wanted in one sentence: %s%s", args, got.code, words, got.out, got.err)
	}
}

// A remedy of a known gain is found in turns with the cluster as it is; one of none is not
// called a help, and noise that hides it is inconclusive.
func TestSimulatedRemedy(t *testing.T) {
	t.Parallel()
	for spec, c := range map[string]struct {
		code int
		says []string
	}{
		"capacity=2400,noise=0.1,outliers=0.05,slo=20ms,gain=1.5": {0, []string{"helps     true", "truth     1.5, inside the interval", "PASS"}},
		"capacity=2400,noise=0.1,outliers=0.05,slo=20ms,gain=1":   {0, []string{"helps     false", "truth     1, inside the interval"}},
		"capacity=2400,noise=3,outliers=0.4,slo=20ms,gain=1.5":    {exitInconclusive, []string{"helps     false", "gain      [unknown, unknown]", "INCONCLUSIVE"}},
	} {
		got := tristore(t, "capacity", "--simulated", spec, "--seed", "7")
		for _, words := range c.says {
			if got.code != c.code || !strings.Contains(got.out, words) {
				t.Errorf("%s: exit %d, %q is wanted:\n%s%s", spec, got.code, words, got.out, got.err)
			}
		}
	}
	got := tristore(t, "capacity", "--simulated", "capacity=2400,slo=20ms,gain=2", "--seed", "7", "--json")
	if got.code != 0 || !strings.Contains(got.out, `"helps": true`) || !strings.Contains(got.out, `"truth": 2`) {
		t.Errorf("exit %d: %s%s", got.code, got.out, got.err)
	}
	for _, bad := range []string{"0", "-1", "1e300", "NaN"} {
		refused(t, "above 0: it cannot be", "capacity", "--simulated", "capacity=2400,slo=20ms,gain="+bad)
	}
}
