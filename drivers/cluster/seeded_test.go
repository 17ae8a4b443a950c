package cluster

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"tristore/drivers"
	"tristore/drivers/cluster/programs"
	"tristore/drivers/postgres"
)

// seeding is a cache of its own, with the programs of the usual one, and a fill that counts.
type seeding struct {
	cache string
	fills atomic.Int64
}

func newSeeding(t *testing.T) *seeding {
	t.Helper()
	if testing.Short() {
		t.Skip("-short: this test starts a real server")
	}
	s := &seeding{cache: emptyCache(t)}
	startTest(t, embeddedSpec(t, drivers.Engine{Product: drivers.Postgres, Major: 16})) // fetches the programs
	for _, name := range []string{"postgres", "template"} {
		if err := os.Symlink(filepath.Join(programs.DefaultDir(), name), filepath.Join(s.cache, name)); err != nil {
			t.Fatal(err)
		}
	}
	return s
}

func (s *seeding) spec(t *testing.T, key string) Spec {
	spec := embeddedSpec(t, drivers.Engine{Product: drivers.Postgres, Major: 16})
	spec.Cache = s.cache
	spec.Seeded = &Seeded{Key: key, Fill: func(ctx context.Context, on *Cluster) error {
		s.fills.Add(1)
		return postgres.Exec(ctx, on.Admin, "CREATE TABLE seeded AS SELECT generate_series(1, 20000) AS n")
	}}
	return spec
}

// holds tells whether a cluster has what was filled in.
func holds(t *testing.T, on *Cluster) {
	t.Helper()
	if err := postgres.Exec(t.Context(), on.Admin, "DO $$ BEGIN ASSERT (SELECT sum(n) FROM seeded) = 200010000; INSERT INTO seeded VALUES (1); END $$"); err != nil {
		t.Error(err)
	}
}

func (s *seeding) entries(t *testing.T) []string {
	t.Helper()
	all, err := filepath.Glob(filepath.Join(s.cache, seededFolder, "*uid*"))
	if err != nil {
		t.Fatal(err)
	}
	return slices.DeleteFunc(all, func(path string) bool { return strings.HasSuffix(path, ".use") || strings.HasSuffix(path, ".lock") })
}

func TestContentIsFilledOnceAndCopied(t *testing.T) {
	s := newSeeding(t)
	identities := map[string]bool{}
	for range 3 { // each changes its own copy
		started := startTest(t, s.spec(t, "one"))
		holds(t, started)
		facts, err := postgres.SandboxFacts(t.Context(), started.Admin)
		if err != nil {
			t.Fatal(err)
		}
		identities[facts.Identity] = true
	}
	if s.fills.Load() != 1 || len(identities) != 3 {
		t.Errorf("filled %d times, %d identities", s.fills.Load(), len(identities))
	}
	holds(t, startTest(t, s.spec(t, "two")))
	if s.fills.Load() != 2 {
		t.Error("other content was not filled in")
	}
	if count, bytes, err := SeededSize(s.cache); count != 2 || bytes < 10<<20 || err != nil {
		t.Errorf("%d kept with %d bytes, %v", count, bytes, err)
	}
}

func TestOfTwoRunsAtOnceOneFills(t *testing.T) {
	s := newSeeding(t)
	var runs sync.WaitGroup
	for range 2 {
		spec := s.spec(t, "shared")
		runs.Go(func() {
			started, err := Start(t.Context(), spec)
			if err != nil {
				t.Error(err)
				return
			}
			holds(t, started)
			if err := started.Close(context.Background()); err != nil {
				t.Error(err)
			}
		})
	}
	runs.Wait()
	if s.fills.Load() != 1 {
		t.Errorf("filled %d times", s.fills.Load())
	}
}

func TestDamagedContentIsMadeAnew(t *testing.T) {
	s := newSeeding(t)
	startTest(t, s.spec(t, "one"))
	for name, damage := range map[string]func(entry string) error{
		"one byte": func(entry string) error {
			path := filepath.Join(entry, "data", "global", "pg_control")
			content, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			content[7]++
			return os.WriteFile(path, content, 0o600)
		},
		"a file short":   func(entry string) error { return os.Truncate(filepath.Join(entry, "data", "pg_xact", "0000"), 10) },
		"a file missing": func(entry string) error { return os.Remove(filepath.Join(entry, "data", "PG_VERSION")) },
		"a file more": func(entry string) error {
			return os.WriteFile(filepath.Join(entry, "data", "base", "more"), nil, 0o600)
		},
		"no manifest": func(entry string) error { return os.Remove(filepath.Join(entry, manifestName)) },
		"half a manifest": func(entry string) error {
			return os.Truncate(filepath.Join(entry, manifestName), 20)
		},
		"a run that died": func(entry string) error {
			return errors.Join(os.Rename(entry, entry+halfSuffix))
		},
	} {
		entries := s.entries(t)
		if len(entries) != 1 {
			t.Fatalf("%d entries are kept: %v", len(entries), entries)
		}
		if err := damage(entries[0]); err != nil {
			t.Fatal(err)
		}
		before := s.fills.Load()
		started, err := Start(t.Context(), s.spec(t, "one"))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		holds(t, started)
		if err := started.Close(context.Background()); err != nil {
			t.Error(err)
		}
		if s.fills.Load() != before+1 {
			t.Errorf("%s: it was not made anew", name)
		}
	}
}

