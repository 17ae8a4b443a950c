package postgres

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"tristore/drivers"
)

// Collation is one by which an index or a column of the database is sorted.
type Collation struct {
	Name string // as SQL takes it; "default" is the database's own
	// Recorded is the version it had when it was made, Actual that of the library now.
	// Both are empty where a library has no versions.
	Recorded, Actual string
}

// Collations lists those in use, by name.
func Collations(ctx context.Context, target drivers.Target) (all []Collation, err error) {
	const used = `SELECT CASE WHEN c.collname = 'default' THEN 'default' ELSE quote_ident(c.collname) END, coalesce(c.collversion, ''),
			CASE WHEN c.collname = 'default' THEN '' ELSE coalesce(pg_collation_actual_version(c.oid), '') END
		FROM pg_collation c WHERE c.oid IN (
			SELECT o FROM pg_index i CROSS JOIN LATERAL unnest(i.indcollation::oid[]) o JOIN pg_class r ON r.oid = i.indrelid JOIN pg_namespace n ON n.oid = r.relnamespace WHERE ` + ours + `
			UNION SELECT a.attcollation FROM pg_attribute a JOIN pg_class r ON r.oid = a.attrelid JOIN pg_namespace n ON n.oid = r.relnamespace WHERE r.relkind = 'r' AND a.attnum > 0 AND ` + ours + `)
		ORDER BY 1`
	err = inquire(ctx, target, func(on *pgx.Conn) error {
		rows, err := on.Query(ctx, used)
		if err != nil {
			return err
		}
		all, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (one Collation, err error) {
			err = row.Scan(&one.Name, &one.Recorded, &one.Actual)
			return one, err
		})
		return err
	})
	return all, err
}

// Sorted gives the words in the order of a collation that Collations named; words that
// compare equal stand by code point.
func Sorted(ctx context.Context, target drivers.Target, collation string, words []string) (sorted []string, err error) {
	by := ""
	if collation != "default" {
		by = " COLLATE " + collation
	}
	err = inquire(ctx, target, func(on *pgx.Conn) error {
		sorted, err = lines(ctx, on, `SELECT w FROM unnest($1::text[]) w ORDER BY w`+by+`, w COLLATE "C"`, words)
		return err
	})
	return sorted, err
}

// CheckOrder walks every B-tree of the database and looks for entries out of order and
// rows without an entry, by the server's own amcheck. It names what is wrong. An error
// says that it could not be asked. The extension is gone afterwards.
func CheckOrder(ctx context.Context, target drivers.Target) (checked int, wrong []string, err error) {
	err = inquire(ctx, target, func(on *pgx.Conn) (err error) {
		tx, err := on.Begin(ctx)
		if err != nil {
			return err
		}
		defer func() { _ = tx.Rollback(ctx) }() // takes the extension away; the connection is closed next
		if _, err := tx.Exec(ctx, "CREATE EXTENSION IF NOT EXISTS amcheck"); err != nil {
			return fmt.Errorf("amcheck: %w", err)
		}
		indexes, err := lines(ctx, on, `SELECT i.indexrelid::regclass::text FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_am m ON m.oid = c.relam
			JOIN pg_namespace n ON n.oid = c.relnamespace WHERE m.amname = 'btree' AND c.relkind = 'i' AND `+ours+` ORDER BY 1`)
		if err != nil {
			return err
		}
		for _, index := range indexes {
			checked++
			inner, err := tx.Begin(ctx)
			if err != nil {
				return err
			}
			if _, err := inner.Exec(ctx, "SELECT bt_index_check($1::text::regclass, true)", index); err != nil {
				outcome := outcomeOf(err)
				if outcome.Code == "" || ctx.Err() != nil {
					return err
				}
				wrong = append(wrong, fmt.Sprintf("index %s: %v", index, err))
			}
			if err := inner.Rollback(ctx); err != nil {
				return err
			}
		}
		return nil
	})
	return checked, wrong, err
}
