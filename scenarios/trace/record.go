package trace

import (
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
	"time"
)

// Record is one statement of a recorded workload.
type Record struct {
	// Session tells the sessions of one trace apart; it is a hash and says nothing else.
	Session uint64
	// Due is when the statement began, since the first one of the trace.
	Due      time.Duration
	Database string // empty when the log does not tell
	Text     string
	// Params are bound parameters; of a command of MongoDB the cursor that it left open or
	// reads on in, and behind it that this was the cursor's last batch.
	Params []Param
	// Prepared tells that the statement had a name, so that it was parsed once and used often.
	Prepared bool
}

// Param is one bound parameter in the server's text form.
type Param struct {
	Value string
	Null  bool
}

// RecordMax bounds one record, and one row of a log.
const RecordMax = 16 << 20

// paramsMax is how many parameters the protocol can carry.
const paramsMax = 65535

// The bits of a record's first byte.
const prepared = 1

// append writes the record behind into: flags, session, due, database, text, number of
// parameters, and of each its length plus one and its bytes; zero is NULL.
func (r Record) append(into []byte) []byte {
	flags := byte(0)
	if r.Prepared {
		flags |= prepared
	}
	into = append(into, flags)
	into = binary.LittleEndian.AppendUint64(into, r.Session)
	into = binary.AppendUvarint(into, uint64(max(0, r.Due)))
	into = appendText(into, r.Database)
	into = appendText(into, r.Text)
	into = binary.AppendUvarint(into, uint64(len(r.Params)))
	for _, p := range r.Params {
		if p.Null {
			into = append(into, 0)
			continue
		}
		into = binary.AppendUvarint(into, uint64(len(p.Value))+1)
		into = append(into, p.Value...)
	}
	return into
}

func appendText(into []byte, text string) []byte {
	return append(binary.AppendUvarint(into, uint64(len(text))), text...)
}

// size is about what the record takes in memory.
func (r Record) size() int {
	n := len(r.Text) + len(r.Database) + 96
	for _, p := range r.Params {
		n += len(p.Value) + 24
	}
	return n
}

// own copies what may be a small part of a row that would be kept with it.
func (r *Record) own() {
	r.Text, r.Database = strings.Clone(r.Text), strings.Clone(r.Database)
	for i := range r.Params {
		r.Params[i].Value = strings.Clone(r.Params[i].Value)
	}
}

var errRecord = errors.New("a record of it does not add up")

// decode reads what append wrote, and refuses anything else. Nothing of the record
// points into data.
func decode(data []byte) (Record, error) {
	d := decoder{data: data}
	flags := d.bytes(1)
	session := d.bytes(8)
	due := d.number()
	r := Record{Due: time.Duration(due), Database: string(d.bytes(d.number())), Text: string(d.bytes(d.number()))}
	count := d.number()
	if d.bad || due > 1<<62 || flags[0] > prepared || count > paramsMax || count > uint64(len(d.data)) {
		return Record{}, errRecord
	}
	r.Prepared, r.Session = flags[0]&prepared != 0, binary.LittleEndian.Uint64(session)
	if count > 0 {
		r.Params = make([]Param, count)
	}
	for i := range r.Params {
		length := d.number()
		if length == 0 {
			r.Params[i].Null = true
			continue
		}
		r.Params[i].Value = string(d.bytes(length - 1))
	}
	if d.bad || len(d.data) > 0 {
		return Record{}, fmt.Errorf("%w: %d bytes are left over", errRecord, len(d.data))
	}
	return r, nil
}

// decoder takes fields off the front of data; once bad, it stays so.
type decoder struct {
	data []byte
	bad  bool
}

func (d *decoder) number() uint64 {
	n, took := binary.Uvarint(d.data)
	if took <= 0 || d.bad {
		d.bad = true
		return 0
	}
	d.data = d.data[took:]
	return n
}

func (d *decoder) bytes(n uint64) []byte {
	if d.bad || n > uint64(len(d.data)) {
		d.bad = true
		return nil
	}
	taken := d.data[:n]
	d.data = d.data[n:]
	return taken
}
