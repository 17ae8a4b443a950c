package trace

import (
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// Profiler is the Source of a trace whose records are commands of MongoDB, each in
// canonical extended JSON.
const Profiler = "profiler"

// profiler reads the collection in which MongoDB's profiler writes: one document of
// extended JSON a line, as mongoexport writes it, or BSON, as mongodump does. No real
// MongoDB ever wrote what this was tried on; the field names are those of its manual.
type profiler struct {
	lines  *lines
	binary bool
	at     int64 // in the file
}

// operation is what a document of the profiler tells of, beside its moment and session.
type operation struct {
	op, collection string
	command        bson.D
	took           time.Duration
	cursor         int64 // that it left open or read on in; 0 for none
	exhausted      bool  // and read to its end
}

// archiveMagic begins what mongodump --archive writes.
const archiveMagic = "\x6d\xe2\x99\x81"

func newProfiler(in *lines) (*profiler, error) {
	head, _ := in.from.Peek(8) // an error shows when it is read
	p := &profiler{lines: in}
	if len(head) == 8 {
		n := binary.LittleEndian.Uint32(head)
		p.binary = n > 5 && n <= RecordMax && head[3] <= 1 && head[4] > 0 && head[4] <= byte(bson.TypeDecimal128) && head[5] >= ' ' && head[5] < 0x7f
	}
	switch start := strings.TrimLeft(string(head), " \t\r\n"); {
	case p.binary:
		return p, nil
	case strings.HasPrefix(start, archiveMagic):
		return nil, errors.New("it is an archive of mongodump: dump without --archive, and give system.profile.bson")
	case strings.HasPrefix(start, "["):
		return nil, errors.New("it is one JSON array: export without --jsonArray, one document a line")
	}
	return p, in.foreign(Profiler)
}

func (p *profiler) next() (entry, error) {
	read := p.fromJSON
	if p.binary {
		read = p.fromBSON
	}
	document, err := read()
	if err != nil {
		return entry{}, err
	}
	return entryOf(document)
}

func (p *profiler) fromJSON() (document bson.D, err error) {
	line, err := p.lines.next()
	switch {
	case err != nil:
		return nil, err
	case !utf8.Valid(line):
		return nil, oddity(oddUTF8)
	case !json.Valid(line) || bson.UnmarshalExtJSON(line, false, &document) != nil:
		return nil, oddity(oddDamaged)
	}
	return document, nil
}

// fromBSON reads the next document. A tail that is torn off counts; behind a length that
// cannot be one, nobody can tell where the next document begins.
func (p *profiler) fromBSON() (document bson.D, err error) {
	head, err := p.lines.from.Peek(4)
	if len(head) == 0 && errors.Is(err, io.EOF) {
		return nil, io.EOF
	}
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	size := int64(4)
	if len(head) == 4 {
		size = int64(binary.LittleEndian.Uint32(head))
	}
	if size < 5 && len(head) == 4 || size > 2*RecordMax {
		return nil, fmt.Errorf("it is damaged at byte %d: no document has %d bytes, and where the next one begins nobody can tell", p.at, size)
	}
	p.at += size
	if cap(p.lines.buffer) < int(size) {
		p.lines.buffer = make([]byte, size)
	}
	data := p.lines.buffer[:size]
	if _, err := io.ReadFull(p.lines.from, data); errors.Is(err, io.ErrUnexpectedEOF) {
		return nil, oddity(oddDamaged)
	} else if err != nil {
		return nil, err
	}
	if odd := sound(data); odd != "" {
		return nil, odd
	}
	if bson.Unmarshal(data, &document) != nil {
		return nil, oddity(oddDamaged)
	}
	return document, nil
}

// entryOf reads a document of the profiler. Its ts is when the operation had ended.
func entryOf(document bson.D) (entry, error) {
	op, isOp := field(document, "op").(string)
	ns, isNS := field(document, "ns").(string)
	ts, isTS := field(document, "ts").(bson.DateTime)
	took, timed := lasted(document)
	if !isOp || !isNS || !isTS || !timed || ts.Time().Year() < 1990 || ts.Time().Year() > 2200 {
		return entry{}, oddity(oddDamaged)
	}
	database, collection, _ := strings.Cut(ns, ".")
	command, _ := field(document, "command").(bson.D)
	e := entry{at: time.Duration(ts) * time.Millisecond, database: database, severity: "LOG", session: sessionName(document, command),
		op: &operation{op: op, collection: collection, command: command, took: took}}
	e.op.cursor, _ = field(document, "cursorid").(int64)
	e.op.exhausted, _ = field(document, "cursorExhausted").(bool)
	if more, is := field(command, getMore).(int64); is {
		e.op.cursor = more
	}
	switch {
	case collection == "system.profile":
		e.severity = "DEBUG" // about the profiler itself
	case failed(document):
		e.severity = "ERROR"
	}
	return e, nil
}

// lasted is how long the operation took; old servers tell it in milliseconds only.
func lasted(document bson.D) (took time.Duration, ok bool) {
	unit := time.Microsecond
	n, ok := asNumber(field(document, "micros"))
	if !ok {
		unit = time.Millisecond
		n, ok = asNumber(field(document, "millis"))
	}
	return time.Duration(n * float64(unit)), ok && n >= 0 && n*float64(unit) < 1e18
}

func failed(document bson.D) bool {
	for _, name := range []string{"errCode", "errName", "errMsg", "exception", "exceptionCode"} {
		if field(document, name) != nil {
			return true
		}
	}
	return false
}

// sessionName is the logical session that the driver named, or else where it came from:
// the profiler numbers no connections.
func sessionName(document, command bson.D) string {
	if lsid, is := field(command, "lsid").(bson.D); is {
		if id, is := field(lsid, "id").(bson.Binary); is && len(id.Data) > 0 {
			return "lsid " + string(id.Data)
		}
	}
	client, _ := field(document, "client").(string)
	application, _ := field(document, "appName").(string)
	return "client " + client + "\n" + application
}

// operationRecord is the record of an operation, or why there can be none.
func (u *underway) operationRecord(message entry) (r Record, odd string) {
	command, odd := message.op.sendable(message.database)
	if odd != "" {
		return r, odd
	}
	r = Record{Session: sessionOf(message.session), Due: max(0, message.at-message.op.took), Database: message.database}
	if u.Database != "" {
		r.Database = u.Database
	}
	if class, why := classOf(command); class == Never {
		return r, why
	}
	if u.hasher != nil {
		r.Session = u.hasher.session(message.session)
		var err error
		if command, err = u.hasher.command(command); err != nil {
			return r, err.Error()
		}
	}
	text, err := bson.MarshalExtJSON(command, true, false)
	switch {
	case err != nil:
		return r, oddDamaged
	case len(text) > RecordMax/2:
		return r, oddLong
	}
	r.Text = string(text)
	if odd := u.follow(*message.op, &r); odd != "" {
		return r, odd
	}
	if class, why := ClassifyCommand(r.Text); class == Never { // or it would be in the trace, and no replay could send it
		return r, why
	}
	return r, ""
}

// cursorsMax bounds the cursors that are followed at one time.
const cursorsMax = 1 << 16

// follow gives a record the cursor that it opens or reads on in, or says that no record
// before it opened that.
func (u *underway) follow(o operation, r *Record) (odd string) {
	further := ReadsOn(r.Text)
	switch {
	case further && !u.cursors[o.cursor]:
		return oddGetMore
	case o.cursor == 0, !further && (o.exhausted || len(u.cursors) >= cursorsMax):
		return ""
	}
	name := strconv.FormatInt(o.cursor, 16)
	if u.hasher != nil {
		name = hex.EncodeToString(u.hasher.sum("cursor " + name)[:8])
	}
	r.Params = []Param{{Value: name}}
	if u.cursors[o.cursor] = !o.exhausted; o.exhausted {
		delete(u.cursors, o.cursor)
		r.Params = append(r.Params, Param{Value: "last"})
	}
	return ""
}
