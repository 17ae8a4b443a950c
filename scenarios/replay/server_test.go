package replay_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"tristore/drivers"
	"tristore/drivers/cluster"
	"tristore/drivers/cluster/programs"
	"tristore/drivers/deployment"
	"tristore/drivers/postgres"
	"tristore/reports/result"
	"tristore/scenarios/replay"
	"tristore/scenarios/trace"
)

// recorded starts a server that logs, makes the database shop with 100 goods on it, lets
// sessions work there, and gives the trace of it. The server goes on.
func recorded(t *testing.T) (on *cluster.Cluster, path, hashed string) {
	t.Helper()
	folder := t.TempDir()
	for path, mode := range map[string]os.FileMode{filepath.Dir(folder): 0o755, folder: 0o777} { // the server may be another user
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
	}
	on, err := cluster.Start(t.Context(), cluster.Spec{Engine: drivers.Engine{Product: drivers.Postgres, Major: 16}, Reach: drivers.Embedded, Durability: cluster.Relaxed,
		Dir: t.TempDir(), Cache: programs.DefaultDir(), RunID: "replay-test", Settings: map[string]string{"logging_collector": "on", "log_destination": "csvlog",
			"log_directory": folder, "log_filename": "real.log", "log_file_mode": "0644", "log_min_duration_statement": "0"}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = on.Close(context.Background()) })
	shop := on.Admin.WithDatabase("shop")
	if err := postgres.EnsureDatabase(t.Context(), on.Admin, "shop"); err != nil {
		t.Fatal(err)
	}
	if err := postgres.Exec(t.Context(), shop, "CREATE TABLE goods (id int PRIMARY KEY, sold int NOT NULL DEFAULT 0); INSERT INTO goods SELECT generate_series(1, 100)"); err != nil {
		t.Fatal(err)
	}
	for range 4 {
		work(t, shop)
	}
	log, copied := filepath.Join(folder, "real.csv"), new(strings.Builder)
	awaitLine(t, log, copied)
	// Only what the sessions did: the server's own beginning is not of this test.
	_, work, _ := strings.Cut(copied.String(), "generate_series(1, 100)")
	_, work, _ = strings.Cut(work, "\n")
	for _, made := range []struct {
		into *string
		hash bool
	}{{&path, false}, {&hashed, true}} {
		file, err := os.CreateTemp(t.TempDir(), "trace")
		if err != nil {
			t.Fatal(err)
		}
		*made.into = file.Name()
		_, err = trace.Import{Format: "csvlog", Hash: made.hash, Scratch: t.TempDir()}.Run([]trace.Log{{Name: log, From: strings.NewReader(work)}}, file)
		if err := errors.Join(err, file.Close()); err != nil {
			t.Fatal(err)
		}
	}
	return on, path, hashed
}

// work is one session: it reads, sells in a transaction, and ends with a mark.
func work(t *testing.T, shop drivers.Target) {
	t.Helper()
	session, err := postgres.DialRaw(t.Context(), shop)
	if err != nil {
		t.Fatal(err)
	}
	defer session.Close(context.Background())
	for i := range 20 {
		id := [][]byte{fmt.Appendf(nil, "%d", i+1)}
		for _, s := range []postgres.RawStatement{
			{Text: "SELECT sold FROM goods WHERE id = $1", Params: id, Prepared: true}, {Text: "BEGIN"}, {Text: "SELECT count(*) FROM goods"},
			{Text: "UPDATE goods SET sold = sold + 1 WHERE id = $1", Params: id}, {Text: "COMMIT"}, {Text: "SELECT 'last of " + fmt.Sprint(i) + "'"},
		} {
			if outcome := session.Run(t.Context(), s); !outcome.OK() {
				t.Fatal(outcome.Detail())
			}
		}
	}
}

// awaitLine reads the log once all four sessions have ended in it.
func awaitLine(t *testing.T, log string, into *strings.Builder) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	tick := time.NewTicker(20 * ms)
	defer tick.Stop()
	for {
		data, _ := os.ReadFile(log)
		if strings.Count(string(data), "execute <unnamed>: SELECT 'last of 19") == 4 {
			into.Write(data)
			return
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatalf("the log %s is not complete after a minute", log)
		}
	}
}

const ms = time.Millisecond

// onlyFrom is a trace of one statement.
func onlyFrom(t *testing.T, text string) string {
	t.Helper()
	file, err := os.CreateTemp(t.TempDir(), "trace")
	if err != nil {
		t.Fatal(err)
	}
	log := "2024-05-06 12:00:00.000 UTC [7] LOG:  statement: " + text + "\n"
	_, err = trace.Import{Format: "stderr", Scratch: t.TempDir()}.Run([]trace.Log{{Name: "log", From: strings.NewReader(log)}}, file)
	if err := errors.Join(err, file.Close()); err != nil {
		t.Fatal(err)
	}
	return file.Name()
}

// sold checks how many sales the database holds.
func sold(t *testing.T, on *cluster.Cluster, want int) {
	t.Helper()
	const query = "DO $$BEGIN IF (SELECT sum(sold) FROM goods) <> %d THEN RAISE 'it holds %% sales', (SELECT sum(sold) FROM goods); END IF; END$$"
	if err := postgres.Exec(t.Context(), on.Admin.WithDatabase("shop"), fmt.Sprintf(query, want)); err != nil {
		t.Error(err)
	}
}

