package dataset

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"strings"
	"testing"
	"time"

	"tristore/drivers"
	"tristore/drivers/cluster"
	"tristore/drivers/cluster/programs"
	"tristore/drivers/deployment"
	"tristore/drivers/mongo"
	"tristore/drivers/postgres"
	"tristore/drivers/store"
)

var engineWord = flag.String("engine", "", "try only this engine, such as ferretdb:1")

// onEngines runs a test on a real server of each family, gone after the test.
func onEngines(t *testing.T, test func(t *testing.T, host *deployment.Host)) {
	t.Helper()
	if testing.Short() {
		t.Skip("-short: this test starts a real server")
	}
	words := []string{"postgres:16", "ferretdb:1"}
	if *engineWord != "" {
		words = []string{*engineWord}
	}
	for _, word := range words {
		t.Run(word, func(t *testing.T) { test(t, hostOf(t, word)) })
	}
}

func hostOf(t testing.TB, word string) *deployment.Host {
	t.Helper()
	engine, err := drivers.ParseEngine(word)
	if err != nil {
		t.Fatal(err)
	}
	running, err := cluster.Start(t.Context(), cluster.Spec{Engine: engine, Reach: drivers.Embedded, Durability: cluster.Relaxed,
		Dir: t.TempDir(), Cache: programs.DefaultDir(), RunID: "dataset-test"})
	if err != nil {
		t.Fatal(err)
	}
	end := func(close func(context.Context) error) func() {
		return func() {
			if err := close(context.Background()); err != nil {
				t.Error(err)
			}
		}
	}
	t.Cleanup(end(running.Close))
	host, err := deployment.Prepare(t.Context(), running, deployment.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(end(host.Close))
	return host
}

func deployOn(t testing.TB, host *deployment.Host) *deployment.Deployment {
	t.Helper()
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

func wholeSet() Whole {
	return Whole{Collections{Of: Identity{Seed: 11, Sizes: Small()}, Sizes: SmallCollections()}}
}

func mustVerify(t *testing.T, set Set, in *deployment.Deployment) Verified {
	t.Helper()
	found, err := NewVerification(set, in, 3).Run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func mustBeWhole(t *testing.T, set Set, in *deployment.Deployment) {
	t.Helper()
	if found := mustVerify(t, set, in); !found.OK() || found.Equal != int64(Total(set)) {
		t.Fatalf("of %d rows: %+v", Total(set), found)
	}
}

func TestLoadOnSeveralConnectionsEqualsLoadOnOne(t *testing.T) {
	onEngines(t, func(t *testing.T, host *deployment.Host) {
		set := wholeSet()
		one, several := deployOn(t, host), deployOn(t, host)
		if found := mustVerify(t, set, one); found.OK() || found.Missing != int64(Total(set)) {
			t.Errorf("empty stores were taken for loaded ones: %+v", found)
		}
		if err := errors.Join(set.Of.LoadInto(t.Context(), one), set.LoadInto(t.Context(), one)); err != nil {
			t.Fatal(err)
		}
		loading := NewLoading(set, several, 4)
		if err := loading.Run(t.Context()); err != nil {
			t.Fatal(err)
		}
		if p := loading.Progress(); p.Done != p.Total || p.Found != 0 || p.Total != int64(Total(set)) {
			t.Errorf("progress ends at %+v of %d rows", p, Total(set))
		}
		mustBeWhole(t, set, one)
		mustBeWhole(t, set, several)
		if host.Cluster.Engine.Family() != drivers.FamilyPostgres {
			return // there, the order of a map's keys counts, which nobody promises
		}
		for _, name := range store.Names() {
			left, right := printOf(t, one, name), printOf(t, several, name)
			delete(left.Tables, deployment.DeclaredTable) // tells when
			delete(right.Tables, deployment.DeclaredTable)
			if diff := left.Diff(right); len(diff) > 0 || len(left.Tables) == 0 {
				t.Errorf("store %s: %v", name, diff)
			}
		}
		again := NewLoading(set, several, 4)
		if err := again.Run(t.Context()); err != nil || again.Progress().Done != 0 || again.Progress().Found != int64(Total(set)) {
			t.Errorf("loading what is loaded: %v, %+v", err, again.Progress())
		}
	})
}

func printOf(t *testing.T, of *deployment.Deployment, name store.Name) store.Fingerprint {
	t.Helper()
	print, err := postgres.Fingerprint(t.Context(), of.AdminTarget(name))
	if err != nil {
		t.Fatal(err)
	}
	return print
}

func TestEveryDeviatingRowIsNamed(t *testing.T) {
	onEngines(t, func(t *testing.T, host *deployment.Host) {
		set, deployed := wholeSet(), deployOn(t, host)
		if err := NewLoading(set, deployed, 4).Run(t.Context()); err != nil {
			t.Fatal(err)
		}
		messages := set.documents(1, set.Schemas(1)[1])
		damage := []struct {
			in          store.Name
			sql, mongo  string
			table, id   string
			row         int
			what        string
			miss, extra int64
		}{
			{store.UsersStore, `UPDATE "Users" SET "photo" = 'x' WHERE "_id" = '%s'`, `{"update": "Users", "updates": [{"q": {"_id": "%s"}, "u": {"$set": {"photo": "x"}}}]}`,
				"Users", set.Of.UserID(7), 7, "changed: Photo", 0, 0},
			{store.PermissionsStore, `DELETE FROM "pages" WHERE "_id" = '%s'`, `{"delete": "pages", "deletes": [{"q": {"_id": "%s"}, "limit": 1}]}`,
				"pages", set.Of.object(kindPage, 3), 3, "missing", 1, 0},
			{store.CollectionsStore, `UPDATE "` + messages.table + `" SET "content" = '{"text": "x"}' WHERE "_id" = '%s'`,
				`{"update": "` + messages.table + `", "updates": [{"q": {"_id": "%s"}, "u": {"$set": {"content": {"text": "x"}}}}]}`, messages.table, messages.id(5), 5, "changed: content", 0, 0},
			{store.CollectionsStore, `INSERT INTO "product_bindings" VALUES ('%s', 'w', 'agent', 'a', 'user', 'u')`,
				`{"insert": "product_bindings", "documents": [{"_id": "%s", "workspaceId": "w"}]}`, "product_bindings", "6500000000000000000000aa", -1, "extra: the data set has no such row", 0, 1},
			{store.UsersStore, `CREATE TABLE "strange" ("_id" text); INSERT INTO "strange" VALUES ('%s')`, `{"insert": "strange", "documents": [{"_id": "%s"}]}`,
				"strange", "some row", -1, "extra: the data set has no such row", 0, 1},
		}
		var wanted []string
		for _, d := range damage {
			exec, statement := mongo.Exec, d.mongo
			if deployed.Engine.Family() == drivers.FamilyPostgres {
				exec, statement = postgres.Exec, d.sql
			}
			if err := exec(t.Context(), deployed.Target(d.in), fmt.Sprintf(statement, d.id)); err != nil {
				t.Fatal(err)
			}
			wanted = append(wanted, Deviation{d.in, d.table, d.id, d.row, d.what}.String())
		}
		found := mustVerify(t, set, deployed)
		if found.OK() || found.Changed != 2 || found.Missing != 1 || found.Extra != 2 || found.Equal != int64(Total(set))-3 || len(found.Named) != len(wanted) {
			t.Errorf("got %+v", found)
		}
		for _, one := range found.Named {
			if !strings.Contains(strings.Join(wanted, "\n"), one.String()) {
				t.Errorf("named %s", one)
			}
		}
		// A load does not settle on top of strange rows, and says where they are.
		err := NewLoading(set, deployed, 2).Run(t.Context())
		var stranger *foreign
		if !errors.As(err, &stranger) || stranger.table != store.BindingsTable {
			t.Errorf("loading beside a strange row: %v", err)
		}
	})
}

func TestAnotherSetIsRefused(t *testing.T) {
	onEngines(t, func(t *testing.T, host *deployment.Host) {
		set, deployed := wholeSet(), deployOn(t, host)
		if err := NewLoading(set.Of, deployed, 2).Run(t.Context()); err != nil {
			t.Fatal(err)
		}
		other := set.Of
		other.Seed++
		var stranger *foreign
		if err := NewLoading(other, deployed, 2).Run(t.Context()); !errors.As(err, &stranger) {
			t.Errorf("a set of another seed: %v", err)
		}
	})
}

// whenPast calls do once, as soon as a load has inserted rows.
func whenPast(t *testing.T, loading *Loading, rows int64, do func()) (done chan struct{}) {
	t.Helper()
	done = make(chan struct{})
	go func() {
		defer close(done)
		ticker := time.NewTicker(time.Millisecond)
		defer ticker.Stop()
		for loading.Progress().Done < rows {
			select {
			case <-ticker.C:
			case <-t.Context().Done():
				return
			}
		}
		do()
	}()
	return done
}

func TestAnInterruptedLoadGoesOn(t *testing.T) {
	onEngines(t, func(t *testing.T, host *deployment.Host) {
		set, deployed := wholeSet(), deployOn(t, host)
		for _, share := range []int64{10, 4} { // interrupted twice, ever later
			loading := NewLoading(set, deployed, 3)
			ctx, interrupt := context.WithCancel(t.Context())
			before := int64(Total(set)) / share
			hooked := whenPast(t, loading, before/2, interrupt)
			err := loading.Run(ctx)
			<-hooked
			if !errors.Is(err, context.Canceled) {
				t.Fatalf("an interrupted load ended with %v", err)
			}
			if !strings.Contains(err.Error(), "the same load goes on from there") {
				t.Errorf("it does not say what to do: %v", err)
			}
		}
		goesOn(t, set, deployed)
	})
}

// goesOn finishes an interrupted load and looks at the result. A pool may still hold dead
// connections, which are found one at a time by using them.
func goesOn(t *testing.T, set Set, in *deployment.Deployment) {
	t.Helper()
	loading := NewLoading(set, in, 3)
	err := loading.Run(t.Context())
	for range 30 {
		if err == nil {
			break
		}
		loading = NewLoading(set, in, 3)
		err = loading.Run(t.Context())
	}
	if err != nil {
		t.Fatal(err)
	}
	p := loading.Progress()
	if p.Found == 0 || p.Found+p.Done != p.Total {
		t.Errorf("it began again instead of going on: %+v", p)
	}
	mustBeWhole(t, set, in)
}

func TestALoadGoesOnAfterItsConnectionsWereKilled(t *testing.T) {
	if testing.Short() {
		t.Skip("-short: this test starts a real server")
	}
	host := hostOf(t, "postgres:16")
	sessions := `FROM pg_stat_activity WHERE usename = '` + host.Role.Name + `' AND pid <> pg_backend_pid()`
	for _, c := range []struct {
		name string
		kill func(t *testing.T)
	}{
		{"connections", func(t *testing.T) {
			if err := postgres.Exec(t.Context(), host.Cluster.Admin, "SELECT pg_terminate_backend(pid) "+sessions); err != nil {
				t.Error(err)
			}
		}},
		// A backend that dies by SIGKILL makes the server end all others and recover from its log.
		{"server", func(t *testing.T) {
			// The session that asks for it is ended with the others.
			err := postgres.Exec(t.Context(), host.Cluster.Admin, "COPY (SELECT pid "+sessions+" LIMIT 1) TO PROGRAM 'xargs kill -KILL'")
			t.Log("killing a backend:", err)
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			set, deployed := wholeSet(), deployOn(t, host)
			set.Of.Sizes, set.Sizes = Modest(), ModestCollections() // large enough to be at work when it is hit
			loading := NewLoading(set, deployed, 3)
			hooked := whenPast(t, loading, 1, func() { c.kill(t) })
			err := loading.Run(t.Context())
			<-hooked
			if err == nil {
				t.Fatal("the load did not notice that its connections were gone")
			}
			t.Log(err)
			back(t, host)
			if extra, err := host.Deploy(t.Context()); err == nil { // lets go of the administrator's dead sessions too
				defer func() { _ = extra.Close(context.Background()) }()
			}
			goesOn(t, set, deployed)
		})
	}
}

// back waits until the server answers again.
func back(t *testing.T, host *deployment.Host) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	ticker := time.NewTicker(20 * time.Millisecond)
	defer ticker.Stop()
	for {
		dialed := deployment.Dial(ctx, host.Cluster.Admin)
		if dialed.Accepted {
			return
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
			t.Fatal(dialed.Err)
		}
	}
}
