package postgres_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"tristore/drivers"
	"tristore/drivers/cluster/programs"
	"tristore/reports/bench"
	"tristore/scenarios/load"
)

// Rounds of all sides in turns.
const (
	peerRounds     = 5
	peerWindow     = 2 * time.Second
	peerOperations = 30_000 // of a round of go-ycsb, which counts operations and no seconds
)

// BenchmarkBeside compares the closed loop of BenchmarkPointSelect with other load
// generators that read one row by its key on 16 connections of the same server, each in
// its own process. Beside sysbench, which is in C as pgbench is, the bounds are those
// beside pgbench; what is in Go must be slower than ours and take more processor time.
func BenchmarkBeside(b *testing.B) {
	server := plainServer(b)
	newAccounts(b, server)
	step := one(point(b, server))
	peers := []*peer{newSysbench(b, server), newYCSB(b, server)}
	var ours, oursCost []float64
	for range peerRounds {
		began := spent(b)
		w, err := load.Closed{Workers: selectClients, Measure: peerWindow, Drain: time.Minute}.Run(b.Context(), step)
		if err != nil || w.Counts.Committed != w.Counts.Due || w.Counts.Due == 0 {
			b.Fatalf("%v: %+v %v", err, w.Counts, w.Witness)
		}
		ours, oursCost = append(ours, w.Achieved), append(oursCost, perOperation(spent(b)-began, float64(w.Counts.Due)))
		for _, p := range peers {
			p.round(b)
		}
	}
	for _, p := range peers {
		p.report(b, "rate", "op/s", [2][]float64{ours, p.rates})
		p.report(b, "cost", "cpu-µs/op", [2][]float64{oursCost, p.costs})
	}
	b.Run("k6", func(b *testing.B) {
		b.Skip(bench.NotBuilt + "k6 is under the AGPL, and this project neither builds nor ships what is")
	})
}

// peer is another load generator.
type peer struct {
	name      string
	lacks     string // why it is not here; then it has no rounds
	slowest   float64
	dearest   float64
	command   func() *exec.Cmd
	read      func(said string) (done, perSecond float64)
	rates     []float64
	costs     []float64
	otherwise string // what it says when a read went wrong
}

func (p *peer) round(b *testing.B) {
	b.Helper()
	if p.lacks != "" {
		return
	}
	command := p.command()
	var said bytes.Buffer
	command.Stdout, command.Stderr = &said, &said
	if err := programs.Run(command); err != nil || strings.Contains(said.String(), p.otherwise) {
		b.Fatalf("%s: %v: %s", p.name, err, said.String())
	}
	done, perSecond := p.read(said.String())
	if done == 0 || perSecond == 0 {
		b.Fatalf("%s says no rate: %s", p.name, said.String())
	}
	used := command.ProcessState.SysUsage().(*syscall.Rusage) // it is that on Linux
	p.rates = append(p.rates, perSecond)
	p.costs = append(p.costs, perOperation(time.Duration(used.Utime.Nano()+used.Stime.Nano()), done))
}

// report makes a target of what was measured: of our side, and then theirs.
func (p *peer) report(b *testing.B, what, unit string, sides [2][]float64) {
	b.Helper()
	b.Run(p.name+"/"+what, func(b *testing.B) {
		if p.lacks != "" {
			b.Skip(bench.NotBuilt + p.lacks)
		}
		b.Logf("by round: ours %.4g, theirs %.4g", sides[0], sides[1])
		for b.Loop() {
			report(b, sides[0], sides[1], unit)
			if what == "rate" {
				b.ReportMetric(p.slowest, "target-at-least")
			} else {
				b.ReportMetric(p.dearest, "target-at-most")
			}
		}
	})
}

func perOperation(used time.Duration, done float64) float64 {
	return float64(used.Microseconds()) / done
}

