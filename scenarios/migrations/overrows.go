package migrations

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"

	"tristore/drivers"
	"tristore/drivers/deployment"
	"tristore/drivers/postgres"
	"tristore/drivers/store"
	"tristore/reports/result"
	"tristore/scenarios"
	"tristore/scenarios/dataset"
)

// OverRows fills each store as the version before the newest left it, brings it to the
// newest, and looks what became of the rows that were there.
//
// Facts:
//   - stores = 3: brought to the newest version over rows
//   - rows: that were there; at least 300
//   - compared: columns with a value of each row (MongoDB: collections); at least 10
//   - changed = 0: columns whose values are other ones, or gone, afterwards
//   - invented = 0: columns of the contract that came with the newest version and say of
//     old rows something else than that nothing is there, as a document without the field does
//
// A column beyond the contract is named, and not judged: nobody here knows what it should
// say. Not applicable where the schema files have one version.
func OverRows(ctx context.Context, on scenarios.Stage, saw *result.Observation) {
	record(saw, "stores", "rows", "compared", "changed", "invented")
	saw.Stop(overRows(ctx, on, saw, func(g *grown) error { return g.lookAround(ctx, saw) }))
}

// overRows lets do see each store as it was before the newest version, with rows.
func overRows(ctx context.Context, on scenarios.Stage, saw *result.Observation, do func(*grown) error) (err error) {
	source, err := on.Host.Deploy(ctx) // undamaged: what other claims are about is not asked here
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, source.Close(context.WithoutCancel(ctx))) }()
	sizes, inside := dataset.Small(), dataset.SmallCollections()
	sizes.Workspaces, sizes.HugeMembers = 8, 4
	inside.Workspaces, inside.Conversations, inside.MessagesPerConversation, inside.HugeFactor, inside.Bindings = 4, 1, 1, 1, 4 // of these only bindings are looked at
	set := dataset.Identity{Seed: on.Seed, Sizes: sizes}
	if err := set.LoadInto(ctx, source); err != nil {
		return err
	}
	if err := (dataset.Collections{Of: set, Sizes: inside}).LoadInto(ctx, source); err != nil {
		return err
	}
	for _, name := range store.Names() {
		versions, err := deployment.Versions(on.Host.Files(name))
		if err != nil {
			return err
		}
		if len(versions) < 2 {
			saw.Probe = fmt.Sprintf("the schema files of store %s have %d version: there is none that rows could have been written before", name, len(versions))
			return nil
		}
		g := &grown{on: on, name: name, versions: versions}
		if err := g.with(ctx, source, do); err != nil {
			return fmt.Errorf("store %s: %w", name, err)
		}
		saw.Add("stores", 1)
		saw.Add("rows", float64(g.rows))
	}
	return nil
}

// grown is one store as the version before the newest left it.
type grown struct {
	on       scenarios.Stage
	name     store.Name
	versions []int64 // two at least
	blank    *deployment.Blank
	rows     int64
}

func (g *grown) newest() int64 { return g.versions[len(g.versions)-1] }

func (g *grown) with(ctx context.Context, source *deployment.Deployment, do func(*grown) error) error {
	return onBlank(ctx, g.on, g.name, func(blank *deployment.Blank) (err error) {
		g.blank = blank
		if _, err := deployment.Migrate(ctx, blank.Target, g.name, deployment.UpTo(g.on.Host.Files(g.name), g.versions[len(g.versions)-2])); err != nil {
			return err
		}
		if g.rows, err = deployment.CopyRows(ctx, source.AdminTarget(g.name), blank.Admin); err != nil {
			return err
		}
		return do(g)
	})
}

// migrate brings the store to the newest version, as the application does at its start.
func (g *grown) migrate(ctx context.Context, as drivers.Target) error {
	done, err := deployment.Migrate(ctx, as, g.name, g.on.Host.Files(g.name))
	if err == nil && len(done.Applied) != 1 {
		err = fmt.Errorf("%d versions were applied over rows, not one", len(done.Applied))
	}
	return err
}

// lookAround compares the rows before and after.
func (g *grown) lookAround(ctx context.Context, saw *result.Observation) error {
	columns, before, err := deployment.Digests(ctx, g.blank.Admin, nil)
	if err != nil {
		return err
	}
	if err := g.migrate(ctx, g.blank.Target); err != nil {
		return err
	}
	now, after, err := deployment.Digests(ctx, g.blank.Admin, columns)
	if err != nil {
		return err
	}
	for table, sums := range before {
		for column, sum := range sums {
			saw.Add("compared", 1)
			if got := after[table][column]; got != sum {
				saw.Add("changed", 1)
				saw.See("%s: version %d left other values in %s %s of rows that were there (%s, %s afterwards)", g.name, g.newest(), table, column, sum, got)
			}
		}
	}
	return g.invented(ctx, saw, columns, now)
}

// invented looks at columns that came later.
func (g *grown) invented(ctx context.Context, saw *result.Observation, before, now map[string][]string) error {
	if g.on.Engine.Family() != drivers.FamilyPostgres {
		return nil // a document has no column that came: what was added to one is a changed collection
	}
	reader, err := postgres.OpenReader(ctx, g.blank.Target)
	if err != nil {
		return err
	}
	defer func() { _ = reader.Close(context.WithoutCancel(ctx)) }() // only read
	for _, like := range recordsOf(g.name) {
		table := like.Table()
		var later []string
		for _, column := range now[table] {
			if len(before[table]) > 0 && !slices.Contains(before[table], column) {
				later = append(later, column)
			}
		}
		if len(later) == 0 {
			continue
		}
		said := map[string]any{}
		if outcome := reader.EachRecord(ctx, like, func(row store.Record) {
			for column, value := range saysOf(row, later) {
				said[column] = value
			}
		}); !outcome.OK() {
			return fmt.Errorf("reading %s: %s", table, outcome.Detail())
		}
		for _, column := range later {
			if value, invented := said[column]; invented {
				saw.Add("invented", 1)
				saw.See("%s: %s %s came with version %d, and rows that were there before say %v", g.name, table, column, g.newest(), value)
			}
		}
	}
	return nil
}

// saysOf gives those of the columns that say something.
func saysOf(row store.Record, columns []string) map[string]any {
	said := map[string]any{}
	value := reflect.ValueOf(row)
	for _, field := range reflect.VisibleFields(value.Type()) {
		column := field.Tag.Get("db")
		if column == "" || !slices.Contains(columns, column) {
			continue
		}
		at := value.FieldByIndex(field.Index)
		empty := at.IsZero() || (at.Kind() == reflect.Slice || at.Kind() == reflect.Map) && at.Len() == 0
		if !empty {
			said[column] = reflect.Indirect(at).Interface()
		}
	}
	return said
}
