package upgrade

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"tristore/drivers/deployment"
	"tristore/drivers/postgres"
	"tristore/drivers/store"
	"tristore/reports/result"
	"tristore/scenarios/backup"
)

// same compares the new side, as it was before the first write to it, with the old side as
// it was after the last: every row by typed content, the catalogue line by line.
//
// Facts: stores = 3; rows: compared, at least 2,000; tables: at least 27; objects: at least
// 100; tools_failed = 0; rows_missing = 0, rows_extra = 0, tables_changed = 0;
// catalogue_differences = 0: other than those expected; expected_differences.
// Cases: content and catalogue of each store, "equal"; 6.
func (p *passage) same(ctx context.Context, saw *result.Observation) error {
	record(saw, "stores", "rows", "tables", "objects", "tools_failed", "rows_missing", "rows_extra", "tables_changed", "catalogue_differences", "expected_differences")
	seen := backup.Restored{Saw: saw}
	return p.step("compare every row and the catalogue", func(s *result.Step) error {
		for i, blank := range p.old.blanks {
			was, err := p.oldThen[i].Fingerprint(ctx)
			if err != nil {
				return err
			}
			is, err := p.newThen[i].Fingerprint(ctx)
			if err != nil {
				return err
			}
			before := len(is.Objects)
			is.Objects = slices.DeleteFunc(is.Objects, func(line string) bool {
				return !slices.Contains(was.Objects, line) && backup.ByMajor(line, p.pair.From, p.pair.To)
			})
			saw.Add("expected_differences", float64(before-len(is.Objects)))
			saw.Add("stores", 1)
			seen.Compare(blank.Store, was, is)
			for _, table := range was.Tables {
				s.Bytes += table.Bytes
			}
		}
		s.Said = fmt.Sprintf("%.0f rows in %.0f tables, %.0f catalogue lines; %.0f lines differ as they must", saw.Facts["rows"], saw.Facts["tables"], saw.Facts["objects"], saw.Facts["expected_differences"])
		return nil
	})
}

// order asks whether text sorts on the new side as it did on the old, and whether every
// index is in the order that the new side sorts in.
//
// Facts: words: sorted, at least 40; collations: in use on both sides, at least 1;
// sorted_otherwise = 0: of those; version_changed = 0: collations that the new side's
// library has in another version than its indexes were made with; indexes: B-trees walked,
// at least 30; out_of_order = 0.
func (p *passage) order(ctx context.Context, saw *result.Observation) error {
	record(saw, "words", "collations", "sorted_otherwise", "version_changed", "indexes", "out_of_order")
	saw.Set("words", float64(len(words())))
	return p.step("compare sort orders and walk every B-tree", func(s *result.Step) error {
		for i, blank := range p.new.blanks {
			if err := p.sorts(ctx, saw, p.old.blanks[i], blank); err != nil {
				return err
			}
			checked, wrong, err := postgres.CheckOrder(ctx, blank.Admin)
			if err != nil {
				return err
			}
			saw.Add("indexes", float64(checked))
			saw.Add("out_of_order", float64(len(wrong)))
			for _, line := range wrong {
				saw.See("%s: %s", blank.Store, line)
			}
		}
		s.Said = fmt.Sprintf("%.0f collations, %.0f indexes", saw.Facts["collations"], saw.Facts["indexes"])
		return nil
	})
}

// sorts compares the collations that one store uses.
func (p *passage) sorts(ctx context.Context, saw *result.Observation, old, next *deployment.Blank) error {
	used, err := postgres.Collations(ctx, old.Admin)
	if err != nil {
		return err
	}
	now, err := postgres.Collations(ctx, next.Admin)
	if err != nil {
		return err
	}
	for _, one := range used {
		was, err := postgres.Sorted(ctx, old.Admin, one.Name, words())
		if err != nil {
			return err
		}
		is, err := postgres.Sorted(ctx, next.Admin, one.Name, words())
		if err != nil {
			return err
		}
		saw.Add("collations", 1)
		if !slices.Equal(was, is) {
			saw.Add("sorted_otherwise", 1)
			saw.See("%s: collation %s sorts %s, where the old one sorted %s", old.Store, one.Name, strings.Join(is, " "), strings.Join(was, " "))
		}
	}
	for _, one := range now {
		if one.Recorded != one.Actual && one.Recorded != "" {
			saw.Add("version_changed", 1)
		}
		if one.Recorded != "" {
			saw.See("%s: collation %s was made with version %s, the library has %s", next.Store, one.Name, one.Recorded, one.Actual)
		}
	}
	return nil
}

// statistics asks whether the planner knows the new side's tables.
//
// Facts: tables: with rows, at least 20; without_statistics = 0.
func (p *passage) statistics(ctx context.Context, saw *result.Observation) error {
	record(saw, "tables", "without_statistics")
	for _, blank := range p.new.blanks {
		without, tables, err := deployment.WithoutStatistics(ctx, blank.Admin)
		if err != nil {
			return err
		}
		saw.Add("tables", float64(tables))
		saw.Add("without_statistics", float64(len(without)))
		for _, table := range without {
			saw.See("%s: the planner knows nothing of table %s", blank.Store, table)
		}
	}
	return nil
}

// serve lets the application's role start on copies of the new side's databases, replay
// every sign-in and make the next write of each kind; copies, so that the databases stay
// as the application left them.
//
// Facts: those of backup.Serve from starts on, and numbered = 1: the next insert into a
// table with a sequence, numbered_refused = 0.
func (p *passage) serve(ctx context.Context, saw *result.Observation) (err error) {
	record(saw, "numbered", "numbered_refused")
	return p.step("start as "+p.new.role.Name+" on copies, replay every sign-in, make the next writes", func(s *result.Step) (err error) {
		for _, view := range slices.Concat(p.oldThen, p.newThen) {
			err = errors.Join(err, view.Close(ctx))
		}
		p.oldThen, p.newThen = nil, nil
		if err := errors.Join(err, p.new.shut(ctx), p.mover.end(ctx)); err != nil { // nobody may be connected to what is copied
			return err
		}
		var copies []*deployment.Blank
		defer func() {
			for _, one := range copies {
				err = errors.Join(err, one.Drop(context.WithoutCancel(ctx)))
			}
		}()
		for _, blank := range p.new.blanks {
			one, err := p.new.host.CopyFor(ctx, blank, p.new.role)
			if err != nil {
				return err
			}
			copies = append(copies, one)
			if one.Store != store.CollectionsStore {
				continue
			}
			saw.Add("numbered", 1)
			if err := postgres.Exec(ctx, one.Target, `INSERT INTO `+numbersTable+` (word) VALUES ('the next')`); err != nil {
				saw.Add("numbered_refused", 1)
				saw.See("the next insert into a table with a sequence: %v", err)
			}
		}
		err = p.content.Live(ctx, p.new.host, copies, saw)
		s.Said = fmt.Sprintf("%.0f starts, %.0f reads, %.0f writes", saw.Facts["starts"], saw.Facts["reads"], saw.Facts["writes"])
		return err
	})
}
