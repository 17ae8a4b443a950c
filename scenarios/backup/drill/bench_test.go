package drill

import (
	"context"
	"flag"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"tristore/drivers"
	"tristore/drivers/backup"
	"tristore/drivers/cluster"
	"tristore/drivers/cluster/programs"
	"tristore/drivers/deployment"
	"tristore/drivers/store"
	"tristore/scenarios/road"
)

// The size that a bench run can wait for; `go test -bench Drill ./scenarios/backup/drill
// -args -mib 1024` measures the size that is wanted.
var benchMiB = flag.Int("mib", 64, "size of the benchmark's databases in MiB")

// benchTurns are dumps and restores of each side, in turns.
const benchTurns = 5

// BenchmarkDrill compares a drill's dump and restore with the bare tools, called with the
// same options on the same data in turns; and what fingerprinting source and copy takes
// with those, with reading the same tables to their end, and in memory. The server's major
// is the clients', so that neither side works round a difference.
func BenchmarkDrill(b *testing.B) {
	bench := benched(b)
	var ours, theirs, prints, reads []float64
	for turn := range benchTurns {
		sides := []func(){
			func() { ours = append(ours, bench.ours(b)) },
			func() { theirs = append(theirs, bench.theirs(b)) },
		}
		sides[turn%2]()
		sides[(turn+1)%2]()
		sides = []func(){
			func() { prints = append(prints, bench.fingerprints(b)) },
			func() { reads = append(reads, bench.reads(b)) },
		}
		sides[turn%2]()
		sides[(turn+1)%2]()
	}
	b.Logf("%s: seconds of ours %.2f, the bare tools %.2f, fingerprints of source and copy %.2f, reading both %.2f", Bytes(bench.from.asked), ours, theirs, prints, reads)
	for _, target := range []struct {
		name         string
		ours, theirs float64
		unit         string
		most         float64
	}{
		{"tools", middle(ours), middle(theirs), "s", 1.05},
		{"fingerprint", middle(prints), middle(ours), "s", 0.5},
		{"fingerprint-read", middle(prints), middle(reads), "s", 1.5},
		{"resident", resident(b), 256, "MiB", 1},
	} {
		b.Run(target.name, func(b *testing.B) {
			for b.Loop() {
				b.ReportMetric(target.ours, "ours-"+target.unit)
				b.ReportMetric(target.theirs, "theirs-"+target.unit)
				b.ReportMetric(target.most, "target-at-most")
			}
		})
	}
}

func middle(all []float64) float64 {
	all = slices.Sorted(slices.Values(all))
	return all[len(all)/2]
}

// bench is a filled source and an empty cluster.
type bench struct {
	*round
	folder string
	turn   int
	tools  map[string]programs.Client
	copies []*deployment.Blank // that ours restored last
}

func benched(b *testing.B) *bench {
	b.Helper()
	client, err := (programs.Cache{Dir: programs.DefaultDir()}).PostgresClient(b.Context(), 17, "psql")
	if err != nil {
		b.Skip(err)
	}
	engine, size := drivers.Engine{Product: drivers.Postgres, Major: client.Major}, int64(*benchMiB)<<20
	plan := Plan{Head: road.Head{RunID: "drill-bench", Engine: engine, Reach: drivers.Embedded, Dir: b.TempDir(), Cache: programs.DefaultDir()},
		Seed: 5, Sizes: []int64{size}, Rounds: 1, Under: Idle, Rate: 1, Writes: 1, Order: Orders(engine)[0], Keep: true}
	d := &drill{plan: plan, facts: Facts(plan)}
	d.meter.say = plan.Say
	from, err := d.fill(b.Context(), size)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = from.Close(context.Background()) })
	all := &bench{round: d.begin(from), folder: b.TempDir(), tools: map[string]programs.Client{}}
	b.Cleanup(func() { _ = all.ends.Close(context.Background()) })
	if err := all.prepare(b.Context()); err != nil {
		b.Fatal(err)
	}
	if all.owner, err = all.host.AddRole(b.Context(), from.Host.Role.Name); err != nil {
		b.Fatal(err)
	}
	for _, tool := range []string{"pg_dump", "pg_restore"} {
		if all.tools[tool], err = (programs.Cache{Dir: programs.DefaultDir()}).PostgresClient(b.Context(), client.Major, tool); err != nil {
			b.Fatal(err)
		}
	}
	return all
}

// empties makes a folder and three empty databases for one turn, which is not timed.
func (t *bench) empties(b *testing.B) (folder string, copies []*deployment.Blank) {
	b.Helper()
	t.turn++
	folder = filepath.Join(t.folder, strconv.Itoa(t.turn))
	if err := os.Mkdir(folder, 0o700); err != nil {
		b.Fatal(err)
	}
	for _, name := range store.Names() {
		blank, err := t.host.BlankFor(b.Context(), name, t.owner)
		if err != nil {
			b.Fatal(err)
		}
		copies = append(copies, blank)
	}
	return folder, copies
}

