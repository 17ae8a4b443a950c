package observe

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"tristore/drivers"
	"tristore/drivers/cluster"
	"tristore/drivers/cluster/programs"
	"tristore/drivers/mongo"
	"tristore/reports/result"
	"tristore/scenarios/judge"
	"tristore/scenarios/road"
)

// On a server that does not tell what an account may do, nothing is read unless its owner
// says so; what it does not tell is unknown with its reason, and never 0.
func TestObserveOfAServerThatTellsLittle(t *testing.T) {
	if testing.Short() {
		t.Skip("needs a server")
	}
	t.Parallel()
	on, err := cluster.Start(t.Context(), cluster.Spec{Engine: drivers.Engine{Product: drivers.FerretDB, Major: 1}, Reach: drivers.Embedded, Durability: cluster.Relaxed,
		Dir: t.TempDir(), Cache: programs.DefaultDir(), RunID: "observe-mongo-test"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := on.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	work := func(database, command string) {
		if err := mongo.Exec(t.Context(), on.Admin.WithDatabase(database), command); err != nil {
			t.Fatal(err)
		}
	}
	work("shop_users", `{"insert":"users","documents":[{"email":"`+sentinel+`"}]}`)
	work("shop_collections", `{"insert":"things","documents":[{"what":"`+sentinel+`"}]}`)
	observe := func(change func(*Plan)) (*result.Run, error) {
		plan := Plan{Head: road.Head{RunID: "observe-mongo-test", Engine: on.Engine, Reach: drivers.External}, For: 2 * time.Second, Every: 250 * time.Millisecond, Cap: 1}
		change(&plan)
		return Run(t.Context(), plan, cluster.External{URL: on.Admin.URL.WithDatabase("shop_users"), CAFile: on.CAFile})
	}
	run, err := observe(func(*Plan) {})
	if !errors.Is(err, cluster.ErrUnreachable) || !strings.Contains(err.Error(), "--trust-account") || run.Observed.Samples > 0 {
		t.Errorf("without consent: %v, %+v", err, run.Observed)
	}
	_, err = observe(func(p *Plan) { p.Engine, p.Trust = drivers.Engine{Product: drivers.Mongo, Major: 7}, true })
	if !errors.Is(err, cluster.ErrUnreachable) || !strings.Contains(err.Error(), "--engine ferretdb:1") {
		t.Errorf("another engine: %v", err)
	}
	run, err = observe(func(p *Plan) {
		p.Trust, p.Tell = true, func(told road.Progress) {
			if strings.HasPrefix(told.Current, "sample") {
				work("shop_users", `{"find":"users","filter":{"email":"`+sentinel+`"}}`)
			}
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	seen := run.Observed
	if !seen.Trusted || seen.Samples < 3 || len(seen.Stores) != 2 || seen.PerSecond["commands_find"] <= 0 || seen.Cost.Seconds <= 0 {
		t.Errorf("%+v", seen)
	}
	for _, s := range seen.Stores {
		if s.PerSecond != nil || s.Bytes == 0 || len(s.Tables) != 1 || s.Store == "" {
			t.Errorf("%+v", s)
		}
	}
	if len(seen.Levels)+len(seen.Limits)+len(seen.Statements)+len(seen.Waits) > 0 {
		t.Errorf("out of nothing: %+v", seen)
	}
	judge.Observed(run)
	for _, f := range run.Findings {
		if f.Status == result.Pass && f.Claim != "COST" {
			t.Errorf("%s passed", f.Claim)
		}
	}
	if run.Verdict.Status == result.Pass {
		t.Error(run.Verdict.Sentence)
	}
	keepsQuiet(t, run)
}
