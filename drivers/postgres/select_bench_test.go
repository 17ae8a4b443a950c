package postgres_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"golang.org/x/sys/unix"

	"tristore/drivers"
	"tristore/drivers/cluster"
	"tristore/drivers/cluster/programs"
	"tristore/drivers/postgres"
	"tristore/drivers/store"
	"tristore/scenarios/load"
)

// How BenchmarkPointSelect measures: rounds of all sides in turns on one server.
const (
	selectRounds  = 5
	selectWindow  = 3 * time.Second
	selectClients = 16
	accounts      = 100_000 * 5 // of pgbench's scale
	// requestReads are those of a v27 request: its caller, four rows of the organisation,
	// the workspace and its roles.
	requestReads = 7
)

// BenchmarkPointSelect compares the closed loop of 16 connections over plain TCP, through
// step, pool, prepared statement, outcome and recorder, with `pgbench -S -M prepared` (one
// thread, its default): in operations per second, and in the processor time that the
// client spends on each. Then the same reads as the seven of a request, sent together.
func BenchmarkPointSelect(b *testing.B) {
	server := plainServer(b)
	bench := newAccounts(b, server)
	on := point(b, server)
	var rate, cost, pipelined sides
	for range selectRounds {
		theirs, theirCost := theirRound(b, bench("-n", "-S", "-M", "prepared", "-c", strconv.Itoa(selectClients), "-T", strconv.Itoa(int(selectWindow/time.Second))))
		ours, ourCost := ourRound(b, one(on))
		requests, _ := ourRound(b, together(on))
		rate.add(ours, theirs)
		cost.add(ourCost, theirCost)
		pipelined.add(requests*requestReads, theirs)
	}
	b.Run("rate", func(b *testing.B) { rate.report(b, "op/s", "target-at-least", 0.92) })
	b.Run("cost", func(b *testing.B) { cost.report(b, "cpu-µs/op", "target-at-most", 1.30) })
	b.Run("pipelined", func(b *testing.B) { pipelined.report(b, "op/s", "target-at-least", 2.5) })
}

// newAccounts makes pgbench's tables, and gives what calls pgbench on them.
func newAccounts(b *testing.B, server drivers.Target) func(args ...string) *exec.Cmd {
	b.Helper()
	pgbench, err := exec.LookPath("pgbench")
	if err != nil {
		b.Skip("pgbench is not on this machine: apt-get install postgresql-contrib or postgresql")
	}
	bench := func(args ...string) *exec.Cmd {
		host, port := place(server)
		command := exec.CommandContext(b.Context(), pgbench, append(args, "-h", host, "-p", port, "-U", server.URL.User(), "postgres")...)
		command.Env = signIn(server)
		return command
	}
	if out, err := bench("-i", "-q", "-s", strconv.Itoa(accounts/100_000)).CombinedOutput(); err != nil {
		b.Fatalf("%v: %s", err, out)
	}
	return bench
}

func place(server drivers.Target) (host, port string) {
	host, port, _ = net.SplitHostPort(server.URL.HostPort()) // cluster.Start made it
	return host, port
}

// signIn is the environment of a client of libpq.
func signIn(server drivers.Target) []string {
	return []string{"PGPASSWORD=" + server.URL.Password().Reveal(), "PGSSLMODE=disable", "PATH=/usr/bin:/bin"}
}

func report(b *testing.B, ours, theirs []float64, unit string) {
	b.Helper()
	middle := func(all []float64) float64 { return slices.Sorted(slices.Values(all))[len(all)/2] }
	b.ReportMetric(middle(ours), "ours-"+unit)
	b.ReportMetric(middle(theirs), "theirs-"+unit)
}

// sides are what ours and theirs measured, by round.
type sides struct{ ours, theirs, ratios []float64 }

func (s *sides) add(ours, theirs float64) {
	s.ours, s.theirs, s.ratios = append(s.ours, ours), append(s.theirs, theirs), append(s.ratios, ours/theirs)
}

// report gives the medians of both sides, and between which ratios the rounds lay.
func (s *sides) report(b *testing.B, unit, target string, bound float64) {
	for b.Loop() {
		report(b, s.ours, s.theirs, unit)
		b.ReportMetric(slices.Min(s.ratios), "lowest-ratio")
		b.ReportMetric(slices.Max(s.ratios), "highest-ratio")
		b.ReportMetric(bound, target)
	}
}

