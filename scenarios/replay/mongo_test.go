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
	"tristore/drivers/mongo"
	"tristore/scenarios/replay"
	"tristore/scenarios/trace"
)

// profiledTrace is a trace of commands, one every millisecond, in turns of three sessions.
func profiledTrace(t *testing.T, hash bool, commands ...string) string {
	t.Helper()
	var log strings.Builder
	for i, command := range commands {
		op := map[bool]string{true: "update", false: "command"}[strings.HasPrefix(command, `{"q"`)]
		fmt.Fprintf(&log, `{"op":%q,"ns":"shop.goods","command":%s,"millis":0,"ts":{"$date":{"$numberLong":"%d"}},"client":"10.0.0.%d"}`+"\n", op, command, 1714996800000+i, i%3)
	}
	return imported(t, log.String(), hash)
}

// imported is the trace of a profiler's log.
func imported(t *testing.T, log string, hash bool) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "trace")
	file, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	_, err = trace.Import{Format: trace.Profiler, Hash: hash, Scratch: t.TempDir()}.Run([]trace.Log{{Name: "log", From: strings.NewReader(log)}}, file)
	if err := errors.Join(err, file.Close()); err != nil {
		t.Fatal(err)
	}
	return path
}

// holds checks whether a document is there: an update that changes nothing is an error of Exec.
func holds(t *testing.T, on *cluster.Cluster, filter string, is bool) {
	t.Helper()
	update := fmt.Sprintf(`{"update":"goods","updates":[{"q":%s,"u":{"$inc":{"seen":1}}}]}`, filter)
	if err := mongo.Exec(t.Context(), on.Admin.WithDatabase("shop"), update); (err == nil) != is {
		t.Errorf("%s is there: %v, wanted %v", filter, err, is)
	}
}

// startedShop is a server with 300 goods.
func startedShop(t *testing.T) *cluster.Cluster {
	t.Helper()
	on, err := cluster.Start(t.Context(), cluster.Spec{Engine: drivers.Engine{Product: drivers.FerretDB, Major: 1}, Reach: drivers.Embedded, Durability: cluster.Relaxed,
		Dir: t.TempDir(), Cache: programs.DefaultDir(), RunID: "replay-mongo-test"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = on.Close(context.Background()) })
	var documents []string
	for i := range 300 {
		documents = append(documents, fmt.Sprintf(`{"_id":%d,"sold":%d}`, i, i%10))
	}
	if err := mongo.Exec(t.Context(), on.Admin.WithDatabase("shop"), `{"insert":"goods","documents":[`+strings.Join(documents, ",")+`]}`); err != nil {
		t.Fatal(err)
	}
	return on
}

// readsAndWrites are reads, and behind them five writes.
func readsAndWrites() (commands []string, reads int) {
	for i := range 70 { // more cursors than a sender leaves open
		commands = append(commands, fmt.Sprintf(`{"find":"goods","filter":{"_id":{"$gte":%d}},"batchSize":10}`, i))
	}
	reads = len(commands) + 3
	commands = append(commands, `{"count":"goods","query":{"sold":3}}`, `{"distinct":"goods","key":"sold","query":{}}`, `{"aggregate":"goods","pipeline":[{"$match":{"sold":1}},{"$limit":5}],"cursor":{}}`,
		`{"q":{"_id":7},"u":{"$set":{"sold":777}},"multi":false}`, `{"insert":"goods","documents":[{"_id":1000}]}`, `{"insert":"goods","documents":[{"_id":7}]}`,
		`{"findAndModify":"goods","query":{"_id":8},"update":{"$set":{"sold":888}}}`, `{"aggregate":"goods","pipeline":[{"$out":"copy"}],"cursor":{}}`)
	return commands, reads
}

// profiledCursors is a trace of a cursor that is read in three batches, and of another one
// with a batch more than there is here.
func profiledCursors(t *testing.T) string {
	t.Helper()
	var log strings.Builder
	for i, line := range []string{
		`"op":"query","cursorid":{"$numberLong":"1"},"command":{"find":"goods","filter":{},"batchSize":100}`,
		`"op":"getmore","cursorid":{"$numberLong":"1"},"command":{"getMore":{"$numberLong":"1"},"collection":"goods","batchSize":100}`,
		`"op":"getmore","cursorid":{"$numberLong":"1"},"cursorExhausted":true,"command":{"getMore":{"$numberLong":"1"},"collection":"goods","batchSize":200}`,
		`"op":"query","cursorid":{"$numberLong":"2"},"command":{"find":"goods","filter":{"sold":1},"batchSize":200}`,
		`"op":"getmore","cursorid":{"$numberLong":"2"},"cursorExhausted":true,"command":{"getMore":{"$numberLong":"2"},"collection":"goods"}`,
	} {
		fmt.Fprintf(&log, `{%s,"ns":"shop.goods","millis":0,"ts":{"$date":{"$numberLong":"%d"}},"client":"10.0.0.1"}`+"\n", line, 1714996800000+i)
	}
	return imported(t, log.String(), false)
}

