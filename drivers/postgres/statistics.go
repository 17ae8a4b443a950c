package postgres

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"tristore/drivers"
)

// WithoutStatistics names the tables that hold rows and of which the planner knows
// nothing, as after a restore without ANALYZE, and counts the tables with rows.
func WithoutStatistics(ctx context.Context, target drivers.Target) (without []string, total int, err error) {
	connection, err := dial(ctx, target)
	if err != nil {
		return nil, 0, err
	}
	defer func() { err = errors.Join(err, connection.Close(ctx)) }()
	err = snapshot(ctx, connection, func(tx pgx.Tx) error {
		tables, err := tablesOf(ctx, tx)
		if err != nil {
			return err
		}
		for _, t := range tables {
			var rows, known bool
			if err := tx.QueryRow(ctx, `SELECT EXISTS (SELECT FROM `+t.quoted+`), EXISTS (SELECT FROM pg_stats s
				WHERE format('%I.%I', s.schemaname, s.tablename) = $1)`, t.quoted).Scan(&rows, &known); err != nil {
				return fmt.Errorf("table %s: %w", t.shown, err)
			}
			if rows {
				total++
			}
			if rows && !known {
				without = append(without, t.shown)
			}
		}
		return nil
	})
	if err != nil {
		return nil, 0, fmt.Errorf("asking for the planner's statistics of %s: %w", target.URL.Database(), err)
	}
	return without, total, nil
}

// Size is how many bytes the tables of people take on disk in the target's database, with
// their indexes and what is stored out of line; an empty one takes none.
func Size(ctx context.Context, target drivers.Target) (size int64, err error) {
	connection, err := dial(ctx, target)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, connection.Close(ctx)) }()
	if err := connection.QueryRow(ctx, `SELECT coalesce(sum(pg_total_relation_size(c.oid)), 0)::bigint FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
		WHERE c.relkind IN ('r', 'm') AND `+ours).Scan(&size); err != nil {
		return 0, fmt.Errorf("asking for the size of %s: %w", target.URL.Database(), err)
	}
	return size, nil
}
