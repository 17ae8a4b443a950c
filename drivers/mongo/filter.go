package mongo

import (
	"fmt"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"tristore/drivers/store"
)

// The bounds of one filter.
const (
	conditionsMax = 1000
	depthMax      = 16
)

// filtering turns a filter into a query document. What it answers is the engine's own.
type filtering struct {
	of   *declared
	left int // conditions still allowed
}

// where gives the query; an empty one restricts nothing.
func (d *declared) where(filter store.Filter) (bson.D, error) {
	return (&filtering{d, conditionsMax}).all(filter, 0)
}

func (f *filtering) all(filter store.Filter, depth int) (bson.D, error) {
	if depth > depthMax {
		return nil, fmt.Errorf("a filter is nested more than %d deep", depthMax)
	}
	var parts bson.A
	for _, condition := range filter.All {
		one, err := f.condition(condition)
		if err != nil {
			return nil, err
		}
		parts = append(parts, one)
	}
	any, err := f.any(filter.Any, depth)
	if err != nil {
		return nil, err
	}
	if any != nil {
		parts = append(parts, any)
	}
	switch len(parts) {
	case 0:
		return bson.D{}, nil
	case 1:
		return parts[0].(bson.D), nil
	}
	return equal("$and", parts), nil
}

// any gives nil when one of the alternatives restricts nothing, or there are none.
func (f *filtering) any(alternatives []store.Filter, depth int) (bson.D, error) {
	var parts bson.A
	for _, alternative := range alternatives {
		one, err := f.all(alternative, depth+1)
		if err != nil || len(one) == 0 {
			return nil, err
		}
		parts = append(parts, one)
	}
	if len(parts) == 0 {
		return nil, nil
	}
	return equal("$or", parts), nil
}

func (f *filtering) condition(c store.Condition) (bson.D, error) {
	if f.left--; f.left < 0 {
		return nil, fmt.Errorf("a filter has more than %d conditions", conditionsMax)
	}
	if _, _, err := f.of.property(c.Field); err != nil {
		return nil, err
	}
	value, err := operand(c)
	if err != nil {
		return nil, fmt.Errorf("%s of field %q: %w", c.Op, c.Field, err)
	}
	if c.Op == store.Eq && direct(value) {
		return equal(c.Field, value), nil // as drivers write it, and as indexes are found
	}
	return equal(c.Field, equal(string(c.Op), value)), nil
}

// operand checks what an operator compares with.
func operand(c store.Condition) (any, error) {
	switch c.Op {
	case store.Eq, store.Ne, store.Gt, store.Gte, store.Lt, store.Lte:
		return plain(c.Value)
	case store.In, store.NotIn:
		list, is := c.Value.([]any)
		if !is {
			return nil, fmt.Errorf("a %T is no list", c.Value)
		}
		return plain(list)
	case store.Exists:
		if _, is := c.Value.(bool); !is {
			return nil, fmt.Errorf("a %T is not true or false", c.Value)
		}
		return c.Value, nil
	case store.Regex:
		if _, is := c.Value.(string); !is {
			return nil, fmt.Errorf("a %T is no pattern", c.Value)
		}
		return plain(c.Value)
	case store.ElemMatch:
		fields, is := c.Value.(map[string]any)
		if !is {
			return nil, fmt.Errorf("a %T is no map of equalities", c.Value)
		}
		return equalities(fields)
	}
	return nil, fmt.Errorf("the operator is not known")
}

// equalities are the conditions of one element.
func equalities(fields map[string]any) (any, error) {
	document, err := plain(fields)
	if err != nil {
		return nil, err
	}
	pairs := document.(bson.D)
	for i, pair := range pairs {
		if !direct(pair.Value) {
			pairs[i].Value = equal("$eq", pair.Value)
		}
	}
	return pairs, nil
}

// direct values stand for equality by themselves; a document could be taken for operators.
func direct(value any) bool {
	switch value.(type) {
	case string, bool, int64, float64, time.Time:
		return true
	}
	return false
}
