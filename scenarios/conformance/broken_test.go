package conformance

import (
	"context"
	"testing"

	"tristore/drivers"
	"tristore/drivers/deployment"
	"tristore/drivers/postgres"
	"tristore/drivers/store"
	"tristore/reports/result"
	"tristore/scenarios"
)

// broken is a permissions store on a real server with one operation done wrong.
type broken struct {
	store.Permissions
	share  func(ctx context.Context, workspaceID, principal string, grant store.Grant) store.Outcome
	delete func(ctx context.Context, id string) store.Outcome
	page   func(ctx context.Context, workspaceSlug, slug string) (store.Page, store.Outcome)
}

func (b broken) Share(ctx context.Context, workspaceID, principal string, grant store.Grant) store.Outcome {
	if b.share != nil {
		return b.share(ctx, workspaceID, principal, grant)
	}
	return b.Permissions.Share(ctx, workspaceID, principal, grant)
}

func (b broken) DeleteWorkspace(ctx context.Context, id string) store.Outcome {
	if b.delete != nil {
		return b.delete(ctx, id)
	}
	return b.Permissions.DeleteWorkspace(ctx, id)
}

func (b broken) PageBySlug(ctx context.Context, workspaceSlug, slug string) (store.Page, store.Outcome) {
	if b.page != nil {
		return b.page(ctx, workspaceSlug, slug)
	}
	return b.Permissions.PageBySlug(ctx, workspaceSlug, slug)
}

// leftover drops a namespace and leaves one of its tables behind, which no longer is declared.
type leftover struct {
	store.Collections
	at drivers.Target
}

func (l leftover) DropNamespace(ctx context.Context, namespace string) store.Outcome {
	outcome := l.Collections.DropNamespace(ctx, namespace)
	if err := postgres.Exec(ctx, l.at, `CREATE TABLE "`+tickets(namespace).Physical()+`" ("key" text)`); err != nil {
		return store.Outcome{Err: err}
	}
	return outcome
}

// greedy removes with one binding the one of somebody, who has another in the same workspace.
type greedy struct{ store.Collections }

func (g greedy) Unbind(ctx context.Context, key store.BindingKey) store.Outcome {
	key.PrincipalID = "somebody"
	return g.Collections.Unbind(ctx, key)
}

// TestSharesAndTenantsSeeBrokenStores breaks one operation at a time: a sound store
// breaks no promise, and each broken one breaks the named fact or a case.
func TestSharesAndTenantsSeeBrokenStores(t *testing.T) {
	running := server(t)
	host, err := deployment.Prepare(t.Context(), running, deployment.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := host.Close(context.Background()); err != nil {
			t.Error(err)
		}
	}()
	on := scenarios.Stage{Engine: running.Engine, Host: host, Seed: 1, Depth: scenarios.Smoke}
	for _, c := range brokenStores(on) {
		t.Run(c.name, func(t *testing.T) {
			d, err := on.Deploy(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if c.wrong != nil {
				c.wrong(d)
			}
			var saw result.Observation
			c.check(t.Context(), d, &saw)
			saw.Stop(d.Close(context.Background()))
			series := max(1, saw.Facts["rounds"]/32) // more than one where the changes hardly met
			for fact, want := range c.facts {
				if got, there := saw.Facts[fact]; !there || got != want*series {
					t.Errorf("%s is %g, wanted %g times %g", fact, got, want, series)
				}
			}
			if saw.Facts["changes_acknowledged"] == 64*series && saw.Facts["rounds_both"] != saw.Facts["rounds_overlapped"] {
				t.Errorf("every change was acknowledged, but both in %g of %g rounds that met", saw.Facts["rounds_both"], saw.Facts["rounds_overlapped"])
			}
			differ := 0
			for _, one := range saw.Cases {
				if one.Want != one.Got {
					differ++
				}
			}
			if differ != c.cases || saw.Trouble != "" {
				t.Errorf("%d cases differ, wanted %d; trouble %q; witness %q, cases %+v", differ, c.cases, saw.Trouble, saw.Witness, saw.Cases)
			}
		})
	}
}

// brokenStore is one case; a nil wrong leaves the store sound.
type brokenStore struct {
	name  string
	check func(context.Context, *deployment.Deployment, *result.Observation)
	wrong func(d *deployment.Deployment)
	facts map[string]float64
	cases int // that differ
}

func brokenStores(on scenarios.Stage) []brokenStore {
	shares := func(ctx context.Context, d *deployment.Deployment, saw *result.Observation) {
		sharesOn(ctx, on, d.Permissions, saw)
	}
	tenants := func(ctx context.Context, d *deployment.Deployment, saw *result.Observation) {
		tenantsOn(ctx, on, d, saw)
	}
	return []brokenStore{
		{"sound shares", shares, nil, map[string]float64{"shares_lost": 0, "wrong_refusals": 0, "changes_acknowledged": 64}, 0},
		{"a grant without its policies", shares, func(d *deployment.Deployment) {
			in := d.Permissions
			d.Permissions = broken{Permissions: in, share: func(ctx context.Context, id, principal string, grant store.Grant) store.Outcome {
				return in.Share(ctx, id, principal, store.Grant{Role: grant.Role})
			}}
		}, map[string]float64{"shares_lost": 48, "wrong_refusals": 0}, 0},
		{"a share that is refused", shares, func(d *deployment.Deployment) {
			d.Permissions = broken{Permissions: d.Permissions, share: func(context.Context, string, string, store.Grant) store.Outcome {
				return store.Refuse(store.NotFound, "no")
			}}
		}, map[string]float64{"shares_lost": 0, "wrong_refusals": 48, "rounds_both": 0}, 0},
		{"a share that always meets a conflict", shares, func(d *deployment.Deployment) {
			d.Permissions = broken{Permissions: d.Permissions, share: func(context.Context, string, string, store.Grant) store.Outcome {
				return store.Refuse(store.Conflict, "no")
			}}
		}, map[string]float64{"wrong_refusals": 0, "rounds_both": 0}, 0},

		{"sound tenants", tenants, nil, map[string]float64{"subject_rows": 18, "subject_rows_after_delete": 12, "foreign_rows_seen": 0, "tables_after_drop": 2, "left_after_drop": 0}, 0},
		{"a workspace that is not deleted", tenants, func(d *deployment.Deployment) {
			d.Permissions = broken{Permissions: d.Permissions, delete: func(context.Context, string) store.Outcome { return store.Done() }}
		}, map[string]float64{"subject_rows_after_delete": 18}, 5},
		{"a table that outlives its namespace", tenants, func(d *deployment.Deployment) {
			d.Collections = leftover{d.Collections, d.AdminTarget(store.CollectionsStore)}
		},
			map[string]float64{"left_after_drop": 1, "tables_after_drop": 2}, 0},
		{"an unbind that takes all of a workspace", tenants, func(d *deployment.Deployment) { d.Collections = greedy{d.Collections} }, nil, 2},
		{"a page of another workspace", tenants, func(d *deployment.Deployment) {
			in := d.Permissions
			d.Permissions = broken{Permissions: in, page: func(ctx context.Context, slug, page string) (store.Page, store.Outcome) {
				found, outcome := in.PageBySlug(ctx, slug, page)
				if outcome.OK() {
					found.ID = "somebody else's"
				}
				return found, outcome
			}}
		}, map[string]float64{"subject_rows_after_delete": 12}, 5},
	}
}
