package postgres

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"time"

	"tristore/drivers/store"
)

// shape is how one record type lies in its table: the columns of its db tags, in order,
// and where each value is in the struct. It is worked out once, when a store is opened.
type shape struct {
	table   string
	columns []string
	paths   [][]int
	json    []bool // by column: sent as JSON text and cast, so that it needs no prepared statement
	list    string // quoted columns, for SELECT
	insert  string // a whole INSERT of one row
}

func shapeOf(record store.Record) shape {
	s := shape{table: record.Table()}
	s.walk(reflect.TypeOf(record), nil)
	quoted, places := make([]string, len(s.columns)), make([]string, len(s.columns))
	for i, column := range s.columns {
		quoted[i], places[i] = quote(column), "$"+strconv.Itoa(i+1)
		if s.json[i] {
			places[i] += "::jsonb"
		}
	}
	s.list = strings.Join(quoted, ", ")
	s.insert = "INSERT INTO " + quote(s.table) + " (" + s.list + ") VALUES (" + strings.Join(places, ", ") + ")"
	return s
}

func (s *shape) walk(record reflect.Type, path []int) {
	for i := range record.NumField() {
		field, at := record.Field(i), append(append([]int{}, path...), i)
		if field.Anonymous {
			s.walk(field.Type, at)
		} else if column := field.Tag.Get("db"); column != "" {
			kind := field.Type.Kind()
			s.columns, s.paths = append(s.columns, column), append(s.paths, at)
			s.json = append(s.json, kind == reflect.Map || kind == reflect.Struct && field.Type != reflect.TypeFor[time.Time]())
		}
	}
}

// places are pointers to the fields of *record, for Scan.
func (s shape) places(record any) []any {
	value, all := reflect.ValueOf(record).Elem(), make([]any, len(s.paths))
	for i, path := range s.paths {
		all[i] = value.FieldByIndex(path).Addr().Interface()
	}
	return all
}

// values are the fields of a record, for INSERT. A nil list or map is NULL, except the
// permission map, which is never null; a moment that was not set is now.
func (s shape) values(record store.Record) ([]any, error) {
	value, all := reflect.ValueOf(record), make([]any, len(s.paths))
	for i, path := range s.paths {
		field := value.FieldByIndex(path)
		switch kind := field.Kind(); {
		case (kind == reflect.Map || kind == reflect.Slice || kind == reflect.Pointer) && field.IsNil():
			all[i] = nil
			if s.columns[i] == "permissions" && kind == reflect.Map {
				all[i] = "{}"
			}
		case s.json[i]:
			text, err := json.Marshal(field.Interface())
			if err != nil {
				return nil, fmt.Errorf("column %s of %s: %w", s.columns[i], s.table, err)
			}
			all[i] = string(text)
		default:
			all[i] = field.Interface()
		}
		if moment, is := all[i].(time.Time); is && moment.IsZero() && s.columns[i] != "expires_at" {
			all[i] = time.Now()
		}
	}
	return all, nil
}