// Further batches are read in the replay's own cursors; what has none here is counted.
func TestFurtherBatchesOnARealServer(t *testing.T) {
	on := startedShop(t)
	plan := planOn(t, profiledCursors(t))
	plan.Engine = on.Engine
	facts, err := replay.Run(t.Context(), plan, addressOf(on, "shop"))
	if err != nil {
		t.Fatal(err)
	}
	if c := facts.Measurements[0].Counts; c.Due != 4 || c.Committed != 4 || !strings.Contains(fmt.Sprint(facts.Observations), "330") {
		t.Errorf("%+v: %v", c, facts.Observations)
	}
	if !strings.Contains(fmt.Sprint(facts.NotRun), "{1 statement not replayed: a further batch of a cursor") {
		t.Errorf("%v", facts.NotRun)
	}
}

// Commands on a real MongoDB-compatible server: read-only nothing is written, with writes
// only onto a marked sandbox, and what the server refused is no success. The trace is
// made up: no server here has a profiler.
func TestCommandsOnARealServer(t *testing.T) {
	on := startedShop(t)
	commands, reads := readsAndWrites()
	path := profiledTrace(t, false, commands...)
	plan := planOn(t, path)
	plan.Engine = on.Engine
	facts, err := replay.Run(t.Context(), plan, addressOf(on, "shop"))
	if err != nil {
		t.Fatal(err)
	}
	if c := facts.Measurements[0].Counts; c.Due != int64(reads) || c.Committed != c.Due {
		t.Errorf("%+v: %v", c, facts.Observations)
	}
	if !strings.Contains(fmt.Sprint(facts.NotRun), "{5 statements not replayed: changes or locks rows") {
		t.Errorf("%v", facts.NotRun)
	}
	holds(t, on, `{"sold":777}`, false)
	holds(t, on, `{"sold":888}`, false)
	holds(t, on, `{"_id":1000}`, false)

	// A hashed trace is one that the server understands as well, though nothing there fits it.
	empty := planOn(t, profiledTrace(t, true, `{"find":"goods","filter":{"owner":"nobody","day":{"$gt":{"$date":"2024-05-06T12:00:00Z"}}},"sort":{"day":-1},"projection":{"day":1},"limit":3}`,
		`{"count":"goods","query":{"owner":"nobody"}}`, `{"aggregate":"goods","pipeline":[{"$match":{"owner":"nobody"}},{"$group":{"_id":"$day","n":{"$sum":1}}},{"$sort":{"n":-1}},{"$limit":3}],"cursor":{}}`))
	empty.Engine = on.Engine
	facts, err = replay.Run(t.Context(), empty, addressOf(on, "shop"))
	if c := facts.Measurements[0].Counts; err == nil || !strings.Contains(facts.Load.Trouble, "is the data there") || c.Committed != 3 {
		t.Errorf("a replay that found nothing: %v, %+v: %v", err, c, facts.Observations)
	}

	plan.Writes, plan.Speed = true, 0
	var refusal *deployment.SandboxRefusal
	if _, err := replay.Run(t.Context(), plan, addressOf(on, "shop")); !errors.As(err, &refusal) {
		t.Fatalf("writes without a mark: %v", err)
	}
	holds(t, on, `{"_id":1000}`, false)
	at := *on
	at.Admin = on.Admin.WithDatabase("sandbox")
	if _, err := deployment.InitSandbox(t.Context(), &at, "tester", time.Now().Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	facts, err = replay.Run(t.Context(), plan, addressOf(on, "sandbox"))
	if err != nil {
		t.Fatal(err)
	}
	// The second insert's key is taken, and FerretDB has no $out: two refusals, each with its reason.
	m := facts.Measurements[0]
	if m.Counts.Due != int64(len(commands)) || m.Counts.Refused != 2 || m.Counts.Unknown != 0 || m.Counts.Committed != int64(len(commands)-2) {
		t.Errorf("%+v: %v", m.Counts, facts.Observations)
	}
	holds(t, on, `{"sold":777}`, true)
	holds(t, on, `{"sold":888}`, true)
	holds(t, on, `{"_id":1000}`, true)

	plan.Quiet = func() (func(), error) { return func() {}, on.Close(context.WithoutCancel(t.Context())) }
	plan.Writes, plan.Speed, plan.Drain = false, 1, time.Second
	facts, err = replay.Run(t.Context(), plan, addressOf(on, "shop"))
	if err != nil {
		t.Fatal(err)
	}
	if c := facts.Measurements[0].Counts; c.Due == 0 || c.Committed > 0 || c.Refused+c.Unknown+c.Dropped != c.Due {
		t.Errorf("of a server that is gone: %+v", c)
	}
}