// gone removes what a turn made.
func (t *bench) gone(b *testing.B, folder string, copies []*deployment.Blank) {
	b.Helper()
	if err := os.RemoveAll(folder); err != nil {
		b.Error(err)
	}
	for _, blank := range copies {
		if err := blank.Drop(b.Context()); err != nil {
			b.Error(err)
		}
	}
}

func (t *bench) ours(b *testing.B) float64 {
	b.Helper()
	t.gone(b, "", t.copies)
	folder, copies := t.empties(b)
	began := time.Now()
	for i, name := range store.Names() {
		held, err := deployment.Hold(b.Context(), t.from.deployed.AdminTarget(name))
		if err != nil {
			b.Fatal(err)
		}
		archive, _, err := backup.DumpAs(b.Context(), backup.Place{Cluster: t.from.Cluster, Database: t.from.deployed.Target(name).URL.Database()}, folder, backup.How{Snapshot: held.Name})
		if err == nil {
			_, err = backup.RestoreParts(b.Context(), backup.Place{Cluster: t.target, Database: copies[i].Target.URL.Database()}, archive, backup.How{})
		}
		if err != nil {
			b.Fatal(err)
		}
		if err := held.Close(b.Context()); err != nil {
			b.Fatal(err)
		}
	}
	took := time.Since(began).Seconds()
	t.gone(b, folder, nil)
	t.copies = copies
	return took
}

func (t *bench) theirs(b *testing.B) float64 {
	b.Helper()
	folder, copies := t.empties(b)
	began := time.Now()
	for i, name := range store.Names() {
		archive := filepath.Join(folder, string(name))
		t.call(b, t.from.Cluster, "pg_dump", "--format=custom", "--file="+archive, "--dbname="+t.from.deployed.Target(name).URL.Database())
		for _, section := range []string{"pre-data", "data", "post-data"} {
			t.call(b, t.target, "pg_restore", "--clean", "--if-exists", "--exit-on-error", "--section="+section, "--dbname="+copies[i].Target.URL.Database(), archive)
		}
	}
	took := time.Since(began).Seconds()
	t.gone(b, folder, copies)
	return took
}

// call runs a tool as an operator's script would.
func (t *bench) call(b *testing.B, on *cluster.Cluster, tool string, args ...string) {
	b.Helper()
	host, port, err := net.SplitHostPort(on.Admin.URL.HostPort())
	if err != nil {
		b.Fatal(err)
	}
	command := t.tools[tool].Command(b.Context(), append([]string{"--no-password", "--host=" + host, "--port=" + port, "--username=" + on.Admin.URL.User()}, args...)...)
	var said strings.Builder
	command.Stderr = &said
	command.Env = []string{"PATH=/usr/bin:/bin", "PGPASSWORD=" + on.Admin.URL.Password().Reveal(), "PGSSLMODE=verify-full", "PGSSLROOTCERT=" + on.CAFile}
	if err := programs.Run(command); err != nil {
		b.Fatalf("%s: %v: %s", tool, err, said.String())
	}
}

// targets are the databases of the source and of the copy that ours restored last.
func (t *bench) targets() (all []drivers.Target) {
	for i, name := range store.Names() {
		all = append(all, t.from.deployed.AdminTarget(name), t.copies[i].Admin)
	}
	return all
}

func (t *bench) fingerprints(b *testing.B) float64 {
	b.Helper()
	began := time.Now()
	for _, target := range t.targets() {
		if print, err := deployment.Fingerprint(b.Context(), target); err != nil || len(print.Tables) == 0 {
			b.Fatal(err)
		}
	}
	return time.Since(began).Seconds()
}

// reads reads the same tables to their end, as pg_dump --data-only does, and throws the rows away.
func (t *bench) reads(b *testing.B) float64 {
	b.Helper()
	began := time.Now()
	for i, name := range store.Names() {
		t.call(b, t.from.Cluster, "pg_dump", "--data-only", "--file="+os.DevNull, "--dbname="+t.from.deployed.Target(name).URL.Database())
		t.call(b, t.target, "pg_dump", "--data-only", "--file="+os.DevNull, "--dbname="+t.copies[i].Target.URL.Database())
	}
	return time.Since(began).Seconds()
}

// resident is the most that this process ever had in memory, in MiB, loading included.
func resident(b *testing.B) float64 {
	b.Helper()
	status, err := os.Open("/proc/self/status")
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = status.Close() }() // read only
	text, err := io.ReadAll(status)
	if err != nil {
		b.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		var kilobytes float64
		if n, _ := fmt.Sscanf(line, "VmHWM: %f kB", &kilobytes); n == 1 {
			return kilobytes / 1024
		}
	}
	b.Fatal("the kernel does not tell the peak of resident memory")
	return 0
}
