package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"tristore/reports/render"
	"tristore/reports/result"
)

// loadArgs is a load that a slow machine carries too; how long its answers take is no
// matter of this test.
func loadArgs(out string, more ...string) []string {
	return append([]string{"load", "auth", "--engine", "postgres:16", "--rate", "150", "--warm", "1s", "--workers", "8", "--out", out}, more...)
}

// underLoad starts a load of its own process and waits until its window has begun.
func underLoad(t *testing.T, args ...string) child {
	t.Helper()
	run := begin(t, args...)
	run.until(t, "its window", func() bool { return strings.Contains(run.said.String(), "  150→") })
	return run
}

func TestLoadIsOfferedJudgedAndSaved(t *testing.T) {
	if testing.Short() {
		t.Skip("-short: this test starts a real server")
	}
	out := t.TempDir()
	got := tristore(t, loadArgs(out, "--reach", "embedded", "--duration", "5s", "--seed", "7", "--slo", "p99=4s,p50=3s,users.p99=4s,permissions.p50=3s")...)
	saved, err := result.Read(filepath.Join(out, "latest"))
	if err != nil {
		t.Fatalf("%v\n%s\n%s", err, got.out, got.err)
	}
	if got.code != saved.Verdict.ExitCode() || len(saved.Findings) != 6 || saved.Verdict.Status != result.Pass && !restless(saved) {
		t.Errorf("exit %d, %v\n%s\n%s", got.code, saved.Verdict, got.out, got.err)
	}
	m := saved.Measurements[0]
	if m.Loop != "open" || m.Offered != 150 || m.Counts.Due < 600 || m.Counts.Committed != m.Counts.Due || len(m.Timeline) != 5 || m.Latency.V2 == "" {
		t.Errorf("%s loop, %g/s, %+v, %d seconds", m.Loop, m.Offered, m.Counts, len(m.Timeline))
	}
	if len(m.Stores) != 2 || m.Stores[0].Committed < 2*m.Stores[1].Committed/3 || m.Stores[0].Operations < m.Counts.Due || m.Stores[1].Operations < m.Counts.Due {
		t.Errorf("%+v of %d arrivals", m.Stores, m.Counts.Due)
	}
	for _, words := range []string{"operations of users", "operations of permissions", "--slo users.p99=4s --slo permissions.p50=3s", "150→", "95 % interval", "p99.9", "service time p99", "canaries before and after", "seed    7", "repeat  tristore load auth --engine postgres:16"} {
		if !strings.Contains(got.out, words) {
			t.Errorf("%q is not in:\n%s", words, got.out)
		}
	}
	page, err := os.ReadFile(filepath.Join(out, "latest", render.HTMLName))
	if err != nil || !bytes.Contains(page, []byte("95 % interval")) || !bytes.Contains(page, []byte("Operations of permissions")) || !bytes.Contains(page, []byte(`class="plot"`)) {
		t.Errorf("the page has no plot or no intervals: %v", err)
	}
	// The saved facts are enough to judge again: on a quiet machine they pass, and with a
	// promise that nobody keeps they do not.
	saved.Load.Proof.Steady, saved.Load.Proof.Canaries, saved.Load.Proof.NoOp.Pacing.P99, saved.Measurements[0].Pacing.P99 = true, unmoved(), 0, 0
	saved.Measurements[0].Timeline = nil
	for _, c := range []struct {
		limitMs float64
		code    int
		says    string
	}{{4_000, 0, "PASS: auth on PostgreSQL 16 at 150/s kept what was promised"}, {0.001, 1, "FAIL: auth"}} {
		saved.Load.Promises = []result.Promise{{Percent: 99, LimitMs: c.limitMs}}
		if err := result.Write(filepath.Join(out, "latest"), saved); err != nil {
			t.Fatal(err)
		}
		if again := tristore(t, "judge", filepath.Join(out, "latest")); again.code != c.code || !strings.Contains(again.out, c.says) {
			t.Errorf("judged again for %g ms: exit %d\n%s", c.limitMs, again.code, again.out)
		}
	}
}

