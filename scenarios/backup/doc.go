// Package backup dumps three filled stores with the documented tools, restores them into
// empty databases, and asks two things of the copy: is it equal (RoundTrip), and can the
// platform live on it (Serve).
//
// Each exported function is a scenarios.Check; its comment lists the facts it records
// and what a sound store gives. Both make a copy of their own. The stage's fault, if
// any, damages the restored copy before anybody looks at it.
//
// Opinion: a tool that fails breaks the promise; a tool that cannot be had leaves it
// unmeasured. The first user of the data set is deactivated and asked for by nobody, so
// that RoundTrip alone can see it missing: content is compared, not luck.
// Arrow: backup imports scenarios, scenarios/dataset, drivers and reports/result.
package backup

import (
	"time"

	"tristore/drivers"
	"tristore/drivers/store"
	"tristore/reports/result"
	"tristore/scenarios"
	"tristore/scenarios/dataset"
)

// content is what the stores hold before they are dumped.
type content struct {
	identity    dataset.Identity
	collections dataset.Collections
}

func contentOf(on scenarios.Stage) (dataset.Identity, dataset.Collections) {
	sizes, inside := dataset.Modest(), dataset.ModestCollections()
	if on.Depth == scenarios.Smoke {
		sizes.Users, sizes.Workspaces, sizes.HugeMembers = 200, 30, 60
		inside.Workspaces, inside.HugeFactor = 4, 5
	}
	if on.Depth == scenarios.Smoke && on.Engine.Product == drivers.FerretDB { // it scans where others use an index
		sizes.Users, sizes.Workspaces, sizes.HugeMembers = 80, 12, 30
		inside.HugeFactor = 1
	}
	identity := dataset.Identity{Seed: on.Seed, Sizes: sizes}
	return identity, dataset.Collections{Of: identity, Sizes: inside}
}

// corpus is a collection of values that a careless dump, character set, time zone or
// number format would change.
func corpus(in string) (store.Schema, []store.Document) {
	at := store.Collection{Namespace: in, Name: "corpus"}
	schema := store.Schema{Collection: at, Properties: []store.Property{
		{Name: "key", Type: store.Text, Required: true}, {Name: "words", Type: store.Text}, {Name: "whole", Type: store.Integer}, {Name: "real", Type: store.Double},
		{Name: "flag", Type: store.Boolean}, {Name: "at", Type: store.Datetime}, {Name: "tree", Type: store.JSON}, {Name: "list", Type: store.TextArray},
	}, Indexes: []store.Index{{Fields: []string{"key"}, Unique: true}}}
	return schema, []store.Document{
		{"key": "nothing but a key"},
		{"key": "empty", "words": "", "tree": map[string]any{}, "list": []any{}},
		{"key": "letters", "words": "Grüße, Élodie, Ωμέγα, Привет, 漢字, العربية"},
		{"key": "beyond two bytes", "words": "👩‍🚀 e\u0301 é \U0001F1EB\U0001F1F7"},
		{"key": "what formats escape", "words": "tab\there, line\nthere, return\r, back\\slash, \\N, \\., 'single', \"double\", $$dollar$$, {brace}, a,b;c"},
		{"key": "spaces", "words": "  before and after  "},
		{"key": "largest whole", "whole": int64(9223372036854775807)},
		{"key": "smallest whole", "whole": int64(-9223372036854775808)},
		{"key": "beyond a double's whole", "whole": int64(9007199254740993)},
		{"key": "seventeen digits", "real": 0.1 + 0.2},
		{"key": "tiny", "real": 5e-324},
		{"key": "huge", "real": 1.7976931348623157e308},
		{"key": "false is not nothing", "flag": false, "whole": int64(0), "real": 0.0},
		{"key": "before the epoch", "at": time.Date(1901, 2, 3, 4, 5, 6, 789e6, time.UTC)},
		{"key": "the hour that summer time repeats", "at": time.Date(2026, 10, 25, 1, 30, 0, 0, time.UTC)},
		{"key": "a tree", "tree": map[string]any{"a": []any{int64(1), "1", true, nil, 1.5}, "b": map[string]any{"": "", "ключ": "?"}}},
		{"key": "a list", "list": []any{"a,b", "{}", "\"", "NULL", "null", "", " "}},
	}
}

// record begins every named fact at zero, so that a count of nothing is recorded.
func record(saw *result.Observation, facts ...string) {
	for _, fact := range facts {
		saw.Set(fact, 0)
	}
}
