package transfer

import (
	"context"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"tristore/drivers/deployment"
	"tristore/drivers/postgres"
	"tristore/drivers/store"
	"tristore/scenarios/dataset"
	"tristore/scenarios/stagetest"
)

// Every field of every record is called in PostgreSQL what it is called in MongoDB, in snake_case.
func TestNames(t *testing.T) {
	for _, name := range store.Names() {
		for _, record := range store.Records(name) {
			for _, field := range reflect.VisibleFields(reflect.TypeOf(record)) {
				in, _, _ := strings.Cut(field.Tag.Get("bson"), ",")
				if column := field.Tag.Get("db"); column != "" && column != deployment.ColumnName(in) {
					t.Errorf("%s.%s is %s there and %s here, not %s", record.Table(), field.Name, in, column, deployment.ColumnName(in))
				}
			}
		}
	}
}

func small() dataset.Whole {
	return dataset.Whole{Collections: dataset.Collections{Of: dataset.Identity{Seed: 5, Sizes: dataset.Small()}, Sizes: dataset.SmallCollections()}}
}

// A drill on real servers has every fact that a pass asks for; then each thing that can be
// lost or altered on the way is done to the target, and seen.
func TestTransfer(t *testing.T) {
	if testing.Short() {
		t.Skip("-short: this test starts real servers")
	}
	d := &drill{plan: Plan{Set: small()}}
	from, to := stagetest.On(t, "ferretdb:1", ""), stagetest.On(t, "postgres:16", "")
	d.source, d.target = deployOn(t, from.Host), deployOn(t, to.Host)
	ctx := t.Context()
	if err := dataset.NewLoading(d.plan.Set, d.source, 4).Run(ctx); err != nil {
		t.Fatal(err)
	}
	secret := store.AppSecret{Subject: store.Subject{MongoID: strings.Repeat("a", 24), ID: "secret1", CreatedAt: time.UnixMilli(1).UTC(), UpdatedAt: time.UnixMilli(1).UTC()}, Name: "key"}
	if outcome := d.source.Permissions.Insert(ctx, secret); !outcome.OK() {
		t.Fatal(outcome.Detail())
	}
	first, err := (&Copy{From: d.source, To: d.target}).Run(ctx)
	if want := int64(dataset.Total(d.plan.Set)) + 1; err != nil || first.Inserted != want || !first.Whole() {
		t.Fatalf("%+v, %v; wanted %d inserted", first, err, want)
	}
	shape, err := CompareShapes(ctx, d.source, d.target)
	if err != nil || len(shape.Lost)+len(shape.Differ) > 0 || shape.Fields < 50 || shape.Schemas == 0 {
		t.Fatalf("%+v, %v", shape, err)
	}
	t.Run("a changed, a missing and a strange row", func(t *testing.T) { damagedRows(t, d, secret) })
	t.Run("a field that nobody declared", func(t *testing.T) { undeclaredField(t, d) })
}

func damagedRows(t *testing.T, d *drill, secret store.AppSecret) {
	ctx := t.Context()
	alter(t, d.target, store.PermissionsStore, `UPDATE workspaces SET name = 'another' WHERE _id = (SELECT min(_id) FROM workspaces)`)
	alter(t, d.target, store.UsersStore, `DELETE FROM "AccessTokens" WHERE _id = (SELECT min(_id) FROM "AccessTokens")`)
	secret.MongoID, secret.ID = strings.Repeat("b", 24), "secret2"
	if outcome := d.target.Permissions.Insert(ctx, secret); !outcome.OK() {
		t.Fatal(outcome.Detail())
	}
	looked, err := (&Copy{From: d.source, To: d.target, Look: true}).Run(ctx)
	if err != nil || looked.Changed != 1 || looked.Missing != 1 || looked.Extra != 1 || looked.Inserted != 0 || looked.Whole() {
		t.Errorf("%+v, %v", looked, err)
	}
	again, err := (&Copy{From: d.source, To: d.target}).Run(ctx)
	if err != nil || again.Changed != 1 || again.Inserted != 1 || again.Extra != 1 || again.Whole() {
		t.Errorf("a changed row is left as it is, a missing one is inserted: %+v, %v", again, err)
	}
}

// undeclaredField: what no reader knows must not vanish in silence.
func undeclaredField(t *testing.T, d *drill) {
	ctx := t.Context()
	schema := store.Schema{Collection: store.Collection{Namespace: "late", Name: "notes"}, Properties: []store.Property{{Name: "madeBy", Type: store.Text}}}
	if outcome := d.target.Collections.UpdateSchema(ctx, schema); !outcome.OK() {
		t.Fatal(outcome.Detail())
	}
	shape, err := CompareShapes(ctx, d.target, d.source)
	if err != nil || !slices.Equal(shape.Differ, []string{"late/notes"}) {
		t.Errorf("a declaration of one side only: %+v, %v", shape, err)
	}
	alter(t, d.target, store.UsersStore, `UPDATE "Users" SET language = '' WHERE _id = (SELECT max(_id) FROM "Users" WHERE language <> '')`)
	shape, err = CompareShapes(ctx, d.source, d.target)
	if err != nil || len(shape.Lost) != 1 || !strings.HasPrefix(shape.Lost[0], "Users language") {
		t.Errorf("a field that one row lost: %+v, %v", shape, err)
	}
}

func deployOn(t *testing.T, host *deployment.Host) *deployment.Deployment {
	deployed, err := host.Deploy(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := deployed.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return deployed
}

// alter changes the target behind the contract's back.
func alter(t *testing.T, of *deployment.Deployment, name store.Name, statement string) {
	t.Helper()
	if err := postgres.Exec(t.Context(), of.AdminTarget(name), statement); err != nil {
		t.Fatal(err)
	}
}
