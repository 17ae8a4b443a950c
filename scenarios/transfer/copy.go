package transfer

import (
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"slices"
	"sync/atomic"

	"tristore/drivers"
	"tristore/drivers/deployment"
	"tristore/drivers/store"
	"tristore/scenarios/dataset"
)

// SeededType is the type of roles that the platform seeds by itself at its start. They are
// the target's own and are left out [D m2p].
const SeededType = "platform"

// Copy is one way from one deployment to another. Let nobody write to either meanwhile.
//
// Memory: of one table the target's _ids with a hash each, about 100 bytes a row, and one
// batch of rows.
type Copy struct {
	From, To *deployment.Deployment
	// Look only compares: nothing is declared or inserted.
	Look bool

	done  atomic.Int64
	after func(rows int64) // told of every batch; may be nil
}

// Account is what one pass did and saw. A row of the source is in exactly one of Inserted,
// There, Missing, Changed, Refused and Excluded.
type Account struct {
	Source   int64 // rows read
	Inserted int64
	There    int64 // in the target already, and equal
	Missing  int64 // not in the target, by a pass that only looks
	Changed  int64 // in the target already, and different: left as it is
	Refused  int64 // by the target
	Excluded int64 // seeded roles
	Extra    int64 // in the target and not in the source
	Tables   int   // with rows
	Strange  []string
	Named    []string // at most dataset.NamedMax rows and why, never their values
}

// Whole tells that the pass took rows, and that the target is then as the source.
func (a Account) Whole() bool {
	return a.Inserted+a.There > 0 && a.Missing+a.Changed+a.Refused+a.Extra == 0 && len(a.Strange) == 0
}

func (a *Account) name(format string, args ...any) {
	if len(a.Named) < dataset.NamedMax {
		a.Named = append(a.Named, fmt.Sprintf(format, args...))
	}
}

// Done is how many rows were read so far; it may be asked at any time.
func (c *Copy) Done() int64 { return c.done.Load() }

// Run makes one pass over all three stores. An error says that it could not go on; what
// was inserted stays, and another pass goes on from there.
func (c *Copy) Run(ctx context.Context) (a Account, _ error) {
	for _, name := range store.Names() {
		err := c.store(ctx, name, &a)
		if ctx.Err() != nil {
			return a, context.Cause(ctx) // whatever was under way says less
		}
		if err != nil {
			return a, fmt.Errorf("copying store %s: %w", name, err)
		}
	}
	return a, nil
}

// store copies every table of one store.
func (c *Copy) store(ctx context.Context, name store.Name, a *Account) (err error) {
	p := passage{copy: c, in: name, account: a}
	if p.source, err = c.From.OpenReader(ctx, name); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, p.source.Close(context.WithoutCancel(ctx))) }()
	if p.target, err = c.To.OpenReader(ctx, name); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, p.target.Close(context.WithoutCancel(ctx))) }()
	tables, err := c.tables(ctx, name)
	if err != nil {
		return err
	}
	if err := p.strange(ctx, tables); err != nil {
		return err
	}
	for _, t := range tables {
		if err := p.table(ctx, t); err != nil {
			return fmt.Errorf("table %s: %w", t.name, err)
		}
	}
	return nil
}

// table is one table by what its rows are: records of one type, or declared documents.
type table struct {
	name   string
	like   store.Record // nil for documents
	schema store.Schema
}

// tables are the records of a store and, where there are declarations, its collections,
// which are declared in the target as they are in the source.
func (c *Copy) tables(ctx context.Context, name store.Name) (all []table, err error) {
	for _, record := range store.Records(name) {
		all = append(all, table{name: record.Table(), like: record})
	}
	if name != store.CollectionsStore {
		return all, nil
	}
	schemas, err := schemasOf(ctx, c.From)
	if err != nil {
		return nil, err
	}
	there, err := schemasOf(ctx, c.To)
	if err != nil {
		return nil, err
	}
	for _, schema := range schemas {
		all = append(all, table{name: schema.Collection.Physical(), schema: schema})
		if c.Look || slices.ContainsFunc(there, func(same store.Schema) bool { return alike(schema, same) }) {
			continue // declaring it again would write the moment down anew
		}
		if outcome := c.To.Collections.UpdateSchema(ctx, schema); !outcome.OK() {
			return nil, fmt.Errorf("declaring %s in the target: %s", schema.Collection.Physical(), outcome.Detail())
		}
	}
	return all, nil
}

