package postgres_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"tristore/scenarios/load"
)

// Rounds of both sides in turns, at each share of what the server can do.
const (
	openRounds = 7
	openWarm   = 500 * time.Millisecond // in which connections prepare their statements
	openWindow = 1500 * time.Millisecond
)

// BenchmarkOpenLoop compares the latencies of an open loop of point selects with those of
// `pgbench --rate`, from its log of every transaction: both from when an arrival was due,
// at the same rate, with Poisson gaps, on 16 connections of one server. What a generator
// is late by itself is in its latencies, and ours may not have more of it. Capacity is
// what pgbench reaches in a closed loop. Both sides use one thread: pgbench by default,
// ours as long as that is enough. The processor time that an arrival takes is logged, for
// where generator and server fill the machine it decides; pgbench's holds its connecting.
func BenchmarkOpenLoop(b *testing.B) {
	server := plainServer(b)
	bench := newAccounts(b, server)
	step := one(point(b, server))
	one := []string{"-n", "-S", "-M", "prepared", "-c", strconv.Itoa(selectClients)}
	var capacity []float64
	for range 3 {
		reached, _ := theirRound(b, bench(append(one, "-T", "2")...))
		capacity = append(capacity, reached)
	}
	slices.Sort(capacity)
	for _, percent := range []int{30, 60} {
		rate := float64(int(capacity[1]) * percent / 100)
		var ours, theirs quantiles
		for round := range openRounds {
			turns := []func(){
				func() {
					began := spent(b)
					w, err := load.Open{Pacer: load.Poisson{PerSecond: rate, Seed: uint64(round)}, Workers: selectClients, Warm: openWarm, Measure: openWindow, Drain: time.Minute}.Run(b.Context(), step)
					if err != nil || w.Counts.Committed != w.Counts.Due || w.Counts.Due == 0 {
						b.Fatalf("%v: %+v %v", err, w.Counts, w.Witness)
					}
					ours.cost = append(ours.cost, perOperation(spent(b)-began, rate*(openWarm+openWindow).Seconds()))
					ours.p50, ours.p99 = append(ours.p50, 1000*w.Latency.P50), append(ours.p99, 1000*w.Latency.P99)
				},
				func() {
					sorted, used := logged(b, bench, append(one, "-R", fmt.Sprint(rate), "-T", fmt.Sprint((openWarm+openWindow).Seconds()), "--random-seed="+strconv.Itoa(round)))
					theirs.cost = append(theirs.cost, perOperation(used, rate*(openWarm+openWindow).Seconds()))
					theirs.add(b, sorted)
				},
			}
			turns[round%2]()
			turns[(round+1)%2]()
		}
		b.Logf("at %d %%, processor time of an arrival in µs, by round: ours %.1f, theirs %.1f", percent, ours.cost, theirs.cost)
		b.Run(fmt.Sprintf("%d%%/p50", percent), func(b *testing.B) { atMostTenth(b, ours.p50, theirs.p50) })
		b.Run(fmt.Sprintf("%d%%/p99", percent), func(b *testing.B) { atMostTenth(b, ours.p99, theirs.p99) })
	}
}

// atMostTenth: within a tenth of theirs.
func atMostTenth(b *testing.B, ours, theirs []float64) {
	b.Helper()
	b.Logf("by round: ours %.0f, theirs %.0f", ours, theirs)
	for b.Loop() {
		report(b, ours, theirs, "µs")
		b.ReportMetric(1.10, "target-at-most")
	}
}

// quantiles are those of each round, and the processor time of an arrival, in microseconds.
type quantiles struct{ p50, p99, cost []float64 }

func (q *quantiles) add(b *testing.B, sorted []float64) {
	b.Helper()
	if len(sorted) < 200 {
		b.Fatalf("pgbench logged %d transactions after its first %s: too few for a p99", len(sorted), openWarm)
	}
	q.p50, q.p99 = append(q.p50, sorted[len(sorted)*50/100]), append(q.p99, sorted[len(sorted)*99/100])
}

// logged runs pgbench once and gives the latencies of its log that ended after the
// warm-up, sorted, in microseconds from when each transaction was due; and its processor time.
func logged(b *testing.B, bench func(...string) *exec.Cmd, args []string) (all []float64, used time.Duration) {
	b.Helper()
	dir := b.TempDir()
	command := bench(append([]string{"-l", "--log-prefix=" + filepath.Join(dir, "log")}, args...)...)
	if out, err := command.CombinedOutput(); err != nil {
		b.Fatalf("%v: %s", err, out)
	}
	files, _ := filepath.Glob(filepath.Join(dir, "log.*")) // the pattern is right
	if len(files) != 1 {
		b.Fatalf("pgbench wrote %d logs, one thread has one", len(files))
	}
	text, err := os.ReadFile(files[0])
	if err != nil {
		b.Fatal(err)
	}
	begin := 0.0
	for line := range strings.Lines(string(text)) {
		// client, number, latency, script, seconds and microseconds of the end, and how late it began
		var skip int
		var latency, second, micro, late float64
		if n, err := fmt.Sscan(line, &skip, &skip, &latency, &skip, &second, &micro, &late); err != nil || n != 7 {
			b.Fatalf("pgbench logged %q: %v", line, err)
		}
		ended := second + micro/1e6
		if begin == 0 {
			begin = ended
		}
		if ended-begin >= openWarm.Seconds() {
			all = append(all, latency)
		}
	}
	slices.Sort(all)
	return all, command.ProcessState.UserTime() + command.ProcessState.SystemTime()
}
