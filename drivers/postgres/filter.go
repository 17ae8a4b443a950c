package postgres

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"tristore/drivers/store"
)

// builder turns a filter into SQL over one collection. Values become parameters; names
// come from the declaration, quoted, and so never from the request's text.
type builder struct {
	of   *declared
	args []any
	left int // conditions still allowed
}

// The bounds of one filter, far below PostgreSQL's 65,535 parameters and stack.
const (
	conditionsMax = 1000
	depthMax      = 16
)

func build(of *declared) *builder { return &builder{of: of, left: conditionsMax} }

// arg adds a parameter and returns its place.
func (b *builder) arg(value any) string {
	b.args = append(b.args, value)
	return "$" + strconv.Itoa(len(b.args))
}

// always is the condition that holds for every row, such as an empty $in on PostgreSQL [D].
const always = "TRUE"

// where gives the condition of a filter, always for one that restricts nothing.
func (b *builder) where(filter store.Filter, depth int) (string, error) {
	if depth > depthMax {
		return "", fmt.Errorf("a filter is nested more than %d deep", depthMax)
	}
	var all []string
	for _, condition := range filter.All {
		one, err := b.condition(condition)
		if err != nil {
			return "", err
		}
		if one != always {
			all = append(all, one)
		}
	}
	if len(filter.Any) > 0 {
		any, err := b.anyOf(filter.Any, depth)
		if err != nil {
			return "", err
		}
		if any != always {
			all = append(all, any)
		}
	}
	if len(all) == 0 {
		return always, nil
	}
	return strings.Join(all, " AND "), nil
}

func (b *builder) anyOf(filters []store.Filter, depth int) (string, error) {
	parts, free := make([]string, len(filters)), false
	for i, filter := range filters {
		part, err := b.where(filter, depth+1)
		if err != nil {
			return "", err
		}
		parts[i], free = "("+part+")", free || part == always
	}
	if free {
		return always, nil
	}
	return "(" + strings.Join(parts, " OR ") + ")", nil
}

// operand is what a condition is about: a column, or a place inside a json column.
type operand struct {
	field
	sql    string
	inside bool // a place inside json: its value is jsonb
}

// operand finds a field; what follows its first dot is a path into json.
func (b *builder) operand(name string) (operand, error) {
	top, path, dotted := strings.Cut(name, ".")
	found, err := b.of.field(top)
	if err != nil {
		return operand{}, err
	}
	if !dotted {
		return operand{found, found.column, found.kind == store.JSON}, nil
	}
	if found.kind != store.JSON {
		return operand{}, fmt.Errorf("field %q is %s: a path leads into json only", top, found.kind)
	}
	inside := field{name: name, kind: store.JSON}
	return operand{inside, "(" + found.column + " #> " + b.arg(strings.Split(path, ".")) + "::text[])", true}, nil
}

func (b *builder) condition(c store.Condition) (string, error) {
	if b.left--; b.left < 0 {
		return "", fmt.Errorf("a filter has more than %d conditions", conditionsMax)
	}
	on, err := b.operand(c.Field)
	if err != nil {
		return "", err
	}
	switch c.Op {
	case store.Eq, store.Ne, store.Gt, store.Gte, store.Lt, store.Lte:
		return b.compare(on, c)
	case store.In, store.NotIn:
		return b.among(on, c)
	case store.Exists:
		there, is := c.Value.(bool)
		if !is {
			return "", fmt.Errorf("$exists on %q takes a boolean, not a %T", c.Field, c.Value)
		}
		return on.sql + map[bool]string{true: " IS NOT NULL", false: " IS NULL"}[there], nil
	case store.Regex:
		return b.regex(on, c)
	case store.ElemMatch:
		return b.element(on, c)
	}
	return "", fmt.Errorf("operator %q is not known", c.Op)
}

// signs are SQL's spellings. $ne passes NULL over, as SQL does and the documents say [D].
func signs() map[store.Op]string {
	return map[store.Op]string{store.Eq: " = ", store.Ne: " <> ", store.Gt: " > ", store.Gte: " >= ", store.Lt: " < ", store.Lte: " <= "}
}

