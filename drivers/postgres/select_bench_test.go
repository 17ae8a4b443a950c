package postgres_test

import (
	"context"
	"encoding/binary"
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
	"tristore/drivers/store"
	"tristore/scenarios/load"
)

// How BenchmarkPointSelect measures: rounds of both sides in turns on one server.
const (
	selectRounds  = 5
	selectWindow  = 3 * time.Second
	selectClients = 16
	accounts      = 100_000 * 5 // of pgbench's scale
)

// BenchmarkPointSelect compares the closed loop of 16 connections over plain TCP, through
// step, outcome and recorder, with `pgbench -S -M prepared` (one thread, its default): in
// operations per second, and in the processor time that the client spends on each.
func BenchmarkPointSelect(b *testing.B) {
	server := plainServer(b)
	bench := newAccounts(b, server)
	clients := newSelectors(b, server)
	var ours, theirs, oursCost, theirsCost, ratios, costs []float64
	for range selectRounds {
		began := spent(b)
		w, err := load.Closed{Workers: selectClients, Measure: selectWindow, Drain: time.Minute}.Run(b.Context(), clients.step)
		if err != nil || w.Counts.Committed != w.Counts.Due || w.Counts.Due == 0 {
			b.Fatalf("%v: %+v %v", err, w.Counts, w.Witness)
		}
		ours, oursCost = append(ours, w.Achieved), append(oursCost, float64((spent(b)-began).Microseconds())/float64(w.Counts.Due))
		done, cost := theirRound(b, bench("-n", "-S", "-M", "prepared", "-c", strconv.Itoa(selectClients), "-T", strconv.Itoa(int(selectWindow/time.Second))))
		theirs, theirsCost = append(theirs, done), append(theirsCost, cost)
		ratios, costs = append(ratios, w.Achieved/done), append(costs, oursCost[len(oursCost)-1]/cost)
	}
	b.Logf("rates by round %.3f of pgbench's, client processor time by round %.3f", ratios, costs)
	b.Run("rate", func(b *testing.B) {
		for b.Loop() {
			report(b, ours, theirs, "op/s")
			b.ReportMetric(0.92, "target-at-least")
		}
	})
	b.Run("cost", func(b *testing.B) {
		for b.Loop() {
			report(b, oursCost, theirsCost, "cpu-µs/op")
			b.ReportMetric(1.30, "target-at-most")
		}
	})
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

// selectors are one connection for each worker, with its statement and its buffers.
type selectors []*selector

type selector struct {
	on      *pgconn.PgConn
	key     [4]byte
	params  [][]byte
	formats []int16
}

func newSelectors(b *testing.B, at drivers.Target) (all selectors) {
	b.Helper()
	for range selectClients {
		var on *pgconn.PgConn
		for try := 0; ; try++ { // the server reads its access rules again within moments
			var err error
			if on, err = pgconn.Connect(b.Context(), at.URL.Reveal()); err == nil {
				break
			}
			if try == 100 {
				b.Fatal(err)
			}
			<-time.After(20 * time.Millisecond)
		}
		b.Cleanup(func() { _ = on.Close(context.Background()) }) // the server ends after
		if _, err := on.Prepare(b.Context(), "point", "SELECT abalance FROM pgbench_accounts WHERE aid = $1", nil); err != nil {
			b.Fatal(err)
		}
		s := &selector{on: on, formats: []int16{1}}
		s.params = [][]byte{s.key[:]}
		all = append(all, s)
	}
	return all
}

// step reads the balance of one account, which is a function of the arrival.
func (s selectors) step(ctx context.Context, worker int, arrival int64) store.Outcome {
	own := s[worker]
	binary.BigEndian.PutUint32(own.key[:], uint32(1+uint64(arrival)*0x9e3779b97f4a7c15>>20%accounts))
	rows, balance := own.on.ExecPrepared(ctx, "point", own.params, own.formats, own.formats), 0
	for rows.NextRow() {
		balance += len(rows.Values()[0])
	}
	if _, err := rows.Close(); err != nil {
		return store.Outcome{Err: err}
	}
	return load.Expect(store.Done(), "bytes of the balance", balance, 4)
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
