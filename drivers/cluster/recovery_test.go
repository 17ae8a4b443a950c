package cluster

import (
	"archive/tar"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"tristore/drivers"
)

func TestOnlyPostgresStartedHereRecovers(t *testing.T) {
	for _, spec := range []Spec{
		{Engine: drivers.Engine{Product: drivers.FerretDB, Major: 1}, Reach: drivers.Embedded, Archiving: true},
		{Engine: drivers.Engine{Product: drivers.Postgres, Major: 16}, Reach: drivers.External, Recovery: &Recovery{}},
		{Engine: drivers.Engine{Product: drivers.Postgres, Major: 16}, Reach: drivers.External, InitDB: []string{"--wal-segsize=1"}},
	} {
		if _, err := Start(t.Context(), spec); err == nil || !strings.Contains(err.Error(), "started here") {
			t.Errorf("%s (%s): %v", spec.Engine, spec.Reach, err)
		}
	}
	if err := (&Cluster{}).FetchWAL(t.Context(), t.TempDir()); err == nil {
		t.Error("fetched the WAL of a cluster that archives none")
	}
}

func TestWALSettingsQuoteForTheShellAndTheServer(t *testing.T) {
	at := time.Date(2026, 6, 1, 12, 0, 0, 123456000, time.FixedZone("east", 3600))
	got := walSettings(Spec{Archiving: true, Recovery: &Recovery{WAL: "x", Target: at}}, "/it's 5%")
	for name, want := range map[string]string{
		"archive_command":        `test ! -f '/it'\''s 5%%/archive'/%f && cp %p '/it'\''s 5%%/archive'/%f.part`,
		"restore_command":        `cp '/it'\''s 5%%/restore'/%f %p`,
		"recovery_target_time":   "2026-06-01 11:00:00.123456+00",
		"recovery_target_action": "promote",
	} {
		if !strings.Contains(got[name], want) {
			t.Errorf("%s = %s, wanted %s", name, got[name], want)
		}
	}
	if got := walSettings(Spec{}, "/home"); len(got) != 0 {
		t.Errorf("nothing was asked for: %v", got)
	}
}

// A base backup is somebody's file: it does not write outside the data folder.
func TestBaseStaysInItsFolder(t *testing.T) {
	for name, header := range map[string]tar.Header{
		"above": {Name: "../outside", Typeflag: tar.TypeReg, Mode: 0o600},
		"link":  {Name: "pg_wal", Typeflag: tar.TypeSymlink, Linkname: "/etc"},
	} {
		folder := t.TempDir()
		base := filepath.Join(folder, "base.tar")
		file, err := os.Create(base)
		if err != nil {
			t.Fatal(err)
		}
		archive := tar.NewWriter(file)
		if err := archive.WriteHeader(&header); err != nil {
			t.Fatal(err)
		}
		if err := archive.Close(); err != nil {
			t.Fatal(err)
		}
		if err := file.Close(); err != nil {
			t.Fatal(err)
		}
		if err := unpackBase(base, filepath.Join(folder, "data"), nil); err == nil {
			t.Errorf("%s was unpacked", name)
		}
		if _, err := os.Lstat(filepath.Join(folder, "outside")); err == nil {
			t.Errorf("%s: written outside", name)
		}
	}
}
