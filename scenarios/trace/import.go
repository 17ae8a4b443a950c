package trace

import (
	"cmp"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"maps"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// Import says how to read logs into a trace.
type Import struct {
	Format string // csvlog, jsonlog, stderr or profiler
	Prefix string // log_line_prefix of a stderr log; empty means DefaultPrefix
	// Database replaces what the log says, and stands where it says nothing.
	Database string
	Hash     bool   // literals and parameters
	Scratch  string // folder of temporary files
}

// Log is one log file; logs are read one after the other, and need not be in order.
type Log struct {
	Name string
	From io.Reader
}

// Run reads the logs and writes one trace. It holds at most some 200 MiB, however long
// they are. A log of which nothing can be imported is an error.
func (i Import) Run(logs []Log, to io.Writer) (summary Summary, err error) {
	u := underway{Import: i, sorter: sorter{dir: i.Scratch}, odd: map[string]int64{}, other: map[string]int64{}, recent: map[uint64]moment{}, cursors: map[int64]bool{}}
	if i.Hash {
		u.hasher = newHasher()
	}
	defer func() { err = errors.Join(err, u.sorter.close()) }()
	for _, log := range logs {
		if err := u.read(log); err != nil {
			return summary, fmt.Errorf("%s: %w", log.Name, err)
		}
	}
	if u.records == 0 {
		return summary, u.nothing()
	}
	w, err := NewWriter(to)
	if err != nil {
		return summary, err
	}
	if err := u.sorter.drain(shifted(w.Write)); err != nil {
		return summary, err
	}
	return w.Close(Summary{Source: i.Format, Hashed: i.Hash, NotReplayable: sortedCounts(u.odd), Other: sortedCounts(u.other)})
}

// underway is one import.
type underway struct {
	Import
	sorter     sorter
	hasher     *hasher
	records    int64
	odd, other map[string]int64
	recent     map[uint64]moment // by session
	cursors    map[int64]bool    // of MongoDB, that were left open
}

func (u *underway) read(log Log) error {
	from, err := newSource(u.Format, cmp.Or(u.Prefix, DefaultPrefix), log.From)
	if err != nil {
		return err
	}
	for {
		message, err := from.next()
		var odd oddity
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case errors.As(err, &odd):
			u.odd[string(odd)]++
			continue
		case err != nil:
			return err
		}
		if err := u.take(message); err != nil {
			return err
		}
	}
}

// take adds the statement of a message, or counts why there is none.
func (u *underway) take(message entry) error {
	switch message.severity {
	case "LOG":
	case "ERROR", "FATAL", "PANIC":
		u.other[otherFailed]++
		return nil
	default:
		u.other[otherMessage]++
		return nil
	}
	r, other, odd := u.statement(message)
	switch {
	case other != "":
		u.other[other]++
		return nil
	case odd != "":
		u.odd[odd]++
		return nil
	}
	u.records++
	r.Due = u.inOrder(r.Session, r.Due, message.at)
	return u.sorter.add(r)
}

// statement is the record of what a message tells, or other, why it tells of none, or odd,
// why it cannot be replayed.
func (u *underway) statement(message entry) (r Record, other, odd string) {
	if message.op != nil {
		r, odd = u.operationRecord(message)
		return r, "", odd
	}
	what, other, odd := statementOf(message.message)
	if other == "" && odd == "" {
		r, odd = u.recordOf(what, message)
	}
	return r, other, odd
}

// recentMax and recentSpan bound what is remembered of sessions.
const (
	recentMax  = 100_000
	recentSpan = 2 * time.Second
)

// inOrder keeps a session's statements in the order of the log, in which they ended: a
// time of the log is cut to milliseconds or seconds, a duration is not, so that of two
// short statements the second may seem to begin first.
func (u *underway) inOrder(session uint64, due, at time.Duration) time.Duration {
	if before, known := u.recent[session]; known && (at-before.at).Abs() <= recentSpan {
		due = max(due, before.due)
	}
	if len(u.recent) >= recentMax {
		maps.DeleteFunc(u.recent, func(_ uint64, seen moment) bool { return (at - seen.at).Abs() > recentSpan })
		if len(u.recent) >= recentMax {
			clear(u.recent) // more sessions within recentSpan than any server has
		}
	}
	u.recent[session] = moment{due, at}
	return due
}

// moment is when a session's last statement was due, and what its log line says.
type moment struct{ due, at time.Duration }

// recordOf is the record of a statement, or why there can be none.
func (u *underway) recordOf(what said, message entry) (r Record, odd string) {
	params, ok := []Param(nil), true
	if !what.simple {
		params, ok = parametersOf(message.detail)
	}
	r = Record{Session: sessionOf(message.session), Due: max(0, message.at-what.took), Database: cmp.Or(u.Database, message.database),
		Text: what.text, Params: params, Prepared: what.prepared}
	if !utf8.ValidString(r.Text) || !utf8.ValidString(message.detail) {
		return r, oddUTF8
	}
	if !ok {
		return r, oddUnreadable
	}
	tokens, err := lex(r.Text)
	if err != nil {
		return r, err.Error()
	}
	if class, why := classify(tokens); class == Never {
		return r, why
	}
	if highest := highestParameter(tokens); highest != len(params) {
		return r, oddParameters
	}
	if u.hasher != nil {
		r.Session = u.hasher.session(message.session)
		if err := u.hasher.record(&r, tokens); err != nil {
			return r, err.Error()
		}
	}
	if r.size() > RecordMax {
		return r, oddLong
	}
	r.own()
	return r, ""
}

// sessionOf hashes the name of a session; a map of all sessions would grow with the log.
func sessionOf(name string) uint64 {
	h := fnv.New64a()
	_, _ = h.Write([]byte(name)) // never fails
	return h.Sum64()
}

// nothing says why a log gave no statement.
func (u *underway) nothing() error {
	seen := append(sortedCounts(u.odd), sortedCounts(u.other)...)
	if len(seen) == 0 {
		return errors.New("the log holds no message at all")
	}
	slices.SortStableFunc(seen, func(a, b Count) int { return cmp.Compare(b.N, a.N) })
	mend := "did the server run with log_statement or log_min_duration_statement on, and lc_messages in English?"
	if u.Format == Profiler {
		mend = "is it the collection system.profile of a server whose profiler was on, exported one document a line, or its BSON?"
		seen[0].What = strings.ReplaceAll(seen[0].What, oddDamaged, "no document of the profiler, or one that was cut off")
	}
	switch seen[0].What {
	case oddUnlike:
		mend = "give the server's log_line_prefix with --prefix"
	case oddDamaged:
		mend = "is it a " + u.Format + "?"
	}
	return fmt.Errorf("no statement of the log can be replayed; most of it is: %s (%d); %s", seen[0].What, seen[0].N, mend)
}

func sortedCounts(counts map[string]int64) []Count {
	var all []Count
	for what, n := range counts {
		all = append(all, Count{what, n})
	}
	slices.SortFunc(all, func(a, b Count) int { return cmp.Or(cmp.Compare(b.N, a.N), cmp.Compare(a.What, b.What)) })
	return all
}
