package trace

import (
	"cmp"
	"container/heap"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"time"
)

// sorter puts records into the order in which they are due, in bounded memory. A log
// tells of a statement when it ended, so that a long one stands behind many that began
// later. Runs that memory can hold are sorted and written to temporary traces, and these
// are merged; records of one moment keep the order of the log.
type sorter struct {
	dir  string // of temporary files
	held []Record
	size int
	runs []*os.File // all sorted; an earlier run holds earlier lines of the log
}

// What a sorter holds in memory, and how many runs it merges at once: each costs its
// reader about 2 MiB.
const (
	heldMax = 24 << 20
	fanMax  = 16
)

func (s *sorter) add(r Record) error {
	s.held = append(s.held, r)
	if s.size += r.size(); s.size < heldMax {
		return nil
	}
	return s.spill()
}

// spill writes what is held as one more run. When there are many, they become one.
func (s *sorter) spill() error {
	if err := s.intoRun(s.takeHeld()); err != nil || len(s.runs) < fanMax {
		return err
	}
	return s.merged(s.intoRun)
}

// takeHeld gives what memory holds, in order.
func (s *sorter) takeHeld() func() (Record, error) {
	held := s.held
	s.held, s.size = nil, 0
	slices.SortStableFunc(held, func(a, b Record) int { return cmp.Compare(a.Due, b.Due) })
	return func() (Record, error) {
		if len(held) == 0 {
			return Record{}, io.EOF
		}
		first := held[0]
		held = held[1:]
		return first, nil
	}
}

// intoRun writes records into a temporary file that has no name, so that nothing of it
// is left whatever happens.
func (s *sorter) intoRun(next func() (Record, error)) error {
	file, err := os.CreateTemp(s.dir, ".trace-*")
	if err != nil {
		return fmt.Errorf("making a temporary file beside the trace: %w", err)
	}
	err = os.Remove(file.Name())
	var w *Writer
	if err == nil {
		w, err = NewWriter(file)
	}
	if err == nil {
		err = each(next, w.Write)
	}
	if err == nil {
		_, err = w.Close(Summary{})
	}
	if err != nil {
		return errors.Join(fmt.Errorf("sorting the trace: %w", err), file.Close())
	}
	s.runs = append(s.runs, file)
	return nil
}

// drain passes every record on in order. Nothing may be added afterwards.
func (s *sorter) drain(see func(Record) error) error {
	if len(s.runs) == 0 {
		return each(s.takeHeld(), see)
	}
	if len(s.held) > 0 {
		if err := s.intoRun(s.takeHeld()); err != nil {
			return err
		}
	}
	return s.merged(func(next func() (Record, error)) error { return each(next, see) })
}

// merged passes the records of all runs to use, as one sequence, and ends those runs.
func (s *sorter) merged(use func(next func() (Record, error)) error) (err error) {
	var m merge
	files := s.runs
	s.runs = nil
	defer func() {
		for _, from := range m {
			err = errors.Join(err, from.reader.Close())
		}
		for _, file := range files {
			err = errors.Join(err, file.Close())
		}
	}()
	for order, file := range files {
		info, err := file.Stat()
		if err != nil {
			return fmt.Errorf("sorting the trace: %w", err)
		}
		reader, err := NewReader(file, info.Size(), "a temporary file")
		if err != nil {
			return err
		}
		from := &run{order: order, reader: reader}
		m = append(m, from)
		if from.first, err = reader.Next(); err != nil {
			return err
		}
	}
	heap.Init(&m)
	return use(m.next)
}

// close forgets the runs.
func (s *sorter) close() error {
	var all []error
	for _, file := range s.runs {
		all = append(all, file.Close())
	}
	s.runs = nil
	return errors.Join(all...)
}

func each(next func() (Record, error), see func(Record) error) error {
	for {
		r, err := next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err == nil {
			err = see(r)
		}
		if err != nil {
			return err
		}
	}
}

// run is one sorted run under way: its first record not yet passed on.
type run struct {
	order  int
	first  Record
	reader *Reader
}

// merge is a heap of runs.
type merge []*run

func (m *merge) next() (Record, error) {
	if len(*m) == 0 {
		return Record{}, io.EOF
	}
	from := (*m)[0]
	record := from.first
	var err error
	from.first, err = from.reader.Next()
	switch {
	case errors.Is(err, io.EOF):
		heap.Pop(m)
		return record, from.reader.Close()
	case err != nil:
		return Record{}, err
	}
	heap.Fix(m, 0)
	return record, nil
}

func (m merge) Len() int      { return len(m) }
func (m merge) Swap(a, b int) { m[a], m[b] = m[b], m[a] }
func (m merge) Less(a, b int) bool {
	if m[a].first.Due != m[b].first.Due {
		return m[a].first.Due < m[b].first.Due
	}
	return m[a].order < m[b].order
}

// Push serves heap.Interface and is never called: runs only end.
func (m *merge) Push(any) { panic("a run that began while merging") }

// Pop serves heap.Interface.
func (m *merge) Pop() any {
	old := *m
	last := old[len(old)-1]
	*m = old[:len(old)-1]
	return last
}

// shifted makes the first record of a sequence due at zero.
func shifted(see func(Record) error) func(Record) error {
	first := time.Duration(-1)
	return func(r Record) error {
		if first < 0 {
			first = r.Due
		}
		r.Due -= first
		return see(r)
	}
}
