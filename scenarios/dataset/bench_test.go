package dataset

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"tristore/drivers/cluster"
	"tristore/drivers/deployment"
	"tristore/drivers/store"
)

// BenchmarkBulkLoad compares a load with psql \copy of the same rows from files that were
// written before, in turns on one server, over TLS, on one connection and on several. Ours
// pays for more: it makes the rows while it loads them, looks first which are there, and
// commits every chunk. psql's connecting is not in its time.
func BenchmarkBulkLoad(b *testing.B) {
	host := hostOf(b, "postgres:16")
	set := Collections{Of: Identity{Seed: 5, Sizes: Small()}, Sizes: CollectionSizes{
		Workspaces: 1, Conversations: 2000, MessagesPerConversation: 20, MessageBytes: 1000, Agents: 3, MetricHours: 1000, Bindings: 4,
	}}
	files := export(b, host, set)
	for _, c := range []struct {
		connections int
		target      float64
	}{{1, 0.95}, {4, 1}} {
		b.Run(fmt.Sprintf("connections=%d", c.connections), func(b *testing.B) {
			const pairs = 11
			for b.Loop() {
				var ours, theirs []float64
				for i := range pairs {
					turns := []func(){
						func() { ours = append(ours, loaded(b, host, set, c.connections)) },
						func() { theirs = append(theirs, copied(b, host, set, files)) },
					}
					turns[i%2]()
					turns[(i+1)%2]()
				}
				b.ReportMetric(median(ours), "ours-rows/s")
				b.ReportMetric(median(theirs), "theirs-rows/s")
				b.ReportMetric(c.target, "target-at-least")
				b.Logf("rows/s, sorted: ours %.0f, theirs %.0f", ours, theirs)
			}
		})
	}
}

func median(all []float64) float64 {
	slices.Sort(all)
	return all[len(all)/2]
}

// declared is a deployment with the empty tables of a set.
func declaredOn(b *testing.B, host *deployment.Host, set Set) *deployment.Deployment {
	b.Helper()
	deployed, err := host.Deploy(b.Context())
	if err == nil {
		err = NewLoading(set, deployed, 1).declare(b.Context(), set.parts())
	}
	if err != nil {
		b.Fatal(err)
	}
	return deployed
}

func gone(b *testing.B, deployed *deployment.Deployment) {
	b.Helper()
	if err := deployed.Close(context.Background()); err != nil {
		b.Error(err)
	}
}

// loaded is the rate of one load.
func loaded(b *testing.B, host *deployment.Host, set Set, connections int) float64 {
	b.Helper()
	deployed := declaredOn(b, host, set)
	defer gone(b, deployed)
	began := time.Now()
	if err := NewLoading(set, deployed, connections).Run(b.Context()); err != nil {
		b.Fatal(err)
	}
	return float64(Total(set)) / time.Since(began).Seconds()
}

// export loads the set once and writes each of its tables into a file.
func export(b *testing.B, host *deployment.Host, set Set) map[string]string {
	b.Helper()
	deployed := declaredOn(b, host, set)
	defer gone(b, deployed)
	if err := NewLoading(set, deployed, 2).Run(b.Context()); err != nil {
		b.Fatal(err)
	}
	files, dir := map[string]string{}, b.TempDir()
	for i, t := range byTable(set.parts()) {
		files[t.table] = filepath.Join(dir, strconv.Itoa(i))
	}
	psql(b, deployed, files, "to")
	return files
}

// copied is the rate of psql \copy of all tables on one connection.
func copied(b *testing.B, host *deployment.Host, set Set, files map[string]string) float64 {
	b.Helper()
	deployed := declaredOn(b, host, set)
	defer gone(b, deployed)
	took := psql(b, deployed, files, "from")
	if there, err := look(b.Context(), set.parts(), deployed, 1); err != nil || there[1].count() != set.parts()[1].rows {
		b.Fatalf("psql did not copy the rows: %v", err)
	}
	return float64(Total(set)) / took.Seconds()
}

var timing = regexp.MustCompile(`(?m)^Time: ([0-9.]+) ms`)

// psql copies every table to or from its file, and says how long the copies took.
func psql(b *testing.B, deployed *deployment.Deployment, files map[string]string, way string) time.Duration {
	b.Helper()
	at := deployed.Host(store.CollectionsStore).Cluster
	program, err := at.Tools.Find(b.Context(), "psql")
	if err != nil {
		b.Fatal(err)
	}
	target := deployed.Target(store.CollectionsStore)
	script := "\\timing on\n"
	for table, file := range files {
		script += fmt.Sprintf("\\copy \"%s\" %s '%s'\n", table, way, file)
	}
	var said bytes.Buffer
	err = program.Run(b.Context(), cluster.Invocation{
		Args: []string{"--no-psqlrc", "--set=ON_ERROR_STOP=1", "--host=" + program.Host, "--port=" + program.Port, "--username=" + target.URL.User(), "--dbname=" + target.URL.Database()},
		Env:  []string{"PGPASSWORD=" + target.URL.Password().Reveal(), "PGSSLMODE=verify-full", "PGSSLROOTCERT=" + program.CAFile},
		In:   strings.NewReader(script), Out: &said,
	})
	times := timing.FindAllStringSubmatch(said.String(), -1)
	if err == nil && len(times) != len(files) {
		err = errors.New("psql timed not every table: " + said.String())
	}
	if err != nil {
		b.Fatal(err)
	}
	var sum float64
	for _, one := range times {
		ms, _ := strconv.ParseFloat(one[1], 64) // by its pattern
		sum += ms
	}
	return time.Duration(sum * float64(time.Millisecond))
}
