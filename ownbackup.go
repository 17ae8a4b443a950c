package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"tristore/drivers"
	"tristore/drivers/cluster"
	"tristore/drivers/store"
	"tristore/reports/recovery"
	"tristore/reports/result"
	"tristore/scenarios/backup/drill"
)

// ownFlags are the words of a drill of somebody's own databases.
type ownFlags struct {
	stores            []string
	into, role, reach string
	schemas           *string
}

func (f *ownFlags) declare(c *cobra.Command, common *flags) {
	set := c.Flags()
	set.StringSliceVar(&f.stores, "stores", nil, "by URL: which of your databases holds which store, such as users=accounts,permissions=rights,collections=content (default: by the end of their names)")
	set.StringVar(&f.into, "into", "", "by URL: the engine of the throwaway cluster that yours are restored into (default: the same)")
	set.StringVar(&f.role, "role", "", "by URL: the application's role (default: the owner of most tables)")
	set.StringVar(&common.migrations, "migrations", "", "by URL: your own schema files, by which the application starts: a folder with users, permissions and collections in it")
	f.schemas = &common.migrations
}

// owns tells whether somebody's own databases are drilled: by URL, and without a size,
// which would ask for stores of ours on a marked sandbox.
func (f *drillFlags) owns(c *cobra.Command) (bool, error) {
	changed := c.Flags().Changed
	own := f.external() && !changed("size") && !changed("sizes")
	for _, word := range []string{"stores", "into", "role", "migrations"} {
		if changed(word) && !own {
			return own, fmt.Errorf("--%s is of your own databases: give --url-file FILE, and no --size", word)
		}
	}
	for _, word := range []string{"load", "rate", "writes", "seed"} {
		if changed(word) && own {
			return own, fmt.Errorf("--%s is of stores that tristore fills, and your own databases are only read: add --size SIZE to fill stores on a marked sandbox, or drop --%s", word, word)
		}
	}
	if own && f.reach != string(drivers.External) { // theirs is reached by URL; the word is about the throwaway one
		f.own.reach, f.reach = f.reach, string(drivers.Auto)
	}
	return own, nil
}

// read turns words into what is drilled and where to.
func (f *ownFlags) read(from drivers.Engine) (*drill.Own, error) {
	own := &drill.Own{Into: from, Role: f.role}
	if f.into != "" {
		var err error
		if own.Into, err = drivers.ParseEngine(f.into); err != nil {
			return nil, err
		}
	}
	pairs, err := parseStores(f.stores)
	if err != nil || len(pairs) == 0 {
		return own, err
	}
	own.Databases = map[store.Name]string{}
	for database, name := range pairs {
		own.Databases[name] = database
	}
	if len(own.Databases) != len(store.Names()) || len(pairs) != len(store.Names()) {
		return nil, errors.New("--stores names the database of each store, once: users=DATABASE,permissions=DATABASE,collections=DATABASE")
	}
	return own, nil
}

// place chooses how the throwaway cluster is reached.
func (f *ownFlags) place(ctx context.Context, plan Plan, own *drill.Own) (err error) {
	if own.At = plan.URL.HostPort(); plan.URL.Database() == "" {
		return fmt.Errorf("the URL of %s names no database: write scheme://user:password@host:port/database", own.At)
	}
	if own.Schemas = *f.schemas; own.Schemas != "" {
		if own.Schemas, err = filepath.Abs(own.Schemas); err == nil {
			err = plan.checkMigrations()
		}
		if err != nil {
			return err
		}
	}
	reach, err := drivers.ParseReach(cmp.Or(f.reach, string(drivers.Auto)))
	if err != nil {
		return err
	}
	own.Reach, _, err = cluster.Choose(ctx, own.Into, reach, plan.Images)
	return err
}

// ownWords ask for the same databases, and for the same cluster to restore into.
func ownWords(own *drill.Own) []string {
	var pairs []string
	for _, name := range slices.Sorted(maps.Keys(own.Databases)) {
		pairs = append(pairs, string(name)+"="+own.Databases[name])
	}
	return given("--reach", string(own.Reach), "--stores", strings.Join(pairs, ","), "--into", own.Into.String(), "--role", own.Role, "--migrations", own.Schemas)
}

// sameOwn tells whether a saved drill was of the same databases, into the same engine.
func sameOwn(d *result.Drill, want drill.Plan) bool {
	if d.Own == nil || want.Own == nil || d.Own.At != want.Own.At || d.Own.Into != want.Own.Into.String() || d.Own.Reach != string(want.Own.Reach) {
		return false
	}
	for name, database := range want.Own.Databases { // by their names, they are not known yet
		if d.Own.Databases[string(name)] != database {
			return false
		}
	}
	return d.Engine == want.Engine.String() && d.Order == string(want.Order)
}

// ownSentence is what passed of somebody's own databases, and what nobody knows.
func ownSentence(run *result.Run, slowest result.DrillRound) string {
	own := run.Drill.Own
	said := fmt.Sprintf("your databases at %s (%s, %d rows) came back equal on a throwaway %s and served a request after %.1f s (promised %.0f s)",
		own.At, recovery.Mebi(float64(slowest.Bytes)), slowest.Rows, own.Into, slowest.RTOSeconds, run.Drill.RTOSeconds)
	for _, f := range run.Findings {
		if f.Status == result.NotApplicable {
			said += fmt.Sprintf("; %s is not known: %s", f.Claim, f.Reason)
		}
	}
	return said
}
