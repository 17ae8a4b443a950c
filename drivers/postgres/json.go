package postgres

import (
	"bytes"
	"encoding/json"
	"strings"
)

// unmarshal reads JSON like the standard library, but whole numbers that go into an
// any become int64 and not float64: 2^53+1 must come back as it went in.
func unmarshal(text []byte, into any) error {
	open, is := into.(*any)
	if !is {
		if fields, isMap := into.(*map[string]any); isMap {
			return unmarshalMap(text, fields)
		}
		return json.Unmarshal(text, into)
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	if err := decoder.Decode(open); err != nil {
		return err
	}
	*open = plainNumbers(*open)
	return nil
}

func unmarshalMap(text []byte, into *map[string]any) error {
	var open any
	if err := unmarshal(text, &open); err != nil {
		return err
	}
	if fields, is := open.(map[string]any); is {
		*into = fields
		return nil
	}
	return json.Unmarshal(text, into) // null, or an error that names the wrong type
}

// plainNumbers replaces json.Number inside a decoded value, in place where it can.
func plainNumbers(value any) any {
	switch v := value.(type) {
	case json.Number:
		if !strings.ContainsAny(v.String(), ".eE") {
			if whole, err := v.Int64(); err == nil {
				return whole
			}
		}
		float, err := v.Float64()
		if err != nil {
			return v.String() // beyond what a float64 holds
		}
		return float
	case []any:
		for i := range v {
			v[i] = plainNumbers(v[i])
		}
	case map[string]any:
		for key := range v {
			v[key] = plainNumbers(v[key])
		}
	}
	return value
}
