package mongo

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"go.mongodb.org/mongo-driver/v2/bson"

	"tristore/drivers/store"
)

// declared is one collection as we know it.
type declared struct {
	schema store.Schema
	fields map[string]store.Property
	read   time.Time
}

// The automatic fields.
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

func newDeclared(schema store.Schema) *declared {
	d := &declared{schema: schema, fields: map[string]store.Property{}, read: time.Now()}
	for _, property := range append(automatic(), schema.Properties...) {
		d.fields[property.Name] = property
	}
	return d
}

// property finds the declared property of a path. Only json is reached into, by dots.
func (d *declared) property(path string) (property store.Property, inside bool, err error) {
	root, _, inside := strings.Cut(path, ".")
	property, is := d.fields[root]
	if !is {
		return property, inside, fmt.Errorf("collection %s has no field %q", d.schema.Collection.Physical(), root)
	}
	if inside && property.Type != store.JSON {
		return property, inside, fmt.Errorf("field %q is %s: only json is reached into by dots", root, property.Type)
	}
	if strings.ContainsRune(path, 0) || strings.HasPrefix(path, "$") || strings.Contains(path, ".$") || strings.Contains(path, "..") || strings.HasSuffix(path, ".") {
		return property, inside, fmt.Errorf("field %q is not a path", path)
	}
	return property, inside, nil
}

// row checks a new row and gives it as it is stored: the _id first, then by name.
func (d *declared) row(from store.Document, now time.Time) (bson.D, error) {
	id, _ := from[fieldID].(string)
	if value, given := from[fieldID]; given && id == "" {
		return nil, fmt.Errorf("_id %v is not text", value)
	}
	if id == "" {
		id = newID()
	}
	whole := bson.D{{Key: fieldID, Value: id}, {Key: fieldCreatedAt, Value: now}, {Key: fieldUpdatedAt, Value: now}}
	names := make([]string, 0, len(from))
	for name := range from {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		value, err := d.value(name, from[name])
		if err != nil {
			return nil, err
		}
		switch name {
		case fieldID:
		case fieldCreatedAt:
			whole[1].Value = value
		case fieldUpdatedAt:
			whole[2].Value = value
		default:
			whole = append(whole, bson.E{Key: name, Value: value})
		}
	}
	return whole, d.complete(func(name string) bool { _, there := from[name]; return there })
}

// complete refuses a row without one of its required fields.
func (d *declared) complete(there func(name string) bool) error {
	for _, property := range d.schema.Properties {
		if property.Required && !there(property.Name) {
			return fmt.Errorf("field %q is required", property.Name)
		}
	}
	return nil
}

// value checks what a field is to hold and gives it as it is stored.
func (d *declared) value(path string, value any) (any, error) {
	property, inside, err := d.property(path)
	if err != nil {
		return nil, err
	}
	if inside {
		return plain(value)
	}
	if value == nil {
		if property.Required {
			return nil, fmt.Errorf("field %q is required and may not be null", path)
		}
		return nil, nil
	}
	fits, is := typed(property.Type, value)
	if !is {
		return nil, fmt.Errorf("field %q is %s and cannot hold a %T", path, property.Type, value)
	}
	return plain(fits)
}

// typed gives the value in the declared type; integers are 64 bits wide.
func typed(kind store.PropertyType, value any) (any, bool) {
	switch kind {
	case store.Text:
		text, is := value.(string)
		return text, is && utf8.ValidString(text)
	case store.Integer:
		return whole(value)
	case store.Double:
		if integer, is := whole(value); is {
			return float64(integer.(int64)), true
		}
		number, is := value.(float64)
		return number, is
	case store.Boolean:
		truth, is := value.(bool)
		return truth, is
	case store.Datetime:
		moment, is := value.(time.Time)
		return moment, is
	case store.TextArray:
		return texts(value)
	case store.JSON:
		return value, true
	}
	return nil, false
}

