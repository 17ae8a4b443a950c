package postgres

import (
	"context"
	"errors"
	"fmt"
	"math/big"
	"strings"

	"github.com/jackc/pgx/v5"

	"tristore/drivers"
	"tristore/drivers/store"
)

// Fingerprint is the content and the catalogue of the target's database, read in one
// snapshot and computed by the server; no row travels.
//
// A row's hash is the MD5 of its canonical text: the columns in the order of their
// names, each with its name and type before it, as the server prints a row, which keeps
// NULL and the empty text apart. Settings that change how values print are pinned. A
// table's hash is the sum of its rows' hashes, as two 64-bit halves, so it does not
// depend on the order of rows and counts duplicates. Strength: two different contents
// agree by accident with probability about 2^-128; someone who may choose rows could
// construct two that agree, so this finds accidents and not forgery.
func Fingerprint(ctx context.Context, target drivers.Target) (print store.Fingerprint, err error) {
	connection, err := dial(ctx, target)
	if err != nil {
		return print, err
	}
	defer func() { err = errors.Join(err, connection.Close(ctx)) }()
	err = snapshot(ctx, connection, func(tx pgx.Tx) error {
		print, err = fingerprintIn(ctx, tx, target.URL.Database())
		return err
	})
	return print, err
}

// fingerprintIn reads what a pinned transaction sees.
func fingerprintIn(ctx context.Context, tx pgx.Tx, database string) (store.Fingerprint, error) {
	print := store.Fingerprint{Tables: map[string]store.TableDigest{}}
	tables, err := tablesOf(ctx, tx)
	for _, table := range tables {
		if print.Tables[table.shown], err = digest(ctx, tx, table); err != nil {
			err = fmt.Errorf("table %s: %w", table.shown, err)
			break
		}
	}
	if err == nil {
		print.Objects, err = objects(ctx, tx)
	}
	if err != nil {
		return store.Fingerprint{}, fmt.Errorf("fingerprinting %s: %w", database, err)
	}
	return print, nil
}

// snapshot runs do on one consistent view, with everything that changes the printed form
// of a value pinned.
func snapshot(ctx context.Context, connection *pgx.Conn, do func(pgx.Tx) error) error {
	return pgx.BeginTxFunc(ctx, connection, readsOneView(), func(tx pgx.Tx) error {
		if err := pin(ctx, tx); err != nil {
			return err
		}
		return do(tx)
	})
}

func readsOneView() pgx.TxOptions {
	return pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}
}

// pin sets what changes the printed form of a value, until the transaction ends.
func pin(ctx context.Context, tx pgx.Tx) error {
	for _, setting := range []string{"TimeZone = 'UTC'", "DateStyle = 'ISO, YMD'", "IntervalStyle = 'iso_8601'", "extra_float_digits = 3",
		"bytea_output = 'hex'", "xmloption = 'content'", "lc_monetary = 'C'", "search_path = public", "statement_timeout = 0"} {
		if _, err := tx.Exec(ctx, "SET LOCAL "+setting); err != nil {
			return err
		}
	}
	return nil
}

// table is what a digest needs to know.
type table struct {
	shown   string   // as we print it
	quoted  string   // as SQL takes it
	columns []string // names, sorted
	types   []string
	key     []string // names of the primary key, in its order; empty when there is none
}

// tablesOf lists the tables of people, without those that an extension brings.
func tablesOf(ctx context.Context, tx pgx.Tx) ([]table, error) {
	rows, err := tx.Query(ctx, `SELECT `+shown+`c.relname, quote_ident(n.nspname) || '.' || quote_ident(c.relname),
			array_agg(a.attname::text ORDER BY a.attname COLLATE "C"), array_agg(format_type(a.atttypid, a.atttypmod) ORDER BY a.attname COLLATE "C"),
			coalesce((SELECT array_agg(k.attname::text ORDER BY o.n) FROM pg_index i CROSS JOIN LATERAL unnest(i.indkey::int2[]) WITH ORDINALITY o(num, n)
				JOIN pg_attribute k ON k.attrelid = i.indrelid AND k.attnum = o.num WHERE i.indrelid = c.oid AND i.indisprimary), '{}')
		FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
		WHERE c.relkind = 'r' AND `+ours+` AND `+notOfExtension("pg_class", "c.oid")+`
		GROUP BY c.oid, n.nspname, c.relname ORDER BY 1`)
	if err != nil {
		return nil, fmt.Errorf("listing tables: %w", err)
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (one table, err error) {
		err = row.Scan(&one.shown, &one.quoted, &one.columns, &one.types, &one.key)
		return one, err
	})
}

func notOfExtension(catalogue, oid string) string {
	return `NOT EXISTS (SELECT FROM pg_depend e WHERE e.classid = '` + catalogue + `'::regclass AND e.objid = ` + oid + ` AND e.deptype = 'e')`
}

// canonical is the SQL expression of a row's text. Chunks of columns keep below the
// hundred arguments that a function may have; a row may have 1,600.
func (t table) canonical() string {
	const chunk = 50
	var signature, parts []string
	for i := 0; i < len(t.columns); i += chunk {
		end := min(i+chunk, len(t.columns))
		quoted := make([]string, 0, chunk)
		for _, column := range t.columns[i:end] {
			quoted = append(quoted, "t."+quote(column))
		}
		parts = append(parts, "ROW("+strings.Join(quoted, ", ")+")::text")
	}
	for i := range t.columns {
		signature = append(signature, t.columns[i]+" "+t.types[i])
	}
	return literal(strings.Join(signature, ", ")+": ") + " || " + strings.Join(parts, " || ")
}

// literal quotes a text that came from the catalogue.
func literal(text string) string {
	return "E'" + strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(text) + "'"
}

// digest sums a table. A hash is read as two signed 64-bit numbers, whose sums are exact
// numerics; kept modulo 2^64 each.
func digest(ctx context.Context, tx pgx.Tx, of table) (store.TableDigest, error) {
	var sum store.TableDigest
	var halves [2]string
	err := tx.QueryRow(ctx, `SELECT count(*), coalesce(sum(octet_length(row)), 0)::bigint, coalesce(sum(('x' || left(hash, 16))::bit(64)::bigint), 0)::text,
			coalesce(sum(('x' || right(hash, 16))::bit(64)::bigint), 0)::text
		FROM (SELECT row, md5(row) AS hash FROM (SELECT `+of.canonical()+` AS row FROM `+of.quoted+` t OFFSET 0) r OFFSET 0) h`).
		Scan(&sum.Rows, &sum.Bytes, &halves[0], &halves[1])
	if err != nil {
		return sum, err
	}
	modulus := new(big.Int).Lsh(big.NewInt(1), 64)
	for _, half := range halves {
		number, ok := new(big.Int).SetString(half, 10)
		if !ok {
			return sum, fmt.Errorf("the server summed hashes to %q", half)
		}
		sum.Hash += fmt.Sprintf("%016x", number.Mod(number, modulus))
	}
	return sum, nil
}