// newSysbench reads the rows that pgbench made, by a prepared statement.
func newSysbench(b *testing.B, server drivers.Target) *peer {
	b.Helper()
	p := &peer{name: "sysbench", slowest: 0.92, dearest: 1.30, otherwise: "FATAL"}
	program, err := programs.Cache{Dir: programs.DefaultDir()}.Sysbench(b.Context())
	if err != nil {
		p.lacks = oneLine(err)
		return p
	}
	script := written(b, "point.lua", fmt.Sprintf(`
function thread_init()
  con = sysbench.sql.driver():connect()
  point = con:prepare("SELECT abalance FROM pgbench_accounts WHERE aid = ?")
  key = point:bind_create(sysbench.sql.type.INT)
  point:bind_param(key)
end
function event()
  key:set(sysbench.rand.uniform(1, %d))
  point:execute()
end
`, accounts))
	p.command = func() *exec.Cmd {
		host, port := place(server)
		command := program.Command(b.Context(), script, "--db-driver=pgsql", "--pgsql-host="+host, "--pgsql-port="+port, "--pgsql-user="+server.URL.User(),
			"--pgsql-db=postgres", "--threads="+strconv.Itoa(selectClients), "--time="+strconv.Itoa(int(peerWindow/time.Second)), "run")
		command.Env = signIn(server)
		return command
	}
	p.read = func(said string) (done, perSecond float64) {
		_, line, _ := strings.Cut(said, "queries:  ")
		_, _ = fmt.Sscanf(line, "%f (%f per sec.)", &done, &perSecond) // what does not match leaves nothing
		return done, perSecond
	}
	return p
}

// newYCSB reads one row of one field, of as many as pgbench made.
func newYCSB(b *testing.B, server drivers.Target) *peer {
	b.Helper()
	p := &peer{name: "go-ycsb", slowest: 1, dearest: 1, otherwise: "READ_ERROR"}
	program, err := programs.Cache{Dir: programs.DefaultDir()}.GoYCSB(b.Context())
	if err != nil {
		p.lacks = oneLine(err)
		return p
	}
	sql(b, server, fmt.Sprintf(`CREATE TABLE usertable (ycsb_key varchar(64) PRIMARY KEY, field0 varchar(10));
INSERT INTO usertable SELECT 'user' || i, '0' FROM generate_series(0, %d) AS i`, accounts-1))
	sql(b, server, "VACUUM ANALYZE usertable")
	host, port := place(server)
	properties := written(b, "workload", fmt.Sprintf(`workload=core
recordcount=%d
operationcount=%d
threadcount=%d
readproportion=1
updateproportion=0
requestdistribution=uniform
insertorder=ordered
fieldcount=1
fieldlength=10
silence=false
debug.pprof=127.0.0.1:0
pg.host=%s
pg.port=%s
pg.user=%s
pg.password=%s
pg.db=postgres
`, accounts, peerOperations, selectClients, host, port, server.URL.User(), server.URL.Password().Reveal()))
	p.command = func() *exec.Cmd { return programs.Command(b.Context(), program, "run", "pg", "-P", properties) }
	p.read = func(said string) (done, perSecond float64) {
		_, line, _ := strings.Cut(said[max(0, strings.Index(said, "Run finished")):], "READ ")
		var took float64
		_, _ = fmt.Sscanf(strings.TrimLeft(line, " -"), "Takes(s): %f, Count: %f, OPS: %f", &took, &done, &perSecond)
		return done, perSecond
	}
	return p
}

// sql runs statements.
func sql(b *testing.B, server drivers.Target, statements string) {
	b.Helper()
	on, err := pgconn.Connect(b.Context(), server.URL.Reveal())
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = on.Close(context.Background()) }() // its work is done
	if _, err := on.Exec(b.Context(), statements).ReadAll(); err != nil {
		b.Fatal(err)
	}
}

// written is a file of this benchmark's own that others may not read.
func written(b *testing.B, name, content string) string {
	b.Helper()
	path := filepath.Join(b.TempDir(), name)
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		b.Fatal(err)
	}
	return path
}

func oneLine(err error) string { return strings.Join(strings.Fields(err.Error()), " ") }
