package postgres

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"tristore/drivers/store"
)

// sets gives the SET list of an update. Several operators may reach into one json
// column, one inside the other's result; two on one place are refused.
func (b *builder) sets(update store.Update) (string, error) {
	s := setList{b: b, now: map[string]string{}, seen: map[string]bool{}}
	for _, operator := range []struct {
		name   string
		values map[string]any
		apply  func(place, any) (string, error)
	}{
		{"$set", update.Set, b.set}, {"$inc", floats(update.Inc), b.inc}, {"$push", update.Push, b.push},
		{"$addToSet", update.AddToSet, b.addToSet}, {"$pull", update.Pull, b.pull},
	} {
		for _, name := range slices.Sorted(maps.Keys(operator.values)) {
			if err := s.apply(name, operator.values[name], operator.apply); err != nil {
				return "", fmt.Errorf("%s: %w", operator.name, err)
			}
		}
	}
	if len(s.now) == 0 {
		return "", errors.New("an update without operators")
	}
	list := []string{`"updated_at" = now()`}
	for _, column := range slices.Sorted(maps.Keys(s.now)) {
		list = append(list, column+" = "+s.now[column])
	}
	return strings.Join(list, ", "), nil
}

func floats(values map[string]float64) map[string]any {
	all := make(map[string]any, len(values))
	for name, value := range values {
		all[name] = value
	}
	return all
}

// setList is the update so far: by column, the expression of its new value.
type setList struct {
	b    *builder
	now  map[string]string
	seen map[string]bool
}

// place is what one operator changes.
type place struct {
	field
	old  string // the value as it is: a column, or a part of a json expression
	json bool   // old is jsonb
}

func (s *setList) apply(name string, value any, change func(place, any) (string, error)) error {
	top, path, dotted := strings.Cut(name, ".")
	at, err := s.b.of.field(top)
	switch {
	case err != nil:
		return err
	case at.automatic && top != fieldUpdatedBy:
		return fmt.Errorf("field %q is kept by the store", top)
	case dotted && at.kind != store.JSON:
		return fmt.Errorf("field %q is %s: a path leads into json only", top, at.kind)
	}
	for other := range s.seen {
		if other == name || strings.HasPrefix(other, name+".") || strings.HasPrefix(name, other+".") {
			return fmt.Errorf("%q and %q would change the same place", other, name)
		}
	}
	s.seen[name] = true
	whole, had := s.now[at.column]
	if !had {
		whole = at.column
	}
	if !dotted {
		s.now[at.column], err = change(place{at, at.column, at.kind == store.JSON}, value)
		return err
	}
	keys := s.b.arg(strings.Split(path, ".")) + "::text[]"
	part, err := change(place{field{name: name, kind: store.JSON}, "(" + at.column + " #> " + keys + ")", true}, value)
	// Only the last key of the path is made when it is missing, as jsonb_set does.
	s.now[at.column] = "jsonb_set(coalesce(" + whole + ", '{}'), " + keys + ", coalesce(" + part + ", 'null'), true)"
	return err
}

func (b *builder) set(at place, value any) (string, error) {
	encoded, err := at.encode(value)
	if err != nil {
		return "", err
	}
	if at.json {
		return b.arg(encoded) + "::jsonb", nil
	}
	return b.arg(encoded), nil
}

// inc takes what is not there as zero.
func (b *builder) inc(at place, value any) (string, error) {
	switch {
	case at.json:
		return "to_jsonb(CASE WHEN jsonb_typeof(" + at.old + ") = 'number' THEN (" + at.old + " #>> '{}')::numeric ELSE 0 END + " + b.arg(value) + "::numeric)", nil
	case at.kind == store.Integer || at.kind == store.Double:
		encoded, err := at.encode(value)
		if err != nil {
			return "", err
		}
		return "coalesce(" + at.old + ", 0) + " + b.arg(encoded) + "::" + types()[at.kind], nil
	}
	return "", fmt.Errorf("field %q is %s and no number", at.name, at.kind)
}

// element is the parameter of one array element, as text or jsonb.
func (b *builder) one(at place, value any) (string, error) {
	if at.json {
		encoded, err := json.Marshal(value)
		if err != nil {
			return "", fmt.Errorf("field %q: %w", at.name, err)
		}
		return b.arg(string(encoded)) + "::jsonb", nil
	}
	text, is := value.(string)
	if at.kind != store.TextArray || !is {
		return "", fmt.Errorf("field %q is %s and has no element of type %T", at.name, at.kind, value)
	}
	return b.arg(text) + "::text", nil
}

func (b *builder) push(at place, value any) (string, error) {
	element, err := b.one(at, value)
	if err != nil {
		return "", err
	}
	if at.json {
		return "coalesce(nullif(" + at.old + ", 'null'), '[]') || jsonb_build_array(" + element + ")", nil
	}
	return "array_append(coalesce(" + at.old + ", '{}'), " + element + ")", nil
}

// addToSet works on null, where the other engine refuses [D].
func (b *builder) addToSet(at place, value any) (string, error) {
	element, err := b.one(at, value)
	if err != nil {
		return "", err
	}
	if at.json {
		there := "EXISTS (SELECT 1 FROM jsonb_array_elements(" + arrayOf(at.old) + ") AS e(v) WHERE e.v = " + element + ")"
		return "CASE WHEN " + there + " THEN " + at.old + " ELSE coalesce(nullif(" + at.old + ", 'null'), '[]') || jsonb_build_array(" + element + ") END", nil
	}
	return "CASE WHEN " + element + " = ANY(" + at.old + ") THEN " + at.old + " ELSE array_append(coalesce(" + at.old + ", '{}'), " + element + ") END", nil
}

func (b *builder) pull(at place, value any) (string, error) {
	element, err := b.one(at, value)
	if err != nil {
		return "", err
	}
	if at.json {
		left := "(SELECT coalesce(jsonb_agg(e.v ORDER BY e.n), '[]') FROM jsonb_array_elements(" + arrayOf(at.old) + ") WITH ORDINALITY AS e(v, n) WHERE e.v <> " + element + ")"
		return "CASE WHEN jsonb_typeof(" + at.old + ") = 'array' THEN " + left + " ELSE " + at.old + " END", nil
	}
	return "array_remove(" + at.old + ", " + element + ")", nil
}

// arrayOf keeps a function over array elements from failing on anything else.
func arrayOf(json string) string {
	return "CASE WHEN jsonb_typeof(" + json + ") = 'array' THEN " + json + " ELSE '[]' END"
}
