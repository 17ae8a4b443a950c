package transfer

import (
	"context"
	"errors"
	"fmt"
	"reflect"

	"tristore/drivers/deployment"
	"tristore/drivers/store"
	"tristore/reports/result"
	"tristore/scenarios/dataset"
)

var (
	errHalfWay    = errors.New("stopped half way on purpose") // ends the first pass
	errNotArrived = errors.New("the rows did not come across, so there is nothing to look at")
)

// arrives takes the rows across in two passes, of which the first is stopped half way, and
// compares what the target holds then.
//
// Facts: stopped = 1; half_rows: at least 1; rest_rows: at least 1: inserted by each; and those of compare.
func (d *drill) arrives(ctx context.Context, saw *result.Observation) error {
	record(saw, "stopped", "half_rows", "rest_rows")
	half, err := d.halfWay(ctx)
	if err != nil {
		return err
	}
	saw.Add("stopped", 1)
	saw.Set("half_rows", float64(half.Inserted))
	rest, err := d.pass(ctx, "go on with it to the end", d.source, d.target)
	if err != nil {
		return err
	}
	saw.Set("rest_rows", float64(rest.Inserted))
	d.arrived = true
	return d.compare(ctx, saw, d.source, d.target)
}

// repeats is one more pass, which must find nothing to do but roles of the platform's own.
//
// Facts: there: at least 1; inserted, changed = 0; excluded: at least 1; prints = 3; prints_differ = 0:
// fingerprints of the target's databases, before and after.
func (d *drill) repeats(ctx context.Context, saw *result.Observation) error {
	if !d.arrived {
		return errNotArrived
	}
	record(saw, "there", "inserted", "changed", "excluded", "prints", "prints_differ")
	before, err := prints(ctx, d.target)
	if err != nil {
		return err
	}
	if err := d.seedRoles(ctx); err != nil {
		return err
	}
	again, err := d.pass(ctx, "import once more, for nothing", d.source, d.target)
	if err != nil {
		return err
	}
	saw.Set("there", float64(again.There))
	saw.Set("inserted", float64(again.Inserted))
	saw.Set("changed", float64(again.Changed+again.Refused+again.Extra))
	saw.Set("excluded", float64(again.Excluded))
	see(saw, again)
	after, err := prints(ctx, d.target)
	if err != nil {
		return err
	}
	for _, name := range store.Names() {
		saw.Add("prints", 1)
		if !reflect.DeepEqual(before[name], after[name]) {
			saw.Add("prints_differ", 1)
			saw.See("store %s is not after that run what it was before", name)
		}
	}
	return nil
}

// halfWay is a pass that ends itself between two inserts, past the half of the rows.
func (d *drill) halfWay(ctx context.Context) (account Account, err error) {
	half := int64(dataset.Total(d.plan.Set) / 2)
	err = d.book.Step("import, stopped half way", func(s *result.Step) error {
		ctx, stop := context.WithCancelCause(ctx)
		defer stop(nil)
		c := Copy{From: d.source, To: d.target, after: func(rows int64) {
			if rows >= half {
				stop(errHalfWay)
			}
		}}
		account, err = c.Run(ctx)
		s.Said = said(account)
		switch {
		case err == nil:
			return fmt.Errorf("the pass was not stopped: it had inserted all %d rows before", account.Inserted)
		case errors.Is(err, errHalfWay):
			return nil
		}
		return err
	})
	return account, err
}

func (d *drill) pass(ctx context.Context, what string, from, to *deployment.Deployment) (account Account, err error) {
	err = d.book.Step(what, func(s *result.Step) (err error) {
		account, err = (&Copy{From: from, To: to}).Run(ctx)
		s.Said = said(account)
		return err
	})
	return account, err
}

func said(a Account) string {
	return fmt.Sprintf("%d rows read: %d inserted, %d there, %d changed, %d refused, %d seeded roles left out; %d only in the target", a.Source, a.Inserted, a.There, a.Changed, a.Refused, a.Excluded, a.Extra)
}