// ourRound runs the closed loop once and gives its rate and the processor time of a step.
func ourRound(b *testing.B, step load.Step) (perSecond, microseconds float64) {
	b.Helper()
	began := spent(b)
	w, err := load.Closed{Workers: selectClients, Measure: selectWindow, Drain: time.Minute}.Run(b.Context(), step)
	if err != nil || w.Counts.Committed != w.Counts.Due || w.Counts.Due == 0 {
		b.Fatalf("%v: %+v %v", err, w.Counts, w.Witness)
	}
	return w.Achieved, float64((spent(b) - began).Microseconds()) / float64(w.Counts.Due)
}

// theirRound runs pgbench once and gives its own rate and the processor time of an operation.
func theirRound(b *testing.B, command *exec.Cmd) (perSecond, microseconds float64) {
	b.Helper()
	out, err := command.CombinedOutput()
	if err != nil {
		b.Fatalf("%v: %s", err, out)
	}
	done := 0.0
	for line := range strings.Lines(string(out)) {
		_, _ = fmt.Sscanf(line, "tps = %f (without", &perSecond) // a line that does not match leaves it
		_, _ = fmt.Sscanf(line, "number of transactions actually processed: %f", &done)
	}
	used := command.ProcessState.SysUsage().(*syscall.Rusage) // it is that on Linux
	if done == 0 || perSecond == 0 {
		b.Fatalf("pgbench says no rate: %s", out)
	}
	return perSecond, float64(time.Duration(used.Utime.Nano()+used.Stime.Nano()).Microseconds()) / done
}

// plainServer is a server of this benchmark's own that takes connections without TLS too.
func plainServer(b *testing.B) drivers.Target {
	b.Helper()
	on, err := cluster.Start(b.Context(), cluster.Spec{Engine: drivers.Engine{Product: drivers.Postgres, Major: 16}, Reach: drivers.Embedded, Durability: cluster.Relaxed,
		Dir: b.TempDir(), Cache: programs.DefaultDir(), RunID: "select-bench"})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		if err := on.Close(context.Background()); err != nil {
			b.Error(err)
		}
	})
	config, err := pgconn.ParseConfig(on.Admin.URL.WithOption("sslmode", "require").Reveal())
	if err != nil {
		b.Fatal(err)
	}
	admin, err := pgconn.ConnectConfig(b.Context(), config)
	if err != nil {
		b.Fatal(err)
	}
	_, openErr := admin.Exec(b.Context(), `DO $$ BEGIN EXECUTE format('COPY (SELECT ''host all all 127.0.0.1/32 scram-sha-256'') TO %L', current_setting('hba_file')); END $$; SELECT pg_reload_conf()`).ReadAll()
	if err := errors.Join(openErr, admin.Close(b.Context())); err != nil {
		b.Fatal(err)
	}
	on.Admin.URL = on.Admin.URL.WithOption("sslmode", "disable")
	return on.Admin
}

// point opens the path that stores read by, with a connection for each worker.
func point(b *testing.B, at drivers.Target) *postgres.Point {
	b.Helper()
	at.PoolMax = selectClients
	for try := 0; ; try++ { // the server reads its access rules again within moments
		on, err := postgres.OpenPoint(b.Context(), at)
		if err == nil {
			b.Cleanup(func() { _ = on.Close(context.Background()) }) // the server ends after
			return on
		}
		if try == 100 {
			b.Fatal(err)
		}
		<-time.After(20 * time.Millisecond)
	}
}

// accountOf is the one that an arrival asks for: a function of its number.
func accountOf(arrival int64) int { return 1 + int(uint64(arrival)*0x9e3779b97f4a7c15>>20%accounts) }

// one reads the balance of one account.
func one(on *postgres.Point) load.Step {
	return func(ctx context.Context, _ int, arrival int64) store.Outcome {
		balance, outcome := on.Balance(ctx, accountOf(arrival))
		return load.Expect(outcome, "balance", balance, 0)
	}
}

// together reads those of as many accounts as a request reads rows, sent before the first
// answer is waited for. The request ends as the first of them that is not committed.
func together(on *postgres.Point) load.Step {
	return func(ctx context.Context, _ int, arrival int64) store.Outcome {
		var keys [requestReads]int
		for i := range keys {
			keys[i] = accountOf(arrival*requestReads + int64(i))
		}
		balances, outcomes := on.Balances(ctx, keys[:]...)
		for i, outcome := range outcomes {
			if outcome = load.Expect(outcome, "balance", balances[i], 0); !outcome.OK() {
				return outcome
			}
		}
		return store.Done()
	}
}

// spent is the processor time of this process.
func spent(b *testing.B) time.Duration {
	b.Helper()
	var all unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_SELF, &all); err != nil {
		b.Fatal(err)
	}
	return time.Duration(all.Utime.Nano() + all.Stime.Nano())
}