func TestAFillThatFailsKeepsNothing(t *testing.T) {
	s := newSeeding(t)
	spec := s.spec(t, "one")
	refusal := errors.New("no more ink")
	spec.Seeded.Fill = func(context.Context, *Cluster) error { return refusal }
	if _, err := Start(t.Context(), spec); !errors.Is(err, refusal) {
		t.Errorf("it ended with %v", err)
	}
	left, err := filepath.Glob(filepath.Join(s.cache, runsFolder, "*"))
	if err != nil || len(left) > 0 || len(s.entries(t)) > 0 {
		t.Errorf("left %v, kept %v, %v", left, s.entries(t), err)
	}
	holds(t, startTest(t, s.spec(t, "one")))
}

func TestOnlyWhatCanBeCopiedBeginsWithContent(t *testing.T) {
	for _, spec := range []Spec{
		{Engine: drivers.Engine{Product: drivers.FerretDB, Major: 2}, Reach: drivers.Container},
		{Engine: drivers.Engine{Product: drivers.Postgres, Major: 16}, Reach: drivers.External},
	} {
		spec.Seeded = &Seeded{Key: "x"}
		if _, err := Start(t.Context(), spec); err == nil || !strings.Contains(err.Error(), "begin with content") {
			t.Errorf("%s %s: %v", spec.Engine, spec.Reach, err)
		}
	}
	for _, key := range []string{"", "a/b", "..", strings.Repeat("x", 41)} {
		if _, err := seededKey(&embedded{spec: Spec{Seeded: &Seeded{Key: key}}}, "build"); err == nil {
			t.Errorf("key %q was accepted", key)
		}
	}
}

// TestWhatIsKeptIsBounded has entries that are small and say that they are large.
func TestWhatIsKeptIsBounded(t *testing.T) {
	cache := programs.Cache{Dir: t.TempDir()}
	put := func(name string, m manifest, age time.Duration) {
		t.Helper()
		dir := filepath.Join(cache.Dir, seededFolder, name)
		text, err := json.Marshal(m)
		used := time.Now().Add(-age)
		if err := errors.Join(err, os.MkdirAll(dir, 0o755), os.WriteFile(filepath.Join(dir, manifestName), text, 0o600), os.Chtimes(dir, used, used)); err != nil {
			t.Fatal(err)
		}
	}
	kept := func() (names []string) {
		t.Helper()
		all, err := listSeeded(cache)
		if err != nil {
			t.Fatal(err)
		}
		for _, one := range all {
			names = append(names, filepath.Base(one.key))
		}
		return names
	}
	sound := func(bytes int64) manifest { return manifest{Format: seededFormat, Bytes: bytes} }
	for i := range seededMax + 3 {
		put(fmt.Sprint("n", i), sound(1), time.Duration(i)*time.Hour)
	}
	oldest := filepath.Join(seededFolder, fmt.Sprint("n", seededMax+2)) // just made, as its clock would never say
	release, err := cache.Hold(t.Context(), filepath.Join(seededFolder, fmt.Sprint("n", seededMax+1)))
	if err != nil {
		t.Fatal(err)
	}
	if err := trimSeeded(t.Context(), cache, oldest); err != nil {
		t.Fatal(err)
	}
	release()
	if got := fmt.Sprint(kept()); got != "[n0 n1 n2 n5 n6]" {
		t.Errorf("by number, with n5 held and n6 in use, stay %s", got)
	}
	put("large", sound(seededBytes), 0)
	if err := trimSeeded(t.Context(), cache, filepath.Join(seededFolder, "large")); err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprint(kept()); got != "[large]" {
		t.Errorf("by bytes stay %s", got)
	}
	put("old", sound(1), seededStale+time.Hour)
	put("other-format", manifest{Format: "0"}, 0)
	put("died.half", sound(1), 0)
	put("working.half", sound(1), 0)
	if release, err = cache.Hold(t.Context(), filepath.Join(seededFolder, "working")); err != nil {
		t.Fatal(err)
	}
	defer release()
	removed, err := sweepSeeded(t.Context(), cache)
	names := kept()
	slices.Sort(names)
	if got := fmt.Sprint(names); got != "[large working.half]" || len(removed) != 3 || err != nil {
		t.Errorf("after a sweep stay %s, removed %v, %v", got, removed, err)
	}
}
