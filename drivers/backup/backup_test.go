package backup

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"
	"time"

	"tristore/drivers"
	"tristore/drivers/cluster"
	"tristore/drivers/cluster/programs"
	"tristore/drivers/postgres"
)

// TestDamagedArchivesAreRefused dumps a real database and restores archives that lost
// their end or had a byte changed: none of them may be restored without an error.
func TestDamagedArchivesAreRefused(t *testing.T) {
	if testing.Short() {
		t.Skip("-short: this test starts a real server")
	}
	running := start(t)
	from := Place{running, "tristore_source"}
	make := func(name string) {
		t.Helper()
		if err := postgres.Exec(t.Context(), running.Admin, "CREATE DATABASE "+name); err != nil {
			t.Fatal(err)
		}
	}
	make(from.Database)
	if err := postgres.Exec(t.Context(), running.Admin.WithDatabase(from.Database), `CREATE TABLE words (id int PRIMARY KEY, word text);
		INSERT INTO words SELECT i, md5(i::text) || md5((i * 7)::text) FROM generate_series(1, 20000) i; CREATE INDEX ON words (word)`); err != nil {
		t.Fatal(err)
	}
	archive, report, err := Dump(t.Context(), from, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	if report.Tool != "pg_dump" || report.Version == "" || report.Seconds <= 0 || report.Bytes != archive.Bytes || len(report.Errors) != 0 {
		t.Errorf("report %+v", report)
	}
	whole, err := os.ReadFile(archive.Path)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(whole), running.Admin.URL.Password().Reveal()) {
		t.Error("the archive holds the administrator's password")
	}
	for i, test := range damages(whole) {
		into := Place{running, fmt.Sprintf("tristore_copy%d", i)}
		make(into.Database)
		damaged := archive
		damaged.Path = fmt.Sprintf("%s/%d", t.TempDir(), i)
		if err := os.WriteFile(damaged.Path, test.content, 0o600); err != nil {
			t.Fatal(err)
		}
		if damaged.SHA256, damaged.Bytes, err = digest(damaged.Path); err != nil {
			t.Fatal(err) // the tools are on trial here, not the digest
		}
		report, err := Restore(t.Context(), into, damaged)
		if (err != nil) != test.broken || err != nil && !Broke(err) {
			t.Errorf("%s: error %v, wanted one: %t; notes %q", test.name, err, test.broken, report.Notes)
		}
		if !test.broken && (report.Way == "" || len(report.Errors)+len(report.Warnings) != 0) {
			t.Errorf("%s: PostgreSQL 16 needs another way: %+v", test.name, report)
		}
	}
	if err := os.WriteFile(archive.Path, whole[:len(whole)-1], 0o600); err != nil {
		t.Fatal(err)
	}
	var altered *Altered
	if _, err := Restore(t.Context(), Place{running, "tristore_copy0"}, archive); !errors.As(err, &altered) || !Broke(err) {
		t.Errorf("an archive without its last byte was taken: %v", err)
	}
	if _, _, err := Dump(t.Context(), Place{running, "tristore_nowhere"}, t.TempDir()); !Broke(err) {
		t.Errorf("a database that is not there was dumped: %v", err)
	}
}

type damageOf struct {
	name    string
	content []byte
	broken  bool
}

func damages(whole []byte) []damageOf {
	return []damageOf{
		{"whole", whole, false},
		{"60 %", whole[:len(whole)*6/10], true},
		{"95 %", whole[:len(whole)*95/100], true},
		{"a byte in the middle changed", flipped(whole, len(whole)/2), true},
		{"nothing", nil, true},
	}
}

func flipped(whole []byte, at int) []byte {
	other := append([]byte(nil), whole...)
	other[at] ^= 0x20
	return other
}

func start(t *testing.T) *cluster.Cluster {
	t.Helper()
	dir, err := os.MkdirTemp("", "tristore-backup-")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	running, err := cluster.Start(ctx, cluster.Spec{Engine: drivers.Engine{Product: drivers.Postgres, Major: 16}, Reach: drivers.Embedded,
		Durability: cluster.Relaxed, Dir: dir, Cache: programs.DefaultDir(), RunID: "backup-driver-test"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := running.Close(context.Background()); err != nil {
			t.Error(err)
		}
		_ = os.RemoveAll(dir)
	})
	return running
}

// toolbox finds a program of a given version for every name.
type toolbox string

func (b toolbox) Find(_ context.Context, name string) (*cluster.Program, error) {
	return &cluster.Program{Name: name, Version: string(b)}, nil
}

func TestToolOlderThanItsServerIsMissing(t *testing.T) {
	at := Place{&cluster.Cluster{Engine: drivers.Engine{Product: drivers.Postgres, Major: 16}, Tools: toolbox("pg_dump (PostgreSQL) 15.18")}, "x"}
	_, err := pgDump(t.Context(), at, How{}, io.Discard)
	var missing *cluster.ToolMissing
	if !errors.As(err, &missing) || Broke(err) {
		t.Errorf("got %v", err)
	}
	if err := Ready(t.Context(), at); !errors.As(err, &missing) || !strings.Contains(err.Error(), "16 or later") {
		t.Errorf("a server newer than the tools: %v", err)
	}
}

func TestNoArgumentHoldsASecret(t *testing.T) {
	secret := drivers.NewSecret("hunter2")
	for _, engine := range []drivers.Engine{{Product: drivers.Postgres, Major: 16}, {Product: drivers.Mongo, Major: 7}} {
		at := Place{&cluster.Cluster{Engine: engine, Admin: drivers.Target{Engine: engine, URL: drivers.Address{Scheme: "x", User: "admin", Password: secret, HostPort: "h:1", Database: "admin"}.URL()}}, "db"}
		program := &cluster.Program{Host: "127.0.0.1", Port: "1", CAFile: "/ca.pem"}
		call := invocation(at, program)
		if engine.Product == drivers.Mongo {
			call = configured(at, program)
			if !strings.Contains(string(call.Files["config"]), "hunter2") {
				t.Error("the configuration file lacks the password")
			}
		}
		if strings.Contains(strings.Join(call.Args, " "), "hunter2") {
			t.Errorf("%s: arguments %q", engine, call.Args)
		}
	}
}
