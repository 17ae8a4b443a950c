// Package migrations checks what a start does to a database: the first one on an empty
// database, several at once, one after another that died half way, and what must be
// there afterwards.
//
// Each exported function is a scenarios.Check; its comment lists the facts it records
// and what a sound store gives. FirstStart, Concurrent and HalfApplied make empty
// databases of their own, so that damage done to a deployment does not reach them;
// Indexes looks at a deployment as every other check gets it.
//
// Opinion: whoever wrote the schema files, the tables of the contract and the indexes
// that the platform's documents and code promise are expected of them; what a user's
// files make beyond that is named, must be valid, and is no difference.
// Arrow: migrations imports scenarios, drivers and reports/result.
package migrations

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"tristore/drivers/deployment"
	"tristore/drivers/store"
	"tristore/reports/result"
	"tristore/scenarios"
)

// record begins every named fact at zero, so that a count of nothing is recorded.
func record(saw *result.Observation, facts ...string) {
	for _, fact := range facts {
		saw.Set(fact, 0)
	}
}

// onBlank makes an empty database, uses it and drops it.
func onBlank(ctx context.Context, on scenarios.Stage, name store.Name, use func(*deployment.Blank) error) (err error) {
	blank, err := on.Host.Blank(ctx, name)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, blank.Drop(context.WithoutCancel(ctx))) }()
	return use(blank)
}

// reference is what one undisturbed start makes of an empty database.
type reference struct {
	migration store.Migration
	made      store.Fingerprint
	indexes   []string // "table name", those of the version table and of keys aside
}

func referenceOf(ctx context.Context, on scenarios.Stage, name store.Name) (made reference, err error) {
	err = onBlank(ctx, on, name, func(blank *deployment.Blank) error {
		if made.migration, err = deployment.Migrate(ctx, blank.Target, name, on.Host.Files(name)); err != nil {
			return fmt.Errorf("one undisturbed start of store %s: %w", name, err)
		}
		if made.made, err = deployment.Fingerprint(ctx, blank.Admin); err != nil {
			return err
		}
		indexes, err := deployment.Indexes(ctx, blank.Admin)
		for _, index := range indexes {
			if index.Table != deployment.VersionTable && !slices.Equal(index.Fields, []string{"_id"}) {
				made.indexes = append(made.indexes, index.Table+" "+index.Name)
			}
		}
		return err
	})
	return made, err
}

// catalogue counts and names how the objects of a database differ from the reference.
func (r reference) catalogue(saw *result.Observation, what string, got store.Fingerprint) int {
	difference := r.made.Against(got)
	difference.Tables = nil // a version table holds times
	for _, line := range difference.Lines() {
		saw.See("%s: %s", what, line)
	}
	return difference.Catalogue()
}

// settled starts once more, which must find nothing to do.
func settled(ctx context.Context, on scenarios.Stage, blank *deployment.Blank) (applied int, err error) {
	again, err := deployment.Migrate(ctx, blank.Target, blank.Store, on.Host.Files(blank.Store))
	if err != nil {
		return 0, fmt.Errorf("a second start of store %s: %w", blank.Store, err)
	}
	return len(again.Applied), nil
}