// restless tells whether a run was not decided because of the machine it ran on, which a
// test cannot help; any other reason is a defect.
func restless(run *result.Run) bool {
	for _, f := range run.Findings {
		excused := false
		for _, words := range []string{"the machine changed", "no steady part", "generator itself"} {
			excused = excused || strings.Contains(f.Reason, words)
		}
		if f.Status == result.Fail || f.Status != result.Pass && !excused {
			return false
		}
	}
	return len(run.Findings) > 0
}

func unmoved() []result.Canary {
	return []result.Canary{{Name: "cpu", BeforeMs: 1, AfterMs: 1, MaxFactor: 1.5}}
}

// A generator that did not get to run for a second makes the window INVALID, and says so.
func TestAStarvedGeneratorIsInvalid(t *testing.T) {
	if testing.Short() {
		t.Skip("-short: this test starts a real server")
	}
	out := t.TempDir()
	run := underLoad(t, loadArgs(out, "--reach", "embedded", "--duration", "12s", "--slo", "p99=10s")...)
	stopped := 0
	for _, p := range descendants(run.command.Process.Pid) {
		if p.name == own(t) { // the lane, and none of its servers
			if err := syscall.Kill(p.pid, syscall.SIGSTOP); err != nil {
				t.Fatal(err)
			}
			<-time.After(time.Second) // what it is starved of
			if err := syscall.Kill(p.pid, syscall.SIGCONT); err != nil {
				t.Fatal(err)
			}
			stopped++
		}
	}
	awaitEnd(t, run.ended)
	saved, err := result.Read(filepath.Join(out, "latest"))
	if err != nil {
		t.Fatalf("%v\n%s", err, run.said)
	}
	if stopped != 1 || run.command.ProcessState.ExitCode() != exitInconclusive {
		t.Errorf("%d lanes were stopped; exit %d\n%s", stopped, run.command.ProcessState.ExitCode(), run.said)
	}
	for _, f := range saved.Findings {
		if f.Status != result.Invalid || !strings.Contains(f.Reason, "the generator itself") {
			t.Errorf("%s: %s, %s", f.Claim, f.Status, f.Reason)
		}
	}
}

// own is this process' name as the process table has it.
func own(t *testing.T) string {
	t.Helper()
	name, err := os.ReadFile("/proc/self/comm")
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(name))
}

// Ctrl-C leaves a valid saved run of what was measured until then, judged INCONCLUSIVE.
func TestAnInterruptedLoadIsSavedAndInconclusive(t *testing.T) {
	if testing.Short() {
		t.Skip("-short: this test starts a real server")
	}
	out := t.TempDir()
	run := underLoad(t, loadArgs(out, "--reach", "embedded", "--duration", "10m")...)
	code := run.stop(t, syscall.SIGINT)
	saved, err := result.Read(filepath.Join(out, "latest"))
	if err != nil {
		t.Fatalf("%v\n%s", err, run.said)
	}
	if code != exitInconclusive || saved.Verdict.Status != result.Inconclusive || saved.Interrupted == "" {
		t.Errorf("exit %d, %v, interrupted %q", code, saved.Verdict, saved.Interrupted)
	}
	if len(saved.Measurements) != 1 || saved.Measurements[0].Counts.Committed == 0 || saved.Measurements[0].Seconds >= 600 || saved.Load.Trouble == "" {
		t.Errorf("%d measurements, trouble %q", len(saved.Measurements), saved.Load.Trouble)
	}
	for _, f := range saved.Findings {
		if f.Status != result.Inconclusive || !strings.Contains(f.Reason, "interrupted") {
			t.Errorf("%s: %s, %s", f.Claim, f.Status, f.Reason)
		}
	}
}

