package dataset

import (
	"context"
	"errors"
	"fmt"
	"math/bits"
	"sync"

	"tristore/drivers/deployment"
	"tristore/drivers/store"
)

// present is one bit per row of a part: 125 kB for a million rows.
type present []uint64

func newPresent(rows int) present { return make(present, (rows+63)/64) }

func (p present) set(i int)      { p[i/64] |= 1 << (i % 64) }
func (p present) has(i int) bool { return p[i/64]&(1<<(i%64)) != 0 }
func (p present) count() (rows int) {
	for _, word := range p {
		rows += bits.OnesCount64(word)
	}
	return rows
}

// byTable groups the numbers of parts by where their rows lie, in order.
func byTable(parts []part) (tables []tableParts) {
	at := map[string]int{}
	for i, p := range parts {
		key := string(p.in) + "/" + p.table
		known, is := at[key]
		if !is {
			known = len(tables)
			at[key] = known
			tables = append(tables, tableParts{in: p.in, table: p.table})
		}
		tables[known].numbers = append(tables[known].numbers, i)
		tables[known].parts = append(tables[known].parts, p)
	}
	return tables
}

// tableParts are the parts that share one table.
type tableParts struct {
	in      store.Name
	table   string
	numbers []int // of the parts in their set
	parts   []part
}

// foreign is a row that the data set does not have.
type foreign struct{ table, id string }

func (f *foreign) Error() string {
	return fmt.Sprintf("table %s holds a row that this data set does not have (_id %s): load onto empty stores, or with the seed and sizes that were begun with", f.table, f.id)
}

// look finds which rows of every part are there, by their _ids alone.
func look(ctx context.Context, parts []part, in *deployment.Deployment, connections int) ([]present, error) {
	there := make([]present, len(parts))
	for i, p := range parts {
		there[i] = newPresent(p.rows)
	}
	err := eachTable(ctx, byTable(parts), reading{in, connections}, func(ctx context.Context, from store.Reader, t tableParts) error {
		var stranger *foreign
		outcome := from.EachID(ctx, t.table, func(id string) {
			at, row, known := find(t.parts, id)
			if known {
				there[t.numbers[at]].set(row)
			} else if stranger == nil {
				stranger = &foreign{t.table, id}
			}
		})
		if !outcome.OK() {
			return notDone(outcome, "looking for what %s holds already", t.table)
		}
		if stranger != nil {
			return stranger
		}
		return nil
	})
	return there, err
}

// reading is where tables are read from, and on how many connections.
type reading struct {
	of          *deployment.Deployment
	connections int
}

// eachTable works on tables, several at once, until one fails.
func eachTable(ctx context.Context, tables []tableParts, on reading, work func(context.Context, store.Reader, tableParts) error) (err error) {
	readers := map[store.Name]store.Reader{}
	defer func() {
		for _, one := range readers {
			err = errors.Join(err, one.Close(context.WithoutCancel(ctx)))
		}
	}()
	for _, t := range tables {
		if readers[t.in] == nil {
			reader, err := on.of.OpenReader(ctx, t.in)
			if err != nil {
				return err
			}
			readers[t.in] = reader
		}
	}
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	next := make(chan tableParts)
	var workers sync.WaitGroup
	for range on.connections {
		workers.Go(func() {
			for t := range next {
				if err := work(ctx, readers[t.in], t); err != nil {
					stop(err)
				}
			}
		})
	}
	for _, t := range tables {
		select {
		case next <- t:
		case <-ctx.Done():
		}
	}
	close(next)
	workers.Wait()
	return context.Cause(ctx)
}