// returns takes the rows back into new databases of the first engine. Facts: those of compare.
func (d *drill) returns(ctx context.Context, saw *result.Observation) (err error) {
	if !d.arrived {
		return errNotArrived
	}
	if d.back, err = d.deploy(ctx, d.from); err != nil {
		return err
	}
	if _, err := d.pass(ctx, "import back into "+d.plan.From.Engine.Title(), d.target, d.back); err != nil {
		return err
	}
	return d.compare(ctx, saw, d.target, d.back)
}

// compare asks three ways: each row as the data set computes it, each row of the source
// against the target's, and each field as the servers count it.
//
// Facts: rows: those of the set; equal = rows; missing, changed, extra = 0; tables: at least 1;
// source_missing, source_changed, refused, source_extra = 0: of a pass that only looks;
// strange_tables = 0: of the source, left behind; fields: at least 1; fields_lost = 0;
// schemas: at least 1; schemas_differ = 0.
func (d *drill) compare(ctx context.Context, saw *result.Observation, from, to *deployment.Deployment) error {
	record(saw, "rows", "equal", "missing", "changed", "extra", "tables", "source_missing", "source_changed", "refused", "source_extra",
		"strange_tables", "fields", "fields_lost", "schemas", "schemas_differ")
	return d.book.Step("compute every row again and compare it, field by field", func(s *result.Step) error {
		found, err := dataset.NewVerification(d.plan.Set, to, 4).Run(ctx)
		if err != nil {
			return err
		}
		verified(saw, found)
		saw.Set("rows", float64(dataset.Total(d.plan.Set)))
		shape, err := CompareShapes(ctx, from, to)
		if err != nil {
			return err
		}
		shaped(saw, shape)
		looked, err := (&Copy{From: from, To: to, Look: true}).Run(ctx)
		if err != nil {
			return err
		}
		saw.Set("tables", float64(looked.Tables))
		saw.Set("source_missing", float64(looked.Missing))
		saw.Set("source_changed", float64(looked.Changed))
		saw.Set("refused", float64(looked.Refused))
		saw.Set("source_extra", float64(looked.Extra))
		saw.Set("strange_tables", float64(len(looked.Strange)))
		see(saw, looked)
		s.Said = fmt.Sprintf("%d of %d rows equal; %d fields of %d tables, %d lost", found.Equal, dataset.Total(d.plan.Set), shape.Fields, shape.Tables, len(shape.Lost))
		return nil
	})
}

func verified(saw *result.Observation, found dataset.Verified) {
	saw.Set("equal", float64(found.Equal))
	saw.Set("missing", float64(found.Missing))
	saw.Set("changed", float64(found.Changed))
	saw.Set("extra", float64(found.Extra))
	for _, row := range found.Named {
		saw.See("%s", row)
	}
}

func shaped(saw *result.Observation, shape Shape) {
	saw.Set("fields", float64(shape.Fields))
	saw.Set("fields_lost", float64(len(shape.Lost)))
	saw.Set("schemas", float64(shape.Schemas))
	saw.Set("schemas_differ", float64(len(shape.Differ)))
	for _, line := range append(shape.Lost, shape.Differ...) {
		saw.See("%s", line)
	}
}

func see(saw *result.Observation, a Account) {
	for _, line := range a.Strange {
		saw.See("the source's %s is no table of the stores and stays behind", line)
	}
	for _, line := range a.Named {
		saw.See("%s", line)
	}
}

func record(saw *result.Observation, facts ...string) {
	for _, name := range facts {
		saw.Set(name, 0)
	}
}

// prints are the fingerprints of the three databases.
func prints(ctx context.Context, of *deployment.Deployment) (map[store.Name]store.Fingerprint, error) {
	all := map[store.Name]store.Fingerprint{}
	for _, name := range store.Names() {
		one, err := deployment.Fingerprint(ctx, of.AdminTarget(name))
		if err != nil {
			return nil, err
		}
		all[name] = one
	}
	return all, nil
}