// Both workloads serve every mix and every spread of keys, and a data set of asked sizes.
func TestLoadServesEveryMix(t *testing.T) {
	if testing.Short() {
		t.Skip("-short: this test starts real servers")
	}
	for name, args := range map[string][]string{
		"a storm of sign-ins": {"auth", "--mix", "storm", "--keys", "latest", "--users", "900", "--row-bytes", "200", "--profile", "fork", "--cold", "--duration", "3s"},
		"visitors":            {"auth", "--mix", "visitors", "--keys", "uniform", "--files", "3", "--cold", "--duration", "3s"},
		"a ramp of shares":    {"auth", "--mix", "fanout", "--pace", "ramp", "--from", "10", "--rate", "30", "--duration", "3s"},
		"steps of API keys":   {"auth", "--mix", "keys", "--pace", "steps", "--steps", "10x1s", "--steps", "40x2s"},
		"heavy collections":   {"collections", "--mix", "heavy", "--keys", "uniform", "--workspaces", "4", "--conversations", "12", "--messages", "3", "--bulk-rows", "5000", "--rate", "20", "--cold", "--duration", "3s"},
	} {
		t.Run(name, func(t *testing.T) {
			out := t.TempDir()
			words := append([]string{"load"}, args...)
			got := tristore(t, append(words, "--engine", "postgres:16", "--reach", "embedded", "--slo", "p99=2s", "--out", out)...)
			saved, err := result.Read(filepath.Join(out, "latest"))
			if err != nil {
				t.Fatalf("%v\n%s\n%s", err, got.out, got.err)
			}
			if c := saved.Measurements[0].Counts; c.Due < 20 || c.Committed != c.Due {
				t.Errorf("%+v %+v", c, saved.Observations[0].Witness)
			}
			for i, word := range args[1:] {
				if !strings.Contains(saved.Command, word) {
					t.Errorf("%q, word %d, is not in the command that repeats the run: %s", word, i, saved.Command)
				}
			}
		})
	}
}

// Somebody's cluster is loaded only when it bears a mark, and is left as it was.
func TestLoadOnAnExternalCluster(t *testing.T) {
	if testing.Short() {
		t.Skip("-short: this test starts a real server")
	}
	server := startSomebodys(t, postgres16())
	untouched := server.state(t)
	load := func(out string) said {
		return tristore(t, loadArgs(out, "--reach", "external", "--url-file", urlFile(t, server.url), "--ca-file", server.CAFile, "--duration", "2s")...)
	}
	out := t.TempDir()
	mends(t, load(out), out, `database "box" holds no sandbox mark`)
	if now := server.state(t); now != untouched {
		t.Errorf("it held %s, and now %s", untouched, now)
	}
	if got := tristore(t, server.by(t, "init-sandbox", "--owner", "ops@example.org")...); got.code != 0 {
		t.Fatalf("exit %d: %s %s", got.code, got.out, got.err)
	}
	marked := server.state(t)
	got := load(out)
	if got.code == exitUsage || !strings.Contains(got.out, "committed") {
		t.Errorf("exit %d\n%s\n%s", got.code, got.out, got.err)
	}
	unspoken(t, canary, got, filepath.Join(out, "latest"))
	if now := server.state(t); now != marked {
		t.Errorf("it held %s, and now %s", marked, now)
	}
}

