package dataset

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"tristore/drivers"
	"tristore/drivers/deployment"
	"tristore/drivers/store"
)

// NamedMax bounds the rows that a verification names; it counts all.
const NamedMax = 20

// Verification compares what stores hold with what a set says, row by row and field by
// field. Nothing is kept but one bit per row: each row that is read says by its _id which
// one it should be, and that one is computed. Let nobody write meanwhile.
type Verification struct {
	set         Set
	of          *deployment.Deployment
	connections int

	total, done atomic.Int64
	now         atomic.Pointer[string]

	lock  sync.Mutex
	found Verified
}

// NewVerification prepares one, on so many connections.
func NewVerification(set Set, of *deployment.Deployment, connections int) *Verification {
	return &Verification{set: set, of: of, connections: min(max(1, connections), ConnectionsMax)}
}

// Verified is what a verification saw.
type Verified struct {
	Equal                   int64 // rows that are as the set says
	Missing, Extra, Changed int64
	Named                   []Deviation // at most NamedMax, by table and row
}

// OK tells that something was compared, and that all of it is as it should be.
func (v Verified) OK() bool { return v.Equal > 0 && v.Missing+v.Extra+v.Changed == 0 }

// Deviation is one row that is not as the set says.
type Deviation struct {
	Store store.Name
	Table string
	ID    string
	Row   int // of its kind in the set; -1 when the set has no such row
	What  string
}

func (d Deviation) String() string {
	if d.Row < 0 {
		return fmt.Sprintf("%s %s _id %s: %s", d.Store, d.Table, d.ID, d.What)
	}
	return fmt.Sprintf("%s %s row %d (_id %s): %s", d.Store, d.Table, d.Row, d.ID, d.What)
}

// Progress may be asked at any time.
func (v *Verification) Progress() Progress {
	p := Progress{Total: v.total.Load(), Done: v.done.Load()}
	if now := v.now.Load(); now != nil {
		p.Now = *now
	}
	return p
}

// Run reads every table of the stores that the set is about, those that it does not know
// too. An error says that something could not be read; then nothing is known of the rest.
func (v *Verification) Run(ctx context.Context) (Verified, error) {
	if err := v.set.check(); err != nil {
		return Verified{}, err
	}
	v.total.Store(int64(Total(v.set)))
	tables, err := v.tables(ctx)
	if err == nil {
		err = eachTable(ctx, tables, reading{v.of, v.connections}, v.compare)
	}
	if err != nil {
		return Verified{}, fmt.Errorf("verifying the data set, after %d of %d rows: %w", v.done.Load(), v.total.Load(), err)
	}
	slices.SortFunc(v.found.Named, func(a, b Deviation) int {
		return cmp.Or(cmp.Compare(a.Table, b.Table), cmp.Compare(a.Row, b.Row), cmp.Compare(a.ID, b.ID))
	})
	v.found.Named = v.found.Named[:min(len(v.found.Named), NamedMax)]
	return v.found, nil
}

// tables are those of the set, and those of its stores that it does not know.
func (v *Verification) tables(ctx context.Context) ([]tableParts, error) {
	tables := byTable(v.set.parts())
	known, stores := map[string]bool{}, map[store.Name]bool{}
	for _, t := range tables {
		known[string(t.in)+"/"+t.table], stores[t.in] = true, true
	}
	own := append(deployment.VersionTables(), deployment.DeclaredTable, drivers.SandboxMark)
	for _, name := range store.Names() {
		if !stores[name] {
			continue
		}
		reader, err := v.of.OpenReader(ctx, name)
		if err != nil {
			return nil, err
		}
		all, outcome := reader.Tables(ctx)
		if err := reader.Close(ctx); err != nil {
			return nil, err
		}
		if !outcome.OK() {
			return nil, notDone(outcome, "listing the tables of store %s", name)
		}
		for _, table := range all {
			if !known[string(name)+"/"+table] && !slices.Contains(own, table) {
				tables = append(tables, tableParts{in: name, table: table})
			}
		}
	}
	return tables, nil
}

// compare reads one table.
func (v *Verification) compare(ctx context.Context, from store.Reader, t tableParts) error {
	now := string(t.in) + " " + t.table
	v.now.Store(&now)
	c := comparison{t: t, there: make([]present, len(t.parts)), done: &v.done}
	for i, p := range t.parts {
		c.there[i] = newPresent(p.rows)
	}
	if outcome := c.read(ctx, from); !outcome.OK() {
		return notDone(outcome, "reading %s", t.table)
	}
	c.missing()
	v.lock.Lock()
	defer v.lock.Unlock()
	v.found.Equal += c.seen.Equal
	v.found.Missing += c.seen.Missing
	v.found.Extra += c.seen.Extra
	v.found.Changed += c.seen.Changed
	v.found.Named = append(v.found.Named, c.seen.Named...)
	return nil
}

// comparison is one table being compared.
type comparison struct {
	t     tableParts
	there []present
	seen  Verified
	done  *atomic.Int64
}

func (c *comparison) read(ctx context.Context, from store.Reader) store.Outcome {
	switch {
	case len(c.t.parts) == 0:
		return from.EachID(ctx, c.t.table, func(id string) { c.extra(id) })
	case c.t.parts[0].document != nil:
		return from.EachDocument(ctx, c.t.parts[0].schema, func(row store.Document) {
			id, _ := row["_id"].(string)
			c.row(id, row)
		})
	default:
		return from.EachRecord(ctx, c.t.parts[0].like, func(row store.Record) { c.row(store.IDOf(row), row) })
	}
}

// row compares one row that was read.
func (c *comparison) row(id string, got any) {
	c.done.Add(1)
	at, i, known := find(c.t.parts, id)
	if !known {
		c.extra(id)
		return
	}
	p := c.t.parts[at]
	c.there[at].set(i)
	has, want := Canonical(got), Canonical(p.row(i))
	if bytes.Equal(has, want) {
		c.seen.Equal++
		return
	}
	c.seen.Changed++
	c.name(id, i, "changed: "+Differing(has, want))
}

func (c *comparison) extra(id string) {
	c.seen.Extra++
	c.name(id, -1, "extra: the data set has no such row")
}

func (c *comparison) missing() {
	for at, p := range c.t.parts {
		for i := range p.rows {
			if !c.there[at].has(i) {
				c.seen.Missing++
				c.name(p.id(i), i, "missing")
			}
		}
	}
}

func (c *comparison) name(id string, row int, what string) {
	if len(c.seen.Named) < NamedMax {
		c.seen.Named = append(c.seen.Named, Deviation{c.t.in, c.t.table, id, row, what})
	}
}

// Differing names the fields that differ, never their values: some are secrets.
func Differing(has, want []byte) string {
	var one, other map[string]json.RawMessage
	if json.Unmarshal(has, &one) != nil || json.Unmarshal(want, &other) != nil {
		return "it cannot be compared"
	}
	var fields []string
	for name, value := range one {
		if !bytes.Equal(value, other[name]) {
			fields = append(fields, name)
		}
	}
	for name := range other {
		if _, there := one[name]; !there {
			fields = append(fields, name)
		}
	}
	slices.Sort(fields)
	return strings.Join(fields, ", ")
}
