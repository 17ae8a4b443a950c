package conformance

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"tristore/drivers"
	"tristore/drivers/deployment"
	"tristore/drivers/store"
	"tristore/reports/result"
	"tristore/scenarios"
)

// Tenants gives three workspaces the same collection of the same app and tries every
// operation in the first: the others must not be seen and not be touched. Then the
// first is deleted: its collections and bindings must be gone, the others whole. The
// same is asked of their pages, files, secrets, roles and API keys in the permissions
// store. The names are chosen to trap: one differs where SQL's LIKE has a wildcard, one
// where a prefix ends.
//
// Cases: each answer, by name; 29 of collections and 30 of permissions.
// Facts:
//   - namespaces = 3
//   - foreign_rows_seen = 0: rows of another workspace that a find returned
//   - neighbour_rows_changed = 0: rows of the others lost or altered by the first's writes
//   - neighbour_rows_after_drop, which equals neighbour_rows_expected
//   - left_after_drop = 0: collections, bindings and tables of the deleted workspace still there
//   - tables_after_drop = 2: tables of the other workspaces, as the server lists them
//   - subject_rows = 18: rows of the three workspaces in the permissions store;
//     subject_rows_after_delete = 12: those of the two that were not deleted
func Tenants(ctx context.Context, on scenarios.Stage, saw *result.Observation) {
	deployed, err := on.Deploy(ctx)
	if err != nil {
		saw.Stop(err)
		return
	}
	defer func() { saw.Stop(deployed.Close(context.WithoutCancel(ctx))) }()
	tenantsOn(ctx, on, deployed, saw)
}

func tenantsOn(ctx context.Context, on scenarios.Stage, deployed *deployment.Deployment, saw *result.Observation) {
	for _, fact := range []string{"namespaces", "foreign_rows_seen", "neighbour_rows_changed", "left_after_drop", "neighbour_rows_after_drop"} {
		saw.Set(fact, 0)
	}
	base := newIDs(on.Seed, "tenants").subject()[:4]
	t := tenants{in: deployed.Collections, permissions: deployed.Permissions, admin: deployed.AdminTarget, saw: saw,
		all: []string{base + "_1", base + "x1", base + "_1x"}}
	saw.Set("neighbour_rows_expected", float64(tenantRows*(len(t.all)-1)))
	for _, step := range []func(context.Context) error{t.fill, t.read, t.write, t.drop, t.subjects} {
		if err := step(ctx); err != nil {
			saw.Stop(err)
			return
		}
	}
}

// tenantRows is how many rows each workspace has; their keys are the same in all.
const tenantRows = 6

type tenants struct {
	in          store.Collections
	permissions store.Permissions
	admin       func(store.Name) drivers.Target // where the tables are looked at from outside the store
	saw         *result.Observation
	all         []string // the first is the one that acts
}

func tickets(namespace string) store.Collection {
	return store.Collection{Namespace: namespace, Name: "tickets"}
}

func tenantBinding(namespace string) store.BindingKey {
	return store.BindingKey{WorkspaceID: namespace, ResourceType: "collection", ResourceID: "tickets", PrincipalType: "user", PrincipalID: "somebody"}
}

func (t tenants) fill(ctx context.Context) error {
	for i, namespace := range t.all {
		outcome := t.in.UpdateSchema(ctx, store.Schema{Collection: tickets(namespace),
			Properties: []store.Property{{Name: "key", Type: store.Text, Required: true}, {Name: "owner", Type: store.Text}, {Name: "n", Type: store.Integer}},
			Indexes:    []store.Index{{Fields: []string{"key"}, Unique: true}}})
		if !outcome.OK() {
			return errorOf("declaring the collection of "+namespace, outcome)
		}
		rows := make([]store.Document, tenantRows)
		for n := range rows {
			rows[n] = store.Document{"key": fmt.Sprintf("k%d", n), "owner": namespace, "n": int64(1)}
		}
		if outcome := t.in.BulkCreate(ctx, tickets(namespace), rows); !outcome.OK() {
			return errorOf("filling the collection of "+namespace, outcome)
		}
		binding := store.Binding{MongoID: fmt.Sprintf("%024x", i+1), BindingKey: tenantBinding(namespace), OrgSlug: "acme", RoleSlug: "viewer", GrantedBy: "owner", CreatedAt: longAgo()}
		if outcome := t.in.Bind(ctx, binding); !outcome.OK() {
			return errorOf("binding in "+namespace, outcome)
		}
		t.saw.Add("namespaces", 1)
	}
	return nil
}

// owners renders whose rows were found, one letter per row being too many words for a case.
func (t tenants) owners(rows []store.Document, outcome store.Outcome) string {
	if !outcome.OK() {
		return outcome.String()
	}
	counts := map[string]int{}
	for _, row := range rows {
		owner, _ := row["owner"].(string)
		counts[owner]++
	}
	var said []string
	for _, namespace := range t.all {
		if counts[namespace] > 0 {
			said = append(said, fmt.Sprintf("%d of %s", counts[namespace], namespace))
		}
	}
	return strings.Join(said, ", ")
}