func whole(value any) (any, bool) {
	switch v := value.(type) {
	case int64:
		return v, true
	case int:
		return int64(v), true
	case int32:
		return int64(v), true
	case float64:
		if v == math.Trunc(v) && math.Abs(v) <= 1<<53 {
			return int64(v), true
		}
	}
	return nil, false
}

func texts(value any) (any, bool) {
	all := []any{}
	switch list := value.(type) {
	case []string:
		for _, text := range list {
			all = append(all, text)
		}
	case []any:
		for _, one := range list {
			if _, is := one.(string); !is {
				return nil, false
			}
		}
		all = list
	default:
		return nil, false
	}
	return all, true
}

// plain gives a value of a Document as BSON. Keys go by name, so that equal maps are
// equal documents; a key that begins with $ would be taken for an operator.
func plain(value any) (any, error) {
	switch v := value.(type) {
	case nil, bool, int64, float64, time.Time:
		return v, nil
	case string:
		if !utf8.ValidString(v) {
			return nil, fmt.Errorf("text %q is not UTF-8", v)
		}
		return v, nil
	case int:
		return int64(v), nil
	case []any:
		list := bson.A{}
		for _, one := range v {
			inner, err := plain(one)
			if err != nil {
				return nil, err
			}
			list = append(list, inner)
		}
		return list, nil
	case map[string]any:
		names := make([]string, 0, len(v))
		for name := range v {
			names = append(names, name)
		}
		slices.Sort(names)
		document := bson.D{}
		for _, name := range names {
			if strings.HasPrefix(name, "$") || strings.ContainsRune(name, 0) {
				return nil, fmt.Errorf("key %q begins with $ or holds NUL", name)
			}
			inner, err := plain(v[name])
			if err != nil {
				return nil, err
			}
			document = append(document, bson.E{Key: name, Value: inner})
		}
		return document, nil
	}
	return nil, fmt.Errorf("a %T is no value of a document", value)
}

// nameMax is the contract's limit on a name, in bytes.
const nameMax = 63

// checkSchema refuses a declaration that cannot be kept as it stands.
func checkSchema(schema store.Schema) error {
	if err := checkCollection(schema.Collection); err != nil {
		return err
	}
	taken := map[string]bool{}
	for _, property := range append(automatic(), schema.Properties...) {
		if err := checkKey("property", property.Name); err != nil {
			return err
		}
		if taken[property.Name] {
			return fmt.Errorf("property %q is declared twice, or is automatic", property.Name)
		}
		if !slices.Contains([]store.PropertyType{store.Text, store.Integer, store.Double, store.Boolean, store.Datetime, store.JSON, store.TextArray}, property.Type) {
			return fmt.Errorf("property %q has type %q, which is not known", property.Name, property.Type)
		}
		taken[property.Name] = true
	}
	names := map[string]bool{}
	for _, index := range schema.Indexes {
		name := indexName(index)
		switch {
		case len(index.Fields) == 0:
			return fmt.Errorf("index %q has no fields", index.Name)
		case len(name) > nameMax:
			return fmt.Errorf("index name %q has %d bytes, over %d", name, len(name), nameMax)
		case names[name] || strings.ContainsRune(name, 0) || name == "_id_":
			return fmt.Errorf("index name %q is taken twice or cannot be one", name)
		}
		names[name] = true
	}
	return nil
}

// checkCollection refuses names that could meet those of another collection.
func checkCollection(at store.Collection) error {
	for kind, name := range map[string]string{"namespace": at.Namespace, "collection": at.Name} {
		if name == "" || strings.ContainsAny(name, "/$\x00") || strings.HasPrefix(name, "system.") || !utf8.ValidString(name) {
			return fmt.Errorf("%s %q is empty, begins with system., or holds a slash, $ or NUL", kind, name)
		}
	}
	if len(at.Physical()) > 200 { // a whole name, with the database's, has at most 255 bytes
		return fmt.Errorf("collection %q has %d bytes, over 200", at.Physical(), len(at.Physical()))
	}
	return nil
}
