package postgres

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"tristore/drivers"
)

// SequencesBehind looks at every sequence that a column of the database owns, and names
// those whose next value is in the column already, so that the next insert would be refused.
func SequencesBehind(ctx context.Context, target drivers.Target) (behind []string, total int, err error) {
	connection, err := dial(ctx, target)
	if err != nil {
		return nil, 0, err
	}
	defer func() { err = errors.Join(err, connection.Close(ctx)) }()
	const owned = `SELECT s.oid::regclass::text, t.oid::regclass::text, quote_ident(a.attname)
		FROM pg_class s JOIN pg_depend d ON d.classid = 'pg_class'::regclass AND d.objid = s.oid AND d.deptype IN ('a', 'i') AND d.refobjsubid > 0
		JOIN pg_class t ON t.oid = d.refobjid JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = d.refobjsubid
		WHERE s.relkind = 'S' ORDER BY 1`
	rows, err := connection.Query(ctx, owned)
	if err != nil {
		return nil, 0, fmt.Errorf("listing the sequences of %s: %w", target.URL.Database(), err)
	}
	type sequence struct{ Name, Table, Column string }
	all, err := pgx.CollectRows(rows, pgx.RowToStructByPos[sequence])
	if err != nil {
		return nil, 0, fmt.Errorf("listing the sequences of %s: %w", target.URL.Database(), err)
	}
	for _, s := range all {
		var taken bool
		ask := fmt.Sprintf("SELECT EXISTS (SELECT FROM %[2]s WHERE %[3]s >= (SELECT CASE WHEN is_called THEN last_value + 1 ELSE last_value END FROM %[1]s))", s.Name, s.Table, s.Column)
		if err := connection.QueryRow(ctx, ask).Scan(&taken); err != nil {
			return nil, 0, fmt.Errorf("comparing sequence %s with its column: %w", s.Name, err)
		}
		if taken {
			behind = append(behind, fmt.Sprintf("sequence %s is behind %s of %s", s.Name, s.Column, s.Table))
		}
	}
	return behind, len(all), nil
}