func (b *builder) compare(on operand, c store.Condition) (string, error) {
	if on.kind == store.TextArray {
		return "", fmt.Errorf("%s on list %q: lists are not compared on PostgreSQL, use $in", c.Op, c.Field)
	}
	if c.Value == nil {
		switch c.Op {
		case store.Eq:
			return on.sql + " IS NULL", nil
		case store.Ne:
			return on.sql + " IS NOT NULL", nil
		default:
			return "", fmt.Errorf("%s on %q takes a value", c.Op, c.Field)
		}
	}
	value, err := on.encode(c.Value)
	if err != nil {
		return "", err
	}
	place := b.arg(value)
	if on.inside {
		place += "::jsonb"
	}
	text := on.sql + signs()[c.Op] + place
	if on.inside && c.Op != store.Eq && c.Op != store.Ne {
		// jsonb orders all types in one row; an order between a number and a text is no answer.
		text = "(" + text + " AND jsonb_typeof(" + on.sql + ") = jsonb_typeof(" + place + "))"
	}
	return text, nil
}

// among is $in and $nin. Over a list, $in means that the two lists share an element.
func (b *builder) among(on operand, c store.Condition) (string, error) {
	list, is := c.Value.([]any)
	if !is {
		return "", fmt.Errorf("%s on %q takes a list, not a %T", c.Op, c.Field, c.Value)
	}
	if len(list) == 0 {
		return always, nil
	}
	var text string
	if on.kind == store.TextArray {
		texts, is := asTexts(list)
		if !is {
			return "", fmt.Errorf("%s on %q takes texts", c.Op, c.Field)
		}
		text = on.sql + " && " + b.arg(texts) + "::text[]"
	} else {
		typed, null, err := on.list(list)
		if err != nil {
			return "", err
		}
		text = on.sql + " = ANY(" + b.arg(typed) + "::" + types()[on.kind] + "[])"
		if null {
			text = "(" + text + " OR " + on.sql + " IS NULL)"
		}
	}
	if c.Op == store.NotIn {
		return "NOT (" + text + ")", nil
	}
	return text, nil
}

// list types the elements of a $in, and tells whether NULL was one of them.
func (f field) list(list []any) (typed any, null bool, err error) {
	f.required = false
	var all []any
	for _, element := range list {
		value, err := f.encode(element)
		if err != nil {
			return nil, false, err
		}
		if value == nil {
			null = true
			continue
		}
		all = append(all, value)
	}
	switch f.kind {
	case store.Integer:
		return each[int64](all), null, nil
	case store.Double:
		return each[float64](all), null, nil
	case store.Boolean:
		return each[bool](all), null, nil
	case store.Datetime:
		return each[time.Time](all), null, nil
	case store.JSON:
		texts := make([]string, len(all))
		for i := range all {
			texts[i], _ = all[i].(string)
		}
		return texts, null, nil
	default: // text
		return each[string](all), null, nil
	}
}

func each[T any](list []any) []T {
	typed := make([]T, 0, len(list))
	for _, element := range list {
		if value, is := element.(T); is {
			typed = append(typed, value)
		}
	}
	return typed
}

func (b *builder) regex(on operand, c store.Condition) (string, error) {
	pattern, is := c.Value.(string)
	switch {
	case !is:
		return "", fmt.Errorf("$regex on %q takes a text", c.Field)
	case on.inside:
		return "(" + on.sql + " #>> '{}') ~ " + b.arg(pattern), nil
	case on.kind != store.Text:
		return "", fmt.Errorf("$regex on %q, which is %s", c.Field, on.kind)
	}
	return on.sql + " ~ " + b.arg(pattern), nil
}

// element asks for one element of an array of objects that has all the given values.
// Containment answers that, from an index too, as long as the values are plain.
func (b *builder) element(on operand, c store.Condition) (string, error) {
	wanted, is := c.Value.(map[string]any)
	if !is || !on.inside || len(wanted) == 0 {
		return "", errors.New("$elemMatch takes a map of values, over json")
	}
	for name, value := range wanted {
		switch value.(type) {
		case []any, map[string]any:
			return "", fmt.Errorf("$elemMatch compares plain values; %q is a %T", name, value)
		}
	}
	encoded, err := json.Marshal([]any{wanted})
	if err != nil {
		return "", fmt.Errorf("$elemMatch on %q: %w", c.Field, err)
	}
	return on.sql + " @> " + b.arg(string(encoded)) + "::jsonb", nil
}