func planOn(t *testing.T, path string) replay.Plan {
	t.Helper()
	from, err := trace.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer from.Close()
	plan := replay.Default()
	plan.Engine, plan.Reach = drivers.Engine{Product: drivers.Postgres, Major: 16}, drivers.External
	plan.Trace, plan.About, plan.Dir, plan.Cache, plan.Connections = path, from.Summary, t.TempDir(), programs.DefaultDir(), 3
	return plan
}

func addressOf(on *cluster.Cluster, database string) cluster.External {
	return cluster.External{URL: on.Admin.URL.WithDatabase(database), CAFile: on.CAFile}
}

// A real trace on a real server: read-only it changes nothing and counts what it leaves
// out, and with writes it sells as much again, but only onto a marked sandbox.
func TestARealTraceOnARealServer(t *testing.T) {
	on, path, hashed := recorded(t)
	sold(t, on, 80)
	plan := planOn(t, path)
	facts, err := replay.Run(t.Context(), plan, addressOf(on, "shop"))
	if err != nil {
		t.Fatal(err)
	}
	c := facts.Measurements[0].Counts
	if c.Due != 400 || c.Committed != 400 {
		t.Errorf("%+v: %v", c, facts.Observations)
	}
	if !strings.Contains(fmt.Sprint(facts.NotRun), "{80 statements not replayed: changes or locks rows") {
		t.Errorf("%v", facts.NotRun)
	}
	sold(t, on, 80)

	// A hashed trace is one that a server understands as well.
	facts, err = replay.Run(t.Context(), planOn(t, hashed), addressOf(on, "shop"))
	if err != nil || facts.Measurements[0].Counts.Committed != 400 {
		t.Errorf("%v: %+v: %v", err, facts.Measurements[0].Counts, facts.Observations)
	}

	plan.Writes, plan.Speed = true, 0
	var refusal *deployment.SandboxRefusal
	if _, err := replay.Run(t.Context(), plan, addressOf(on, "shop")); !errors.As(err, &refusal) {
		t.Fatalf("writes without a mark: %v", err)
	}
	sold(t, on, 80)
	marked := on.Admin.WithDatabase("sandbox")
	if err := postgres.EnsureDatabase(t.Context(), on.Admin, "sandbox"); err != nil {
		t.Fatal(err)
	}
	at := *on
	at.Admin = marked
	if _, err := deployment.InitSandbox(t.Context(), &at, "tester", time.Now().Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	facts, err = replay.Run(t.Context(), plan, addressOf(on, "sandbox"))
	if err != nil {
		t.Fatal(err)
	}
	if m := facts.Measurements[0]; m.Counts.Committed+m.Counts.Refused != 480 || m.Counts.Refused > 0 || m.Loop != "closed" {
		t.Errorf("%s %+v: %v", m.Loop, m.Counts, facts.Observations)
	}
	sold(t, on, 160)
}

// A database that is not there is known before a statement is sent; a server that dies
// leaves unknown outcomes and refusals, and the replay goes on to its end.
func TestAServerThatIsNotThere(t *testing.T) {
	on, path, _ := recorded(t)
	plan := planOn(t, path)
	plan.Database = "nowhere"
	facts, err := replay.Run(t.Context(), plan, addressOf(on, "shop"))
	if !errors.Is(err, cluster.ErrUnreachable) || len(facts.Measurements) > 0 || facts.Load.Trouble == "" {
		t.Errorf("%v, %d measurements", err, len(facts.Measurements))
	}
	plan.Database = ""
	// Tables without rows answer fast, and that is no pass.
	if err := postgres.EnsureDatabase(t.Context(), on.Admin, "empty"); err != nil {
		t.Fatal(err)
	}
	if err := postgres.Exec(t.Context(), on.Admin.WithDatabase("empty"), "CREATE TABLE goods (id int, sold int)"); err != nil {
		t.Fatal(err)
	}
	empty := planOn(t, onlyFrom(t, "SELECT sold FROM goods WHERE id = 1"))
	empty.Database = "empty"
	if facts, err := replay.Run(t.Context(), empty, addressOf(on, "shop")); err == nil || !strings.Contains(facts.Load.Trouble, "is the data there") {
		t.Errorf("a replay that found nothing: %v", err)
	}
	plan.Quiet = func() (func(), error) { return func() {}, on.Close(context.WithoutCancel(t.Context())) }
	facts, err = replay.Run(t.Context(), plan, addressOf(on, "shop"))
	if err != nil {
		t.Fatal(err)
	}
	if c := facts.Measurements[0].Counts; c.Due == 0 || c.Committed > 0 || c.Refused+c.Unknown != c.Due {
		t.Errorf("%+v", c)
	}
	if _, err := replay.Run(t.Context(), replay.Plan{Head: plan.Head}, cluster.External{}); err == nil {
		t.Error("a plan of nothing is carried out")
	}
	var none result.Measurement
	if facts.Measurements[0].Latency.Count != none.Latency.Count {
		t.Error("latencies of a server that was gone")
	}
}
