package cluster

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"os"
	"path/filepath"
	"testing"

	"tristore/drivers"
	"tristore/drivers/postgres"
)

// TestCopiesHaveTheirOwnIdentity: two clusters of one template must not look like one.
func TestCopiesHaveTheirOwnIdentity(t *testing.T) {
	for _, major := range []int{12, 16, 18} {
		engine := drivers.Engine{Product: drivers.Postgres, Major: major}
		t.Run(engine.String(), func(t *testing.T) {
			seen := map[string]bool{}
			for range 2 {
				started := startTest(t, embeddedSpec(t, engine))
				facts, err := postgres.SandboxFacts(t.Context(), started.Admin)
				if err != nil {
					t.Fatal(err)
				}
				if facts.Identity == "" || seen[facts.Identity] {
					t.Errorf("identity %q again", facts.Identity)
				}
				seen[facts.Identity] = true
				// A checkpoint and a switch write the identifier into new segments, and read it back.
				for _, statement := range []string{"CREATE TABLE t AS SELECT generate_series(1, 1000)", "SELECT pg_switch_wal()", "CHECKPOINT"} {
					if err := postgres.Exec(t.Context(), started.Admin, statement); err != nil {
						t.Fatal(err)
					}
				}
			}
		})
	}
}

// TestPasswordsAreMadeForTheRun: neither another run's nor the template's opens a cluster.
func TestPasswordsAreMadeForTheRun(t *testing.T) {
	engine := drivers.Engine{Product: drivers.Postgres, Major: 16}
	one, two := startTest(t, embeddedSpec(t, engine)), startTest(t, embeddedSpec(t, engine))
	kept, err := filepath.Glob(filepath.Join(embeddedSpec(t, engine).Cache, "template", "16.*", "password"))
	if err != nil || len(kept) == 0 {
		t.Fatalf("found %v: %v", kept, err)
	}
	others := map[string]drivers.Secret{"the other run's": two.Admin.URL.Password()}
	for _, path := range kept { // one for each way in which a folder was made
		if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("the template's password has mode %v: %v", info.Mode(), err)
		}
		initial, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		others["the template's "+path] = drivers.NewSecret(string(initial))
	}
	for what, password := range others {
		target := one.Admin
		target.URL = target.URL.WithUser(superuser, password)
		if _, err := postgres.Dial(t.Context(), target); err == nil {
			t.Errorf("%s password opens this cluster", what)
		}
	}
}

func TestChecksumOffset(t *testing.T) {
	control := make([]byte, 8192)
	for i := range 288 {
		control[i] = byte(i*7 + 1)
	}
	sum := crc32.Checksum(control[:288], crc32.MakeTable(crc32.Castagnoli))
	binary.NativeEndian.PutUint32(control[288:], sum)
	if at, err := checksumOffset(control); err != nil || at != 288 {
		t.Errorf("found %d: %v", at, err)
	}
	control[17] ^= 1
	if at, err := checksumOffset(control); err == nil {
		t.Errorf("found one at %d in a damaged file", at)
	}
}

func TestSegmentOfAnotherFolderIsRefused(t *testing.T) {
	segment := filepath.Join(t.TempDir(), "000000010000000000000001")
	for _, test := range []struct {
		holds string
		want  string // what stands there after; empty means refused
	}{
		{"ownowned", "newnewid"}, {"\x00\x00\x00\x00\x00\x00\x00\x00", "\x00\x00\x00\x00\x00\x00\x00\x00"}, {"stranger", ""},
	} {
		if err := os.WriteFile(segment, append(make([]byte, walIdentity), test.holds...), 0o600); err != nil {
			t.Fatal(err)
		}
		err := identify(segment, "ownowned", []byte("newnewid"))
		got, _ := os.ReadFile(segment)
		if test.want == "" && err == nil || test.want != "" && (err != nil || !bytes.HasSuffix(got, []byte(test.want))) {
			t.Errorf("%q became %q: %v", test.holds, got, err)
		}
	}
}