func (t tenants) read(ctx context.Context) error {
	for _, namespace := range t.all {
		at := tickets(namespace)
		for name, query := range map[string]store.Query{
			"find all in ":        {},
			"find one by key in ": {Filter: store.Where(store.Condition{Field: "key", Op: store.Eq, Value: "k3"})},
		} {
			want := map[string]int{"find all in ": tenantRows, "find one by key in ": 1}[name]
			rows, outcome := t.in.Find(ctx, at, query)
			t.saw.Compare(name+namespace, fmt.Sprintf("%d of %s", want, namespace), t.owners(rows, outcome))
			for _, row := range rows {
				if row["owner"] != namespace {
					t.saw.Add("foreign_rows_seen", 1)
				}
			}
		}
		count, outcome := t.in.Count(ctx, at, store.Filter{})
		t.saw.Compare("count in "+namespace, fmt.Sprint(tenantRows), answer(outcome, count))
		values, outcome := t.in.Distinct(ctx, at, "owner", store.Filter{})
		t.saw.Compare("distinct owners in "+namespace, fmt.Sprint([]any{namespace}), answer(outcome, values))
		groups, outcome := t.in.Aggregate(ctx, at, store.Aggregation{GroupBy: []string{"owner"}, Outputs: []store.Accumulator{{Name: "total", Function: "sum", Field: "n"}}})
		t.saw.Compare("sum in "+namespace, fmt.Sprintf("%s=%d", namespace, tenantRows), answer(outcome, groupText(groups, "owner", "total")))
	}
	return ctx.Err()
}

func (t tenants) write(ctx context.Context) error {
	first := tickets(t.all[0])
	matched, outcome := t.in.Update(ctx, first, store.Where(store.Condition{Field: "key", Op: store.Exists, Value: true}),
		store.Update{Set: map[string]any{"n": int64(7)}, Many: true})
	t.saw.Compare("rows the first updates", fmt.Sprint(tenantRows), answer(outcome, matched))
	deleted, outcome := t.in.Delete(ctx, first, store.Where(store.Condition{Field: "key", Op: store.In, Value: []any{"k0", "k1"}}))
	t.saw.Compare("rows the first deletes", "2", answer(outcome, deleted))
	for _, other := range t.all[1:] {
		same, outcome := t.in.Count(ctx, tickets(other), store.Where(store.Condition{Field: "n", Op: store.Eq, Value: int64(1)}))
		t.saw.Compare("untouched rows of "+other, fmt.Sprint(tenantRows), answer(outcome, same))
		if outcome.OK() {
			t.saw.Add("neighbour_rows_changed", float64(tenantRows-same))
		}
	}
	return t.unbind(ctx)
}

// unbind removes one of two bindings of the first: the other must stay.
func (t tenants) unbind(ctx context.Context) error {
	kept := tenantBinding(t.all[0])
	gone := kept
	gone.PrincipalID = "somebody else"
	if outcome := t.in.Bind(ctx, store.Binding{MongoID: fmt.Sprintf("%024x", len(t.all)+1), BindingKey: gone, OrgSlug: "acme", RoleSlug: "owner", GrantedBy: "owner", CreatedAt: longAgo()}); !outcome.OK() {
		return errorOf("binding somebody else", outcome)
	}
	found, outcome := t.in.BindingOf(ctx, kept)
	t.saw.Compare("role of a binding beside another", "viewer", answer(outcome, found.RoleSlug))
	t.saw.Compare("removing a binding", "committed", t.in.Unbind(ctx, gone))
	_, outcome = t.in.BindingOf(ctx, gone)
	t.saw.Compare("a binding that was removed", "refused(not found)", outcome)
	_, outcome = t.in.BindingOf(ctx, kept)
	t.saw.Compare("a binding beside one that was removed", "committed", outcome)
	return ctx.Err()
}

func (t tenants) drop(ctx context.Context) error {
	if outcome := t.in.DropNamespace(ctx, t.all[0]); !outcome.OK() {
		return errorOf("deleting the namespace "+t.all[0], outcome)
	}
	for i, namespace := range t.all {
		names, outcome := t.in.ListCollections(ctx, namespace)
		if !outcome.OK() {
			return errorOf("listing the collections of "+namespace, outcome)
		}
		_, found := t.in.BindingOf(ctx, tenantBinding(namespace))
		want, binding := []string{"tickets"}, "committed"
		if i == 0 {
			want, binding = nil, "refused(not found)"
			t.saw.Set("left_after_drop", float64(len(names)))
			if found.OK() {
				t.saw.Add("left_after_drop", 1)
			}
		} else {
			rows, outcome := t.in.Count(ctx, tickets(namespace), store.Filter{})
			if !outcome.OK() {
				t.saw.See("counting the rows of %s after another was deleted: %s", namespace, outcome.Detail())
			}
			t.saw.Add("neighbour_rows_after_drop", float64(rows))
		}
		slices.Sort(names)
		t.saw.Compare("collections of "+namespace+" after the first was deleted", strings.Join(want, ","), strings.Join(names, ","))
		t.saw.Compare("binding of "+namespace+" after the first was deleted", binding, found)
	}
	return t.tablesLeft(ctx)
}

// tablesLeft asks the server and not the store, which may have forgotten a table that is there.
func (t tenants) tablesLeft(ctx context.Context) error {
	found, err := deployment.Fingerprint(ctx, t.admin(store.CollectionsStore))
	if err != nil {
		return err
	}
	t.saw.Set("tables_after_drop", 0)
	for i, namespace := range t.all {
		if _, there := found.Tables[tickets(namespace).Physical()]; there {
			t.saw.Add(map[bool]string{true: "left_after_drop", false: "tables_after_drop"}[i == 0], 1)
		}
	}
	return nil
}
