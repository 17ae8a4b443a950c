package postgres

import (
	"context"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"
)

// objects lists the catalogue, one sorted line per thing: what a restored copy must have
// besides its rows. Names come first, so that two lists differ line by line. What
// belongs to the cluster and is in no dump of a database, such as who may connect, is
// not here.
func objects(ctx context.Context, tx pgx.Tx) ([]string, error) {
	var all []string
	for kind, query := range catalogueQueries() {
		rows, err := tx.Query(ctx, query)
		if err != nil {
			return nil, fmt.Errorf("listing every %s: %w", kind, err)
		}
		lines, err := pgx.CollectRows(rows, pgx.RowTo[string])
		if err != nil {
			return nil, fmt.Errorf("listing every %s: %w", kind, err)
		}
		for _, line := range lines {
			all = append(all, kind+" "+line)
		}
	}
	sequences, err := nextValues(ctx, tx)
	if err != nil {
		return nil, err
	}
	all = append(all, sequences...)
	slices.Sort(all)
	return all, nil
}

// catalogueQueries give one text column each. They run on every major from 12.
func catalogueQueries() map[string]string {
	const relations = ` FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace `
	table := `format('%I.%I', n.nspname, c.relname)`
	return map[string]string{
		"column": `SELECT format('%s.%I %s%s%s%s%s', ` + table + `, a.attname, format_type(a.atttypid, a.atttypmod), CASE WHEN a.attnotnull THEN ' not null' ELSE '' END,
			coalesce(CASE WHEN a.attgenerated = '' THEN ' default ' ELSE ' generated ' END || pg_get_expr(d.adbin, d.adrelid), ''),
			CASE a.attidentity::text WHEN '' THEN '' ELSE ' identity ' || a.attidentity::text END,
			CASE WHEN a.attcollation = 0 OR a.attcollation = (SELECT oid FROM pg_collation WHERE collname = 'default') THEN '' ELSE ' collate ' || (SELECT quote_ident(collname) FROM pg_collation WHERE oid = a.attcollation) END)` +
			relations + `JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
			LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
			WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND ` + ours + ` AND ` + notOfExtension("pg_class", "c.oid"),
		// 18 keeps NOT NULL here too; the column's own line has it on every major.
		"constraint": `SELECT format('%s %I %s%s', ` + table + `, k.conname, pg_get_constraintdef(k.oid), CASE WHEN k.convalidated THEN '' ELSE ' (not validated)' END)` +
			relations + `JOIN pg_constraint k ON k.conrelid = c.oid WHERE k.contype <> 'n' AND ` + ours,
		"index": `SELECT format('%s %s%s', ` + table + `, pg_get_indexdef(i.indexrelid), CASE WHEN i.indisvalid AND i.indisready THEN '' ELSE ' (not valid)' END)` +
			relations + `JOIN pg_index i ON i.indrelid = c.oid WHERE c.relkind IN ('r', 'p', 'm') AND ` + ours,
		"trigger": `SELECT format('%s %s enabled=%s', ` + table + `, pg_get_triggerdef(g.oid), g.tgenabled)` +
			relations + `JOIN pg_trigger g ON g.tgrelid = c.oid WHERE NOT g.tgisinternal AND ` + ours,
		"view": `SELECT format('%s %s', ` + table + `, md5(pg_get_viewdef(c.oid)))` + relations + `WHERE c.relkind IN ('v', 'm') AND ` + ours + ` AND ` + notOfExtension("pg_class", "c.oid"),
		"function": `SELECT format('%I.%I(%s) %s', n.nspname, p.proname, pg_get_function_identity_arguments(p.oid), l.lanname || ' ' || md5(p.prosrc))
			FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace JOIN pg_language l ON l.oid = p.prolang WHERE ` + ours + ` AND ` + notOfExtension("pg_proc", "p.oid"),
		"owner": `SELECT format('%s %I', ` + table + `, pg_get_userbyid(c.relowner))` + relations +
			`WHERE c.relkind IN ('r', 'p', 'v', 'm', 'S', 'f') AND ` + ours + ` AND ` + notOfExtension("pg_class", "c.oid"),
		"grant": `SELECT format('%s %s to %s by %I%s', ` + table + `, x.privilege_type, ` + grantee + `, pg_get_userbyid(x.grantor), ` + option + `)` + relations +
			`CROSS JOIN LATERAL aclexplode(coalesce(c.relacl, acldefault(CASE c.relkind WHEN 'S' THEN 's' ELSE 'r' END::"char", c.relowner))) x
			WHERE c.relkind IN ('r', 'p', 'v', 'm', 'S', 'f') AND ` + ours + ` AND ` + notOfExtension("pg_class", "c.oid"),
		"schema": `SELECT format('%I owner %I', n.nspname, pg_get_userbyid(n.nspowner)) FROM pg_namespace n WHERE ` + ours,
		"schema grant": `SELECT format('%I %s to %s by %I%s', n.nspname, x.privilege_type, ` + grantee + `, pg_get_userbyid(x.grantor), ` + option + `)
			FROM pg_namespace n CROSS JOIN LATERAL aclexplode(coalesce(n.nspacl, acldefault('n', n.nspowner))) x WHERE ` + ours,
		"default grant": `SELECT format('%I %s %s to %s of %I%s', coalesce(n.nspname, '*'), b.defaclobjtype, x.privilege_type, ` + grantee + `, pg_get_userbyid(b.defaclrole), ` + option + `)
			FROM pg_default_acl b LEFT JOIN pg_namespace n ON n.oid = b.defaclnamespace CROSS JOIN LATERAL aclexplode(b.defaclacl) x`,
		"extension": `SELECT format('%I %s', extname, extversion) FROM pg_extension`,
		"database":  `SELECT format('encoding %s collate %s ctype %s', pg_encoding_to_char(encoding), datcollate, datctype) FROM pg_database WHERE datname = current_database()`,
	}
}

const (
	grantee = `CASE x.grantee WHEN 0 THEN 'everybody' ELSE quote_ident(pg_get_userbyid(x.grantee)) END`
	option  = `CASE WHEN x.is_grantable THEN ' with grant option' ELSE '' END`
)

// nextValues tells what each sequence will give next, which no catalogue holds.
func nextValues(ctx context.Context, tx pgx.Tx) ([]string, error) {
	rows, err := tx.Query(ctx, `SELECT format('%I.%I', n.nspname, c.relname) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
		WHERE c.relkind = 'S' AND `+ours+` AND `+notOfExtension("pg_class", "c.oid"))
	if err != nil {
		return nil, fmt.Errorf("listing every sequence: %w", err)
	}
	names, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return nil, fmt.Errorf("listing every sequence: %w", err)
	}
	var all []string
	for _, name := range names {
		var next string
		ask := `SELECT format('%s type %s next %s', s.seqincrement, format_type(s.seqtypid, NULL), CASE WHEN v.is_called THEN v.last_value + s.seqincrement ELSE v.last_value END)
			FROM ` + name + ` v, pg_sequence s WHERE s.seqrelid = '` + name + `'::regclass`
		if err := tx.QueryRow(ctx, ask).Scan(&next); err != nil {
			return nil, fmt.Errorf("reading sequence %s: %w", name, err)
		}
		all = append(all, "sequence "+name+" increment "+next)
	}
	return all, nil
}
