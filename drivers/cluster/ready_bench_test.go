package cluster

import (
	"context"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"testing"
	"time"

	"tristore/drivers"
	"tristore/drivers/cluster/programs"
)

// BenchmarkClusterReady compares Start, from the call to the first answered query over
// TLS, with `pg_ctl -w start` on a data folder that was copied before, in turns on one
// machine. Ours pays for more: the copy, the certificates, the password and the reading
// back of the settings are in its time.
func BenchmarkClusterReady(b *testing.B) {
	const pairs = 15
	engine := drivers.Engine{Product: drivers.Postgres, Major: 16}
	spec := Spec{Engine: engine, Reach: drivers.Embedded, Durability: Relaxed, Dir: b.TempDir(), Cache: programs.DefaultDir(), RunID: "bench"}
	warm, err := Start(b.Context(), spec) // fetches and makes the template
	if err != nil {
		b.Fatal(err)
	}
	if err := warm.Close(b.Context()); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		var ours, theirs []time.Duration
		for range pairs {
			started, err := Start(b.Context(), spec)
			if err != nil {
				b.Fatal(err)
			}
			ours = append(ours, started.Ready)
			if err := started.Close(b.Context()); err != nil {
				b.Fatal(err)
			}
			theirs = append(theirs, bareStart(b, spec))
		}
		b.ReportMetric(milliseconds(ours), "ours-ms")
		b.ReportMetric(milliseconds(theirs), "theirs-ms")
		b.ReportMetric(1.2, "target-at-most")
	}
}

// bareStart times pg_ctl alone: the copy is made before and the server ended after.
func bareStart(b *testing.B, spec Spec) time.Duration {
	b.Helper()
	as, cache := serverAccount(), programs.Cache{Dir: spec.Cache}
	build, err := cache.Postgres(b.Context(), spec.Engine.Major)
	if err != nil {
		b.Fatal(err)
	}
	copied, err := openTemplate(b.Context(), cache, made{build: build, as: as})
	if err != nil {
		b.Fatal(err)
	}
	run, err := openRunDir(spec.Cache, spec.RunID, as)
	if err != nil {
		b.Fatal(err)
	}
	defer func() {
		if err := run.remove(); err != nil {
			b.Error(err)
		}
	}()
	data := filepath.Join(run.path, "data")
	if err := copied.copyTo(data, as); err != nil {
		b.Fatal(err)
	}
	port, err := freePort()
	if err != nil {
		b.Fatal(err)
	}
	settings := map[string]string{"listen_addresses": loopback, "unix_socket_directories": "", "port": strconv.Itoa(port),
		"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "shared_buffers": "32MB"}
	file, err := os.OpenFile(filepath.Join(data, "postgresql.conf"), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		b.Fatal(err)
	}
	if _, err := file.Write(settingLines(settings)); err != nil {
		b.Fatal(err)
	}
	if err := file.Close(); err != nil {
		b.Fatal(err)
	}
	began := time.Now()
	pgCtl(b, build, as, "start", "-w", "-D", data, "-l", filepath.Join(run.path, "log"))
	took := time.Since(began)
	connection, err := net.Dial("tcp4", net.JoinHostPort(loopback, strconv.Itoa(port)))
	if err != nil {
		b.Error("it does not listen:", err)
	} else {
		_ = connection.Close()
	}
	pgCtl(b, build, as, "stop", "-w", "-m", "immediate", "-D", data)
	return took
}

func pgCtl(b *testing.B, build string, as *account, args ...string) {
	b.Helper()
	command := programs.Command(context.Background(), filepath.Join(build, "bin", "pg_ctl"), args...)
	command.Env, command.Dir = serverEnvironment(), "/"
	command.SysProcAttr.Credential = as.credential()
	if err := programs.Run(command); err != nil {
		b.Fatalf("pg_ctl %s: %v", args[0], err)
	}
}

func milliseconds(all []time.Duration) float64 {
	slices.Sort(all)
	return float64(all[len(all)/2].Microseconds()) / 1000
}
