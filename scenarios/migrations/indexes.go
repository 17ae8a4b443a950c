package migrations

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"tristore/drivers/deployment"
	"tristore/drivers/store"
	"tristore/reports/result"
	"tristore/scenarios"
)

// Indexes compares the indexes of a deployment with those that the platform's documents
// and code promise, by table, fields in order, and uniqueness.
//
// Cases: one per promised index, "valid" or "valid, unique"; at least 20 on PostgreSQL and 15
// elsewhere.
// Facts:
//   - stores = 3
//   - expected: promised indexes; found: indexes of the three databases
//   - missing = 0: promised and not there
//   - invalid = 0: any index left invalid by a failed build, promised or not
//   - not_unique = 0: there, promised unique, and not so
//   - unsupported = 0, except on a stand-in: promised indexes of a kind that a stand-in has
//     not, as its own migration found out; each has a witness line and no case
//   - beyond: indexes nobody promised; named in the witness for a user's own files
func Indexes(ctx context.Context, on scenarios.Stage, saw *result.Observation) {
	deployed, err := on.Deploy(ctx)
	if err != nil {
		saw.Stop(err)
		return
	}
	defer func() { saw.Stop(deployed.Close(context.WithoutCancel(ctx))) }()
	record(saw, "stores", "expected", "found", "missing", "invalid", "not_unique", "unsupported", "beyond")
	for _, name := range store.Names() {
		found, err := deployment.Indexes(ctx, deployed.AdminTarget(name))
		if err != nil {
			saw.Stop(err)
			return
		}
		expected := deployment.ExpectedIndexes(deployed.Target(name), name)
		if on.Engine.Support().StandIn {
			expected = withoutLacking(saw, expected, lacking{found, on.Host.Migrated})
		}
		beyond := compareIndexes(saw, expected, found)
		if !on.Host.BuiltIn() {
			saw.See("%s: indexes beyond the promised ones: %s", name, strings.Join(beyond, ", "))
		}
		saw.Add("stores", 1)
	}
}

// lacking is what a stand-in has, and what its migrations said it has not.
type lacking struct {
	found    []store.IndexInfo
	migrated []store.Migration
}

// withoutLacking leaves out indexes that need a feature, are not there, and were left
// out by a migration that probed for the feature.
func withoutLacking(saw *result.Observation, expected []store.ExpectedIndex, of lacking) []store.ExpectedIndex {
	return slices.DeleteFunc(expected, func(want store.ExpectedIndex) bool {
		there := slices.ContainsFunc(of.found, func(index store.IndexInfo) bool {
			return index.Table == want.Table && slices.Equal(index.Fields, want.Fields)
		})
		if want.Needs == "" || there {
			return false
		}
		for _, done := range of.migrated {
			for _, skipped := range done.Skipped {
				if strings.Contains(skipped, "a "+want.Needs+" index of "+want.Table+":") {
					saw.Add("unsupported", 1)
					saw.See("%s", skipped)
					return true
				}
			}
		}
		return false
	})
}

func compareIndexes(saw *result.Observation, expected []store.ExpectedIndex, found []store.IndexInfo) (beyond []string) {
	promised := map[string]bool{}
	for _, want := range expected {
		saw.Add("expected", 1)
		got, name := "missing", ""
		for _, index := range found {
			if index.Table != want.Table || !slices.Equal(index.Fields, want.Fields) {
				continue
			}
			promised[index.Name] = true
			if said := describe(index, want.Unique); got == "missing" || said == promise(want.Unique) {
				got, name = said, index.Name
			}
		}
		saw.Compare(fmt.Sprintf("%s (%s) [%s]", want.Table, strings.Join(want.Fields, ", "), want.Source), promise(want.Unique), got)
		switch {
		case got == "missing":
			saw.Add("missing", 1)
		case want.Unique && got == promise(false):
			saw.Add("not_unique", 1)
			saw.See("%s of %s is not unique", name, want.Table)
		}
	}
	for _, index := range found {
		saw.Add("found", 1)
		if !index.Valid {
			saw.Add("invalid", 1)
			saw.See("%s of %s is invalid", index.Name, index.Table)
		}
		if !promised[index.Name] {
			saw.Add("beyond", 1)
			beyond = append(beyond, index.Name)
		}
	}
	return beyond
}

func promise(unique bool) string {
	if unique {
		return "valid, unique"
	}
	return "valid"
}

// describe tells what matters of an index: an index that is unique although nobody
// promised it is told so, since it would refuse rows that the platform writes.
func describe(index store.IndexInfo, wanted bool) string {
	switch {
	case !index.Valid:
		return "invalid"
	case index.Unique && !wanted:
		return "valid, unique"
	default:
		return promise(index.Unique)
	}
}
