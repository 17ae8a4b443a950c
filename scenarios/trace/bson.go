package trace

import (
	"bytes"
	"encoding/binary"
	"unicode/utf8"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// depthMax is how deep documents may be nested: what MongoDB itself takes, and what keeps
// a decoder that calls itself from running out of stack.
const depthMax = 180

// sound looks through a document before anything decodes it: every length fits, nothing
// is nested deeper than depthMax, and text is UTF-8. It calls itself never.
func sound(document []byte) oddity {
	w := walk{data: document}
	if !w.descend() {
		return oddDamaged
	}
	for len(w.ends) > 0 {
		if w.at >= len(document) {
			return oddDamaged
		}
		kind := bson.Type(document[w.at])
		w.at++
		end := w.ends[len(w.ends)-1]
		if kind == 0 {
			if w.at != end {
				return oddDamaged
			}
			w.ends = w.ends[:len(w.ends)-1]
			continue
		}
		if !w.text(w.cstring()) || !w.value(kind) || w.at >= end {
			if w.foreign {
				return oddUTF8
			}
			return oddDamaged
		}
	}
	if w.at != len(document) {
		return oddDamaged
	}
	return ""
}

// walk is where one look through a document stands.
type walk struct {
	data    []byte
	at      int
	ends    []int // of the documents it is in
	foreign bool  // text that is no UTF-8
}

// descend goes into the document that begins here.
func (w *walk) descend() bool {
	n, ok := w.length(0)
	if !ok || n < 5 || len(w.ends) >= depthMax || len(w.ends) > 0 && w.at+n > w.ends[len(w.ends)-1] {
		return false
	}
	w.ends = append(w.ends, w.at+n)
	w.at += 4
	return true
}

// length reads the length that stands here, of which the value is at most that many
// bytes longer.
func (w *walk) length(more int) (n int, ok bool) {
	if len(w.data)-w.at < 4 {
		return 0, false
	}
	n = int(int32(binary.LittleEndian.Uint32(w.data[w.at:]))) // a negative one is refused below
	return n, n >= 0 && n <= len(w.data)-w.at-more
}

func (w *walk) skip(n int) bool {
	w.at += n
	return w.at <= len(w.data)
}

// cstring is the text up to the next NUL; nil when there is none.
func (w *walk) cstring() []byte {
	if w.at > len(w.data) {
		return nil
	}
	n := bytes.IndexByte(w.data[w.at:], 0)
	if n < 0 {
		return nil
	}
	text := w.data[w.at : w.at+n : w.at+n]
	w.at += n + 1
	return text
}

func (w *walk) text(text []byte) bool {
	if text != nil && !utf8.Valid(text) {
		w.foreign = true
	}
	return text != nil && !w.foreign
}

// value goes over a value, or into it. Kinds that no command of a driver holds, such as
// code with a scope, are damage.
func (w *walk) value(kind bson.Type) bool {
	switch kind {
	case bson.TypeDouble, bson.TypeDateTime, bson.TypeTimestamp, bson.TypeInt64:
		return w.skip(8)
	case bson.TypeString, bson.TypeJavaScript, bson.TypeSymbol:
		n, ok := w.length(4)
		if !ok || n < 1 || w.data[w.at+4+n-1] != 0 {
			return false
		}
		return w.text(w.data[w.at+4:w.at+4+n-1]) && w.skip(4+n)
	case bson.TypeEmbeddedDocument, bson.TypeArray:
		return w.descend()
	case bson.TypeBinary:
		n, ok := w.length(5)
		return ok && w.skip(5+n)
	case bson.TypeObjectID:
		return w.skip(12)
	case bson.TypeBoolean:
		return w.skip(1)
	case bson.TypeNull, bson.TypeUndefined, bson.TypeMinKey, bson.TypeMaxKey:
		return true
	case bson.TypeRegex:
		pattern := w.text(w.cstring())
		return pattern && w.text(w.cstring()) // its options
	case bson.TypeInt32:
		return w.skip(4)
	case bson.TypeDecimal128:
		return w.skip(16)
	default:
		return false
	}
}

// field is the value of a field, or nil.
func field(of bson.D, name string) any {
	for _, e := range of {
		if e.Key == name {
			return e.Value
		}
	}
	return nil
}

// asNumber reads a number of any kind; a server writes one and the same as several.
func asNumber(v any) (n float64, is bool) {
	switch v := v.(type) {
	case int32:
		return float64(v), true
	case int64:
		return float64(v), true
	case float64:
		return v, true
	}
	return 0, false
}
