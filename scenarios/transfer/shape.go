package transfer

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"

	"tristore/drivers/deployment"
	"tristore/drivers/store"
)

// Shape compares two deployments by what each server says of its own data, which is
// independent of what a reader of ours takes from it.
type Shape struct {
	Tables  int      // compared
	Fields  int      // of all tables, with values in the source
	Lost    []string // fields of fewer rows in the target, or of none
	Schemas int      // declared in the source
	Differ  []string // of them that the target declares otherwise
}

// CompareShapes compares fields by their names in snake_case, and declarations.
func CompareShapes(ctx context.Context, from, to *deployment.Deployment) (s Shape, err error) {
	declared, err := schemasOf(ctx, from)
	if err != nil {
		return s, err
	}
	again, err := schemasOf(ctx, to)
	if err != nil {
		return s, err
	}
	s.schemas(declared, again)
	for _, name := range store.Names() {
		var tables []string
		for _, record := range store.Records(name) {
			tables = append(tables, record.Table())
		}
		if name == store.CollectionsStore {
			for _, schema := range declared {
				tables = append(tables, schema.Collection.Physical())
			}
		}
		if err := s.fields(ctx, [2]*deployment.Deployment{from, to}, name, tables); err != nil {
			return s, fmt.Errorf("comparing the fields of store %s: %w", name, err)
		}
	}
	return s, nil
}

func (s *Shape) schemas(from, to []store.Schema) {
	s.Schemas = len(from)
	there := map[string]store.Schema{}
	for _, schema := range to {
		there[schema.Collection.Physical()] = schema
	}
	for _, schema := range from {
		if same, is := there[schema.Collection.Physical()]; !is || !alike(schema, same) {
			s.Differ = append(s.Differ, schema.Collection.Physical())
		}
	}
}

// alike compares two declarations. What was not given is nothing on one family and an
// empty list on the other.
func alike(a, b store.Schema) bool {
	return a.Collection == b.Collection && slices.Equal(a.Properties, b.Properties) &&
		slices.EqualFunc(a.Indexes, b.Indexes, func(a, b store.Index) bool { return reflect.DeepEqual(a, b) })
}

func (s *Shape) fields(ctx context.Context, ends [2]*deployment.Deployment, name store.Name, tables []string) (err error) {
	var surveys [2]store.Survey
	for i, end := range ends {
		if surveys[i], err = end.OpenSurvey(ctx, name); err != nil {
			return err
		}
		defer func() { err = errors.Join(err, surveys[i].Close(context.WithoutCancel(ctx))) }()
	}
	for _, table := range tables {
		var seen [2]map[string]int64
		for i, survey := range surveys {
			counts, outcome := survey.Fields(ctx, table)
			if !outcome.OK() {
				return notDone(outcome, "counting the fields of "+table)
			}
			seen[i] = map[string]int64{}
			for field, rows := range counts {
				seen[i][deployment.ColumnName(field)] += rows
			}
		}
		s.Tables++
		for field, rows := range seen[0] {
			s.Fields++
			if seen[1][field] < rows {
				s.Lost = append(s.Lost, fmt.Sprintf("%s %s: %d rows in the source, %d in the target", table, field, rows, seen[1][field]))
			}
		}
	}
	return nil
}
