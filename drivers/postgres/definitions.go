package postgres

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"tristore/drivers/store"
)

// UpdateSchema makes or extends one table and writes down what it now is, in one
// transaction. Two at once on one collection wait for each other on an advisory lock
// that belongs to the transaction, so it holds through a pooler in transaction mode,
// where a session's lock would not. DropNamespace waits for both.
func (c *Collections) UpdateSchema(ctx context.Context, schema store.Schema) store.Outcome {
	if err := checkSchema(schema); err != nil {
		return invalid(err)
	}
	at := schema.Collection
	outcome := retrying(ctx, func() store.Outcome {
		return c.transaction(ctx, func(tx pgx.Tx) error {
			if _, err := tx.Exec(ctx, lockShared, at.Namespace); err != nil {
				return err
			}
			if _, err := tx.Exec(ctx, lockExclusive, at.Physical()); err != nil {
				return err
			}
			had := store.Schema{Collection: at}
			err := tx.QueryRow(ctx, readDeclaration, at.Namespace, at.Name).Scan(&had.Properties, &had.Indexes)
			if err != nil && !errors.Is(err, pgx.ErrNoRows) {
				return err
			}
			return extend(ctx, tx, change{had, schema, err != nil})
		})
	})
	c.forget(at) // whatever became of it
	return outcome
}

// The locks hold until the end of the transaction. A namespace has no slash and a table
// has one, so their keys differ but for a collision of hashes, which only costs waiting.
const (
	lockShared    = `SELECT pg_advisory_xact_lock_shared(hashtextextended($1, 3))`
	lockExclusive = `SELECT pg_advisory_xact_lock(hashtextextended($1, 3))`
)

// change is a declaration on top of what there was.
type change struct {
	had, asked store.Schema
	isNew      bool
}

// extend runs the DDL that is missing and writes the whole declaration.
func extend(ctx context.Context, tx pgx.Tx, c change) error {
	whole, statements, err := c.plan()
	if err != nil {
		return &refusedHere{invalid(err)}
	}
	for _, one := range statements {
		if _, err := tx.Exec(ctx, one); err != nil {
			return fmt.Errorf("declaring %s: %w", c.asked.Collection.Physical(), err)
		}
	}
	const write = `INSERT INTO collection_schemas (namespace, name, properties, indexes) VALUES ($1, $2, $3::jsonb, $4::jsonb)
		ON CONFLICT (namespace, name) DO UPDATE SET properties = EXCLUDED.properties, indexes = EXCLUDED.indexes, updated_at = now()`
	properties, err := json.Marshal(whole.Properties)
	if err != nil {
		return err
	}
	indexes, err := json.Marshal(whole.Indexes)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, write, whole.Collection.Namespace, whole.Collection.Name, string(properties), string(indexes))
	return err
}

// plan is pure: the declaration afterwards, and the statements that lead to it.
func (c change) plan() (whole store.Schema, statements []string, err error) {
	whole = store.Schema{Collection: c.asked.Collection, Properties: slices.Clone(c.had.Properties), Indexes: slices.Clone(c.had.Indexes)}
	table := quote(whole.Collection.Physical())
	if c.isNew {
		statements = append(statements, "CREATE TABLE "+table+` ("_id" text PRIMARY KEY, "created_at" timestamptz NOT NULL DEFAULT now(), `+
			`"updated_at" timestamptz NOT NULL DEFAULT now(), "created_by" text, "updated_by" text)`)
		whole.Properties, whole.Indexes = []store.Property{}, []store.Index{}
	}
	var columns []string
	for _, property := range c.asked.Properties {
		at := slices.IndexFunc(whole.Properties, func(had store.Property) bool { return ColumnName(had.Name) == ColumnName(property.Name) })
		if at >= 0 {
			if had := whole.Properties[at]; had != property {
				return whole, nil, fmt.Errorf("property %q is declared already, as %+v and not as %+v", property.Name, had, property)
			}
			continue
		}
		column := "ADD COLUMN " + quote(ColumnName(property.Name)) + " " + types()[property.Type]
		if property.Required {
			column += " NOT NULL"
		}
		columns, whole.Properties = append(columns, column), append(whole.Properties, property)
	}
	if len(columns) > 0 {
		statements = append(statements, "ALTER TABLE "+table+" "+strings.Join(columns, ", "))
	}
	known := newDeclared(whole)
	for _, index := range c.asked.Indexes {
		had := slices.ContainsFunc(whole.Indexes, func(had store.Index) bool { return reflect.DeepEqual(had, index) })
		if had {
			continue
		}
		if index.Name != "" && slices.ContainsFunc(whole.Indexes, func(had store.Index) bool { return had.Name == index.Name }) {
			return whole, nil, fmt.Errorf("index %q is declared already, over other fields", index.Name)
		}
		one, err := known.createIndex(index)
		if err != nil {
			return whole, nil, err
		}
		statements, whole.Indexes = append(statements, one), append(whole.Indexes, index)
	}
	return whole, statements, nil
}

