package migrations

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"slices"
	"time"

	"tristore/drivers"
	"tristore/drivers/postgres"
	"tristore/reports/result"
	"tristore/scenarios"
)

// migrator names the sessions that migrate.
const migrator = "tristore_migrating"

// UnderReaders brings each store to the newest version over rows, halts it when its file
// has been run and before it commits, when every lock that it took is still held, and reads
// a row of each table as the application. How long the lock lasts depends on the size of
// the tables, of which there is a small one here; so a table that is written anew while
// nobody may read it breaks the promise however short it took.
//
// Facts:
//   - stores = 3: halted; tables: with rows, read meanwhile; at least 10
//   - kept_out: tables that could not be read
//   - rewritten = 0: of those, the ones that were written anew
//   - kept_out_ms at most 1000: how long the file took where a table could not be read
//   - untold = 0: tables that could not be read, and nothing says how long that will be
//
// Locks that keep only writers out, such as those of an index that is made, are named.
// Not applicable where an engine cannot be asked for its locks.
func UnderReaders(ctx context.Context, on scenarios.Stage, saw *result.Observation) {
	record(saw, "stores", "tables", "kept_out", "rewritten", "kept_out_ms", "untold", "writers_kept_out")
	if on.Engine.Family() != drivers.FamilyPostgres {
		saw.Probe = "locks are asked of PostgreSQL only: " + on.Engine.Title() + " has no view of who holds which"
		return
	}
	saw.Stop(overRows(ctx, on, saw, func(g *grown) error { return g.halted(ctx, saw) }))
}

// halted migrates, halts, and looks who is kept out.
func (g *grown) halted(ctx context.Context, saw *result.Observation) error {
	before, err := postgres.Files(ctx, g.blank.Admin)
	if err != nil {
		return err
	}
	out, took, err := g.readHalted(ctx, saw, slices.Sorted(maps.Keys(before)))
	if err != nil {
		return err
	}
	after, err := postgres.Files(ctx, g.blank.Admin)
	if err != nil {
		return err
	}
	saw.Add("tables", float64(len(before)))
	saw.Add("kept_out", float64(len(out)))
	if len(out) > 0 {
		saw.Set("kept_out_ms", max(saw.Facts["kept_out_ms"], float64(took.Milliseconds())))
	}
	for _, table := range out {
		switch {
		case after[table] != before[table]:
			saw.Add("rewritten", 1)
			saw.See("%s: nobody may read %s while version %d writes it anew", g.name, table, g.newest())
		default:
			saw.Add("untold", 1)
			saw.See("%s: nobody may read %s from when version %d locks it until its file is done, %d ms here", g.name, table, g.newest(), took.Milliseconds())
		}
	}
	return nil
}

// readHalted halts the migration at its end, reads the tables, and lets it go on. Took is
// from its start to its end.
func (g *grown) readHalted(ctx context.Context, saw *result.Observation, tables []string) (out []string, took time.Duration, err error) {
	halt, err := postgres.HaltMigration(ctx, g.blank.Admin)
	if err != nil {
		return nil, 0, err
	}
	ended, began := make(chan struct{}), time.Now()
	migrating, giveUp := context.WithCancel(ctx)
	var migrated error
	go func() {
		defer close(ended)
		migrated = g.migrate(migrating, g.blank.Target.WithApplication(migrator))
	}()
	defer func() {
		if err != nil {
			giveUp() // nobody waits for what it would become
		}
		err = errors.Join(err, halt.Close(context.WithoutCancel(ctx)))
		<-ended
		giveUp()
		err = errors.Join(err, migrated)
	}()
	there, err := halt.Await(ctx, migrator, ended)
	if took = time.Since(began); err != nil || !there {
		return nil, took, cmp.Or(err, errors.New("the migration ended before it could be halted"))
	}
	locks, err := postgres.LocksOf(ctx, g.blank.Admin, migrator)
	if err != nil {
		return nil, took, err
	}
	for _, lock := range locks {
		if slices.Contains(tables, lock.Table) && keepsWritersOut(lock.Mode) {
			saw.Add("writers_kept_out", 1)
			saw.See("%s: version %d holds a %s on %s: nobody may write to it meanwhile", g.name, g.newest(), lock.Mode, lock.Table)
		}
	}
	out, err = postgres.KeptOut(ctx, g.blank.Target, tables)
	return out, took, err
}

// keepsWritersOut tells the modes that conflict with an insert and not with a read.
func keepsWritersOut(mode string) bool {
	return slices.Contains([]string{"ShareLock", "ShareRowExclusiveLock", "ExclusiveLock"}, mode)
}