func TestLoadRefusesBadInputInOneSentence(t *testing.T) {
	file := filepath.Join(t.TempDir(), "url")
	if err := os.WriteFile(file, []byte("postgres://app:hunter2@127.0.0.1:1/db\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		args []string
		says string
	}{
		"no workload":           {nil, "tristore load auth or tristore load collections"},
		"unknown workload":      {[]string{"auht"}, "did you mean auth?"},
		"two workloads":         {[]string{"auth", "collections"}, "one workload"},
		"unknown engine":        {[]string{"auth", "--engine", "postgrse:16"}, "did you mean postgres:16?"},
		"rate zero":             {[]string{"auth", "--rate", "0"}, "above 0"},
		"rate NaN":              {[]string{"auth", "--rate", "NaN"}, "above 0"},
		"rate beyond":           {[]string{"auth", "--rate", "1e9"}, "at most 1000000"},
		"no duration":           {[]string{"auth", "--duration", "0s"}, "between a second and 24h"},
		"negative warm-up":      {[]string{"auth", "--warm", "-1s"}, "warm-up"},
		"warm-up beyond most":   {[]string{"auth", "--warm", "10s", "--warm-max", "5s"}, "warm-up"},
		"nothing due":           {[]string{"auth", "--rate", "0.1", "--duration", "2s"}, "raise the rate"},
		"no worker":             {[]string{"auth", "--workers", "0"}, "between 1 and 256"},
		"unknown profile":       {[]string{"auth", "--profile", "v28"}, "did you mean v27?"},
		"profile of the other":  {[]string{"collections", "--profile", "v27"}, "--profile is of the auth workload"},
		"mix of the other":      {[]string{"auth", "--mix", "heavy"}, "choose everyday or storm"},
		"unknown keys":          {[]string{"auth", "--keys", "zipf"}, "did you mean zipfian?"},
		"too few users":         {[]string{"auth", "--users", "1"}, "at least 2 users"},
		"too many rows":         {[]string{"collections", "--conversations", "100000", "--messages", "16"}, "ask for a smaller one"},
		"a bulk too large":      {[]string{"collections", "--bulk-rows", "5001"}, "between 1 and 5000"},
		"a mongo pipeline":      {[]string{"auth", "--pipeline", "--engine", "ferretdb:1"}, "drop it, or ask for a PostgreSQL engine"},
		"no reads to pipeline":  {[]string{"collections", "--pipeline"}, "is of the auth workload"},
		"negative files":        {[]string{"auth", "--files", "-1"}, "no negative size"},
		"negative row bytes":    {[]string{"collections", "--row-bytes", "-1"}, "no negative size"},
		"cold and warm":         {[]string{"auth", "--cold", "--warm", "5s"}, "no warm-up"},
		"a ramp from nowhere":   {[]string{"auth", "--pace", "ramp"}, "--from and --pace ramp go together"},
		"steps of none":         {[]string{"auth", "--pace", "steps"}, "--steps and --pace steps go together"},
		"a step of nothing":     {[]string{"auth", "--pace", "steps", "--steps", "100x0s"}, "step 1 needs"},
		"a step of no number":   {[]string{"auth", "--pace", "steps", "--steps", "fastx3s"}, "such as 100x30s"},
		"steps and a rate":      {[]string{"auth", "--pace", "steps", "--steps", "100x3s", "--rate", "5"}, "drop --rate"},
		"unknown pace":          {[]string{"auth", "--pace", "poison"}, "did you mean poisson?"},
		"no promise":            {[]string{"auth", "--slo", "fast"}, "such as p99=200ms"},
		"a promise of nothing":  {[]string{"auth", "--slo", "p99=0s"}, "above zero"},
		"a promise of all":      {[]string{"auth", "--slo", "p100=1s"}, "between 0 and 100"},
		"a promise of a minute": {[]string{"auth", "--slo", "p99=1m"}, "measure for longer"},
		"promised twice":        {[]string{"auth", "--slo", "p99=1s,p99=2s"}, "promised twice"},
		"failed beyond all":     {[]string{"auth", "--max-failed", "100"}, "below 100"},
		"URL without engine":    {[]string{"auth", "--url-file", file}, "give --engine"},
		"nobody at the URL":     {[]string{"auth", "--url-file", file, "--engine", "postgres:16"}, "127.0.0.1:1"},
		"a URL of the other":    {[]string{"auth", "--url-file", file, "--engine", "mongo:7"}, "mongo:7"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			out := t.TempDir()
			got := tristore(t, append([]string{"load", "--out", out}, c.args...)...)
			if got.code != exitUsage || !strings.Contains(got.err, c.says) || strings.Count(strings.TrimSpace(got.err), "\n") > 0 {
				t.Errorf("exit %d, wanted one sentence with %q:\n%s\n%s", got.code, c.says, got.err, got.out)
			}
			if left, _ := os.ReadDir(out); len(left) > 0 || strings.Contains(got.out+got.err, "hunter2") {
				t.Errorf("left %v, or repeated the password: %s", left, got.err)
			}
		})
	}
}
