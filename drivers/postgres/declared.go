package postgres

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"tristore/drivers/store"
)

// declared is one collection as we know it: its fields by the contract's names, and the
// statements that do not depend on a request.
type declared struct {
	schema store.Schema
	table  string // quoted
	fields map[string]field
	order  []string // every field, automatic ones first
	insert string   // of one row, in that order
	read   time.Time
}

// field is one column.
type field struct {
	name      string
	column    string // quoted
	kind      store.PropertyType
	required  bool
	automatic bool
}

// The automatic fields, by the contract's names.
const (
	fieldID        = "_id"
	fieldCreatedAt = "createdAt"
	fieldUpdatedAt = "updatedAt"
	fieldCreatedBy = "createdBy"
	fieldUpdatedBy = "updatedBy"
)

func automatic() []store.Property {
	return []store.Property{{Name: fieldID, Type: store.Text, Required: true}, {Name: fieldCreatedAt, Type: store.Datetime, Required: true},
		{Name: fieldUpdatedAt, Type: store.Datetime, Required: true}, {Name: fieldCreatedBy, Type: store.Text}, {Name: fieldUpdatedBy, Type: store.Text}}
}

// types are the columns' types.
func types() map[store.PropertyType]string {
	return map[store.PropertyType]string{store.Text: "text", store.Integer: "bigint", store.Double: "double precision", store.Boolean: "boolean",
		store.Datetime: "timestamptz", store.JSON: "jsonb", store.TextArray: "text[]"}
}

func newDeclared(schema store.Schema) *declared {
	d := &declared{schema: schema, table: quote(schema.Collection.Physical()), fields: map[string]field{}, read: time.Now()}
	own := automatic()
	for i, property := range append(own, schema.Properties...) {
		d.order = append(d.order, property.Name)
		d.fields[property.Name] = field{property.Name, quote(ColumnName(property.Name)), property.Type, property.Required, i < len(own)}
	}
	columns, places := make([]string, len(d.order)), make([]string, len(d.order))
	for i, name := range d.order {
		columns[i], places[i] = d.fields[name].column, "$"+strconv.Itoa(i+1)
		if name == fieldCreatedAt || name == fieldUpdatedAt {
			places[i] = "coalesce(" + places[i] + "::timestamptz, now())"
		} else if d.fields[name].kind == store.JSON {
			places[i] += "::jsonb"
		}
	}
	d.insert = "INSERT INTO " + d.table + " (" + strings.Join(columns, ", ") + ") VALUES (" + strings.Join(places, ", ") + ")"
	return d
}

// unknownField refuses a field that was not declared.
type unknownField struct{ name, collection string }

func (u *unknownField) Error() string {
	return fmt.Sprintf("collection %s has no field %q", u.collection, u.name)
}

func (d *declared) field(name string) (field, error) {
	if found, is := d.fields[name]; is {
		return found, nil
	}
	return field{}, &unknownField{name, d.schema.Collection.Physical()}
}

// unique tells whether a unique index covers exactly these fields, in any order.
func (d *declared) unique(fields []string) bool {
	wanted := slices.Sorted(slices.Values(fields))
	if slices.Equal(wanted, []string{fieldID}) {
		return true
	}
	return slices.ContainsFunc(d.schema.Indexes, func(index store.Index) bool {
		return index.Unique && slices.Equal(wanted, slices.Sorted(slices.Values(index.Fields)))
	})
}

// nameMax is PostgreSQL's limit on a name, in bytes; it would cut a longer one silently.
const nameMax = 63

var hump = regexp.MustCompile(`([a-z])([A-Z])`)

// ColumnName is the platform's way from camelCase to snake_case [D m2p].
func ColumnName(name string) string {
	return strings.ToLower(hump.ReplaceAllString(name, "${1}_${2}"))
}

// checkName refuses what PostgreSQL would cut or cannot hold.
func checkName(kind, name string) error {
	switch {
	case name == "":
		return fmt.Errorf("a %s has no name", kind)
	case len(name) > nameMax:
		return fmt.Errorf("%s %q has %d bytes, over PostgreSQL's %d", kind, name, len(name), nameMax)
	case !utf8.ValidString(name) || strings.ContainsRune(name, 0):
		return fmt.Errorf("%s %q is not text that PostgreSQL can hold", kind, name)
	}
	return nil
}

// checkCollection also refuses a slash: with one inside, two collections could share a table.
func checkCollection(at store.Collection) error {
	for kind, name := range map[string]string{"namespace": at.Namespace, "collection": at.Name} {
		if err := checkName(kind, name); err != nil {
			return err
		}
		if strings.Contains(name, "/") {
			return fmt.Errorf("%s %q holds a slash", kind, name)
		}
	}
	return checkName("table", at.Physical())
}

// checkSchema refuses a declaration that cannot be kept as it stands.
func checkSchema(schema store.Schema) error {
	if err := checkCollection(schema.Collection); err != nil {
		return err
	}
	columns, names := map[string]string{}, map[string]bool{}
	for _, own := range automatic() {
		columns[ColumnName(own.Name)] = own.Name
	}
	for _, property := range schema.Properties {
		column := ColumnName(property.Name)
		if err := checkName("property", property.Name); err != nil {
			return err
		}
		if err := checkName("column", column); err != nil {
			return err
		}
		if other, taken := columns[column]; taken {
			return fmt.Errorf("properties %q and %q would share column %q", other, property.Name, column)
		}
		if _, known := types()[property.Type]; !known {
			return fmt.Errorf("property %q has type %q, which is not known", property.Name, property.Type)
		}
		if strings.Contains(property.Name, ".") {
			return fmt.Errorf("property %q holds a dot, which reaches into json", property.Name)
		}
		columns[column] = property.Name
	}
	for _, index := range schema.Indexes {
		if len(index.Fields) == 0 {
			return fmt.Errorf("index %q has no fields", index.Name)
		}
		if index.Name == "" {
			continue
		}
		if err := checkName("index", index.Name); err != nil {
			return err
		}
		if names[index.Name] {
			return fmt.Errorf("two indexes are called %q", index.Name)
		}
		names[index.Name] = true
	}
	return nil
}

// indexName is the name in the database. There, names of indexes are shared by all
// tables of a schema, and two workspaces may use one app: a hash of the table and of
// what was declared ends each name, and the readable part is cut to make room.
func indexName(table string, index store.Index) string {
	readable := index.Name
	if readable == "" {
		readable = strings.Join(index.Fields, "_")
	}
	sum := sha256.Sum256([]byte(fmt.Sprintf("%q %q %q %t", table, index.Name, index.Fields, index.Unique)))
	suffix := "_" + hex.EncodeToString(sum[:6])
	for len(readable) > nameMax-len(suffix) {
		_, size := utf8.DecodeLastRuneInString(readable)
		readable = readable[:len(readable)-size]
	}
	return readable + suffix
}
