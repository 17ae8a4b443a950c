package backup

import (
	"context"
	"errors"

	"tristore/drivers/deployment"
	"tristore/drivers/store"
	"tristore/reports/result"
	"tristore/scenarios"
)

// RoundTrip dumps and restores three filled stores and compares the copy with the source
// as it was dumped: every row by typed content, and the catalogue line by line (columns,
// types, defaults, constraints, indexes, sequences, grants and owners).
//
// Cases: content and catalogue of each store, "equal"; 6.
// Facts:
//   - stores = 3: databases that went through dump and restore
//   - tools_failed = 0: dumps or restores that ended badly or complained behind an exit of 0
//   - rows: compared; at least 2,000; tables: at least 25
//   - objects: catalogue lines compared; at least 100 on PostgreSQL, 30 elsewhere
//   - rows_missing = 0, rows_extra = 0: by table
//   - tables_changed = 0: tables with as many rows and another content
//   - catalogue_differences = 0: lines missing or too many; only those missing where the
//     catalogue comes from a start and not from the restore
//   - stderr_errors = 0, stderr_warnings: lines that the tools wrote
//   - dump_s, restore_s, archive_bytes: of the three together
func RoundTrip(ctx context.Context, on scenarios.Stage, saw *result.Observation) {
	recordCopy(saw)
	record(saw, "rows", "tables", "objects", "rows_missing", "rows_extra", "tables_changed", "catalogue_differences")
	c, err := makeCopy(ctx, on, saw)
	defer func() { saw.Stop(c.drop(context.WithoutCancel(ctx))) }()
	if errors.Is(err, errToolFailed) {
		return
	}
	if err != nil {
		saw.Stop(err)
		return
	}
	for i, name := range store.Names() {
		got, err := deployment.Fingerprint(ctx, c.Copies[i].Admin)
		if err != nil {
			saw.Stop(err)
			return
		}
		c.Compare(name, c.promised[i], got)
	}
}