func schemasOf(ctx context.Context, of *deployment.Deployment) (all []store.Schema, err error) {
	survey, err := of.OpenSurvey(ctx, store.CollectionsStore)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, survey.Close(context.WithoutCancel(ctx))) }()
	all, outcome := survey.Schemas(ctx)
	return all, notDone(outcome, "reading what is declared")
}

// passage is one store on its way.
type passage struct {
	copy           *Copy
	in             store.Name
	source, target store.Reader
	account        *Account
}

// strange names the tables of the source that nothing here knows: their rows stay behind.
func (p passage) strange(ctx context.Context, known []table) error {
	all, outcome := p.source.Tables(ctx)
	if !outcome.OK() {
		return notDone(outcome, "listing the source's tables")
	}
	own := append(deployment.VersionTables(), deployment.DeclaredTable, drivers.SandboxMark)
	for _, name := range all {
		if !slices.Contains(own, name) && !slices.ContainsFunc(known, func(t table) bool { return t.name == name }) {
			p.account.Strange = append(p.account.Strange, string(p.in)+" "+name)
		}
	}
	return nil
}

// table takes one table's rows across.
func (p passage) table(ctx context.Context, t table) error {
	seed := maphash.MakeSeed()
	there := map[string]uint64{}
	outcome := read(ctx, p.target, t, func(id string, row any) {
		if !seeded(row) {
			there[id] = maphash.Bytes(seed, dataset.Canonical(row))
		}
	})
	if !outcome.OK() {
		return notDone(outcome, "reading what the target holds")
	}
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	rows := batch{of: t, in: p.in, into: p.copy.To, account: p.account}
	before := p.account.Source
	outcome = read(ctx, p.source, t, func(id string, row any) {
		if ctx.Err() != nil {
			return // the reading ends at its next look at the context
		}
		p.account.Source++
		if seeded(row) {
			p.account.Excluded++
			return
		}
		hash, is := there[id]
		delete(there, id)
		switch {
		case !is && p.copy.Look:
			p.account.Missing++
			p.account.name("%s %s: the target has no row of this _id", t.name, id)
		case !is:
			rows.add(id, row)
		case hash == maphash.Bytes(seed, dataset.Canonical(row)):
			p.account.There++
		default:
			p.account.Changed++
			p.account.name("%s %s: the target holds another row of this _id, which was left as it is", t.name, id)
		}
		if rows.full() {
			if err := p.send(ctx, &rows); err != nil {
				stop(err)
			}
		}
	})
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if !outcome.OK() {
		return notDone(outcome, "reading the source")
	}
	if err := p.send(ctx, &rows); err != nil {
		return err
	}
	for id := range there {
		p.account.Extra++
		p.account.name("%s %s: the source has no row of this _id", t.name, id)
	}
	if p.account.Source > before {
		p.account.Tables++
	}
	return nil
}

// seeded tells a role that the platform makes by itself: the target has its own.
func seeded(row any) bool {
	role, is := row.(store.Role)
	return is && role.Type == SeededType
}

func (p passage) send(ctx context.Context, rows *batch) error {
	count := int64(len(rows.ids))
	if err := rows.send(ctx); err != nil {
		return err
	}
	done := p.copy.done.Add(count)
	if p.copy.after != nil {
		p.copy.after(done)
	}
	return nil
}

// read streams a table's rows, with their _ids.
func read(ctx context.Context, from store.Reader, t table, see func(id string, row any)) store.Outcome {
	if t.like != nil {
		return from.EachRecord(ctx, t.like, func(row store.Record) { see(store.IDOf(row), row) })
	}
	return from.EachDocument(ctx, t.schema, func(row store.Document) {
		id, _ := row["_id"].(string)
		see(id, row)
	})
}

// notDone is the error of a step that the store did not acknowledge; nil for one that it did.
func notDone(outcome store.Outcome, step string) error {
	if outcome.OK() {
		return nil
	}
	return fmt.Errorf("%s: %w", step, errors.New(outcome.Detail()))
}
