package cluster

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"tristore/drivers"
	"tristore/drivers/cluster/programs"
	"tristore/drivers/mongo"
	"tristore/drivers/postgres"
)

// content is what a container is filled with, and how to see that it is there.
type content struct {
	engine      drivers.Engine
	fill, holds func(ctx context.Context, on drivers.Target) error
}

func contents() []content {
	sql := func(text string) func(context.Context, drivers.Target) error {
		return func(ctx context.Context, on drivers.Target) error { return postgres.Exec(ctx, on, text) }
	}
	command := func(text string) func(context.Context, drivers.Target) error {
		return func(ctx context.Context, on drivers.Target) error {
			return mongo.Exec(ctx, on.WithDatabase("seeded"), text)
		}
	}
	return []content{
		{drivers.Engine{Product: drivers.Postgres, Major: 16}, sql("CREATE TABLE seeded AS SELECT generate_series(1, 20000) AS n"),
			sql("DO $$ BEGIN ASSERT (SELECT sum(n) FROM seeded) = 200010000; INSERT INTO seeded VALUES (1); END $$")},
		{drivers.Engine{Product: drivers.FerretDB, Major: 1}, command(`{"insert": "goods", "documents": [{"_id": 1}]}`),
			command(`{"createIndexes": "goods", "indexes": [{"key": {"n": 1}, "name": "n"}]}`)},
	}
}

// A container's content is filled in once and copied from then on; when a file of it is
// not what was written, or its volume is gone, it is made anew.
func TestAContainersContentIsFilledOnceAndCopied(t *testing.T) {
	if testing.Short() {
		t.Skip("-short: this test starts containers")
	}
	for _, c := range contents() {
		t.Run(c.engine.String(), func(t *testing.T) {
			withImage(t, c.engine)
			cache, fills := t.TempDir(), 0
			begin := func(t *testing.T) {
				t.Helper()
				started := startTest(t, Spec{Engine: c.engine, Reach: drivers.Container, Durability: Relaxed, Dir: t.TempDir(), Cache: cache, RunID: "seeded-test",
					Seeded: &Seeded{Key: "one", Fill: func(ctx context.Context, on *Cluster) error {
						fills++
						return c.fill(ctx, on.Admin)
					}}})
				if err := c.holds(t.Context(), started.Admin); err != nil {
					t.Error(err)
				}
				t.Log("ready after", started.Ready)
			}
			t.Cleanup(func() { forgetVolumes(t, cache) })
			for range 2 { // each changes its own copy
				t.Run("copy", begin)
			}
			if fills != 1 {
				t.Errorf("filled %d times", fills)
			}
			if c.engine.Product != drivers.Postgres {
				return // the rest is alike
			}
			spoil(t, c.engine, cache)
			t.Run("damaged", begin)
			if fills != 2 {
				t.Errorf("damaged content was filled in %d times", fills)
			}
			if count, bytes, err := SeededSize(cache); count != 1 || bytes < 8<<10 || err != nil {
				t.Errorf("%d kept with %d bytes, %v", count, bytes, err)
			}
		})
	}
}

// entryOf is the one entry of a cache, and its volume.
func entryOf(t *testing.T, cache string) (entry, volume string) {
	t.Helper()
	all, err := listSeeded(programs.Cache{Dir: cache})
	if err != nil || len(all) != 1 || all[0].volume == "" {
		t.Fatalf("kept: %+v, %v", all, err)
	}
	return filepath.Join(cache, all[0].key), all[0].volume
}

// spoil changes one byte of a kept volume.
func spoil(t *testing.T, engine drivers.Engine, cache string) {
	t.Helper()
	_, volume := entryOf(t, cache)
	daemon, err := openDaemon(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer daemon.Close()
	image, err := imageAvailable(t.Context(), engine, Images{})
	if err != nil {
		t.Fatal(err)
	}
	file := `$(find . -type f -size +4k ! -path ./.sums | head -n 1)`
	if _, err := newRunning(Spec{RunID: "seeded-test"}, image).job(t.Context(), daemon, volume, `printf x | dd of="`+file+`" bs=1 seek=100 conv=notrunc status=none`); err != nil {
		t.Fatal(err)
	}
}

// forgetVolumes removes what a cache kept: a volume whose entry is gone is swept, and no other.
func forgetVolumes(t *testing.T, cache string) {
	t.Helper()
	entry, volume := entryOf(t, cache)
	ctx := context.Background()
	if removed, err := sweepVolumes(ctx, programs.Cache{Dir: cache}); err != nil || len(removed) > 0 {
		t.Errorf("swept %v, %v", removed, err)
	}
	if err := os.RemoveAll(entry); err != nil {
		t.Fatal(err)
	}
	if removed, err := sweepVolumes(ctx, programs.Cache{Dir: t.TempDir()}); err != nil || len(removed) > 0 {
		t.Errorf("another cache swept %v, %v", removed, err)
	}
	removed, err := sweepVolumes(ctx, programs.Cache{Dir: cache})
	if err != nil || !slices.ContainsFunc(removed, func(what string) bool { return strings.HasSuffix(what, volume) }) {
		t.Errorf("swept %v, %v", removed, err)
	}
}
