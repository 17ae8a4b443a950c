package postgres

import (
	"crypto/rand"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math"
	"time"

	"tristore/drivers/store"
)

// encode checks a value against its field's type and gives what is sent. Nil is NULL.
func (f field) encode(value any) (any, error) {
	if value == nil {
		if f.required {
			return nil, fmt.Errorf("field %q is required", f.name)
		}
		return nil, nil
	}
	switch f.kind {
	case store.JSON:
		text, err := json.Marshal(value)
		if err != nil {
			return nil, fmt.Errorf("field %q: %w", f.name, err)
		}
		return string(text), nil
	case store.Text:
		if text, is := value.(string); is {
			return text, nil
		}
	case store.Integer:
		if whole, is := asInt(value); is {
			return whole, nil
		}
	case store.Double:
		if float, is := asFloat(value); is {
			return float, nil
		}
	case store.Boolean:
		if flag, is := value.(bool); is {
			return flag, nil
		}
	case store.Datetime:
		if moment, is := value.(time.Time); is {
			return moment, nil
		}
	case store.TextArray:
		if list, is := asTexts(value); is {
			return list, nil
		}
	}
	return nil, fmt.Errorf("field %q is %s and cannot hold a %T", f.name, f.kind, value)
}

// asInt takes whole numbers of any Go kind that a Document or a decoder may hold.
func asInt(value any) (int64, bool) {
	switch v := value.(type) {
	case int64:
		return v, true
	case int:
		return int64(v), true
	case int32:
		return int64(v), true
	case float64:
		if v == math.Trunc(v) && math.Abs(v) < 1<<63 {
			return int64(v), true
		}
	}
	return 0, false
}

func asFloat(value any) (float64, bool) {
	if float, is := value.(float64); is {
		return float, true
	}
	whole, is := asInt(value)
	return float64(whole), is
}

func asTexts(value any) ([]string, bool) {
	switch v := value.(type) {
	case []string:
		return v, true
	case []any:
		all := make([]string, len(v))
		for i, element := range v {
			text, is := element.(string)
			if !is {
				return nil, false
			}
			all[i] = text
		}
		return all, true
	}
	return nil, false
}

// newID makes an object id as the platform's other engine does: 4 bytes of time, so that
// new rows lie together in the index, and 8 of chance.
func newID() string {
	var id [12]byte
	binary.BigEndian.PutUint32(id[:4], uint32(time.Now().Unix()))
	_, _ = rand.Read(id[4:]) // never fails
	return hex.EncodeToString(id[:])
}

// row gives the values of one new row in the declared order. Moments that are not given
// stay nil.
func (d *declared) row(document store.Document) (values []any, id string, err error) {
	for name := range document {
		if _, err := d.field(name); err != nil {
			return nil, "", err
		}
	}
	values = make([]any, len(d.order))
	for i, name := range d.order {
		at, value := d.fields[name], document[name]
		switch {
		case name == fieldID:
			if value == nil {
				value = newID()
			}
			id, _ = value.(string)
		case at.automatic:
			at.required = false
		}
		if values[i], err = at.encode(value); err != nil {
			return nil, "", err
		}
	}
	return values, id, nil
}
