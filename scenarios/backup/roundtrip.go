package backup

import (
	"context"
	"errors"

	"tristore/drivers/deployment"
	"tristore/drivers/store"
	"tristore/reports/result"
	"tristore/scenarios"
)

// shownPerStore keeps one store's differences from hiding another's.
const shownPerStore = 5

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
		got, err := deployment.Fingerprint(ctx, c.copies[i].Admin)
		if err != nil {
			saw.Stop(err)
			return
		}
		compare(saw, name, c.compared(c.promised[i]), c.compared(got, c.promised[i].Objects...))
	}
}

func compare(saw *result.Observation, name store.Name, promised, got store.Fingerprint) {
	for _, table := range promised.Tables {
		saw.Add("tables", 1)
		saw.Add("rows", float64(table.Rows))
	}
	saw.Add("objects", float64(len(promised.Objects)))
	difference := promised.Against(got)
	missing, extra, changed := difference.Rows()
	saw.Add("rows_missing", float64(missing))
	saw.Add("rows_extra", float64(extra))
	saw.Add("tables_changed", float64(changed))
	saw.Add("catalogue_differences", float64(difference.Catalogue()))
	saw.Compare("content of "+string(name), "equal", equality(len(difference.Tables)))
	saw.Compare("catalogue of "+string(name), "equal", equality(difference.Catalogue()))
	for i, line := range difference.Lines() {
		if i >= shownPerStore {
			saw.WitnessDropped++
			continue
		}
		saw.See("%s: %s", name, line)
	}
}

func equality(differences int) string {
	if differences == 0 {
		return "equal"
	}
	return "different"
}