// createIndex is a B-tree, except over one list or one json value, whose elements are
// what is searched for.
func (d *declared) createIndex(index store.Index) (string, error) {
	columns := make([]string, len(index.Fields))
	inverted := !index.Unique && len(index.Fields) == 1
	for i, name := range index.Fields {
		found, err := d.field(name)
		if err != nil {
			return "", err
		}
		columns[i] = found.column
		inverted = inverted && (found.kind == store.TextArray || found.kind == store.JSON)
	}
	text := "CREATE "
	if index.Unique {
		text += "UNIQUE "
	}
	text += "INDEX " + quote(indexName(d.schema.Collection.Physical(), index)) + " ON " + d.table
	if inverted {
		text += " USING gin"
	}
	return text + " (" + strings.Join(columns, ", ") + ")", nil
}

// ListCollections gives the names inside one namespace, sorted by byte.
func (c *Collections) ListCollections(ctx context.Context, namespace string) ([]string, store.Outcome) {
	return every[string](ctx, c.session, lookup{`SELECT name FROM collection_schemas WHERE namespace = $1 ORDER BY name COLLATE "C"`, column{}}, namespace)
}

// dropAtOnce bounds the tables dropped in one transaction: each takes several of the
// server's locks, of which a default server has some thousands.
const dropAtOnce = 100

// DropNamespace removes the namespace's tables, found by their declaration and not by a
// pattern over names, and then its bindings. A large namespace takes several
// transactions, the last of which removes the bindings; calling it again finishes one
// that was interrupted.
func (c *Collections) DropNamespace(ctx context.Context, namespace string) store.Outcome {
	for {
		dropped := 0
		outcome := retrying(ctx, func() store.Outcome {
			return c.transaction(ctx, func(tx pgx.Tx) error {
				var err error
				dropped, err = dropSome(ctx, tx, namespace)
				return err
			})
		})
		if !outcome.OK() || dropped < dropAtOnce {
			c.forgetNamespace(namespace)
			return outcome
		}
	}
}

func dropSome(ctx context.Context, tx pgx.Tx, namespace string) (int, error) {
	if _, err := tx.Exec(ctx, lockExclusive, namespace); err != nil {
		return 0, err
	}
	rows, err := tx.Query(ctx, `SELECT name FROM collection_schemas WHERE namespace = $1 ORDER BY name LIMIT $2`, namespace, dropAtOnce)
	if err != nil {
		return 0, err
	}
	names, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return 0, err
	}
	if len(names) > 0 {
		tables := make([]string, len(names))
		for i, name := range names {
			tables[i] = quote(store.Collection{Namespace: namespace, Name: name}.Physical())
		}
		if _, err := tx.Exec(ctx, "DROP TABLE IF EXISTS "+strings.Join(tables, ", ")); err != nil {
			return 0, err
		}
		if _, err := tx.Exec(ctx, `DELETE FROM collection_schemas WHERE namespace = $1 AND name = ANY($2)`, namespace, names); err != nil {
			return 0, err
		}
	}
	if len(names) < dropAtOnce {
		_, err = tx.Exec(ctx, `DELETE FROM product_bindings WHERE workspace_id = $1`, namespace)
	}
	return len(names), err
}

func (c *Collections) forgetNamespace(namespace string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for physical, known := range c.known {
		if known.schema.Collection.Namespace == namespace {
			delete(c.known, physical)
		}
	}
}

// invalid refuses a request that breaks the contract.
func invalid(err error) store.Outcome {
	return store.Outcome{Status: store.Refused, Reason: store.Invalid, Err: err}
}
