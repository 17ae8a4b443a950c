package auth

import (
	"context"
	"flag"
	"testing"
	"time"

	"tristore/drivers"
	"tristore/drivers/store"
	"tristore/reports/result"
	"tristore/scenarios"
	"tristore/scenarios/dataset"
	"tristore/scenarios/stagetest"
)

var engineWord = flag.String("engine", "postgres:16", "the engine under test")

// onServer is a stage on a real server of its own, gone after the test.
func onServer(t *testing.T) scenarios.Stage {
	t.Helper()
	return stagetest.On(t, *engineWord, "")
}

func TestEveryRequestIsServedByARealServer(t *testing.T) {
	on := onServer(t)
	deployed, err := on.Deploy(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = deployed.Close(context.Background()) }()
	data := DataFor(on)
	if err := data.LoadInto(t.Context(), deployed); err != nil {
		t.Fatal(err)
	}
	serve := func(w *Workload, k kind, arrival int64) store.Outcome {
		chance := dataset.Draw(3, 4, arrival)
		caller := 1 + w.callers.Pick(&chance)
		return w.inOrder(t.Context(), 0, k.operations(w, &request{arrival: arrival, caller: caller, workspace: w.data.WorkspaceOf(caller), chance: &chance})...)
	}
	ways := []bool{false}
	if Pipelines(deployed.Users, deployed.Permissions) == nil {
		ways = append(ways, true)
	} else if on.Engine.Family() == drivers.FamilyPostgres {
		t.Error(Pipelines(deployed.Users, deployed.Permissions))
	}
	for i, profile := range []Profile{Fork, V27, Fork, V27}[:2*len(ways)] {
		w := New(deployed.Users, deployed.Permissions, Options{Data: data, Profile: profile, Window: uint64(i), Expires: time.Now().Add(visitorLife), Pipeline: i > 1})
		for _, k := range w.kinds {
			for arrival := range int64(10) {
				if outcome := serve(w, k, arrival); !outcome.OK() {
					t.Errorf("%s, %s, pipelined %t: %s", profile, k.name, i > 1, outcome.Detail())
				}
			}
		}
	}
	for _, profile := range []Profile{Fork, V27} {
		toldOfEach(t, deployed, data, profile)
	}
	// Who asks for another data set must be refused, or the answers prove nothing.
	other := data
	other.Seed++
	for _, pipelined := range ways {
		w := New(deployed.Users, deployed.Permissions, Options{Data: other, Profile: V27, Window: 9, Expires: time.Now().Add(visitorLife), Pipeline: pipelined})
		for _, k := range w.kinds {
			if outcome := serve(w, k, 1); outcome.Status != store.Refused {
				t.Errorf("%s over another data set, pipelined %t: %s", k.name, pipelined, outcome.Detail())
			}
		}
	}
}

func TestOpenLoopOnARealServer(t *testing.T) {
	on := onServer(t)
	var kept []result.Measurement
	on.Record = func(m result.Measurement) { kept = append(kept, m) }
	saw := result.Observation{Claim: "LOAD-1", Engine: on.Engine.String()}
	OpenLoop(t.Context(), on, &saw)
	if saw.Trouble != "" {
		t.Fatal(saw.Trouble)
	}
	for _, fact := range []string{"refused", "unknown", "dropped", "unaccounted", "clipped"} {
		if value, recorded := saw.Facts[fact]; !recorded || value != 0 {
			t.Errorf("%s is %g (recorded %t); %q", fact, value, recorded, saw.Witness)
		}
	}
	if saw.Facts["due"] < 100 || saw.Facts["committed"] != saw.Facts["due"] {
		t.Errorf("%g of %g due were committed", saw.Facts["committed"], saw.Facts["due"])
	}
	if float64(len(kept)) != saw.Facts["attempts"] {
		t.Fatalf("kept %d measurements of %g attempts", len(kept), saw.Facts["attempts"])
	}
	last := kept[len(kept)-1]
	if last.Claim != "LOAD-1" || last.Workload != Name || last.Latency.Count != last.Counts.Committed || len(last.Timeline) != 10 {
		t.Errorf("kept %s of %s, counts %+v, %d seconds", last.Workload, last.Claim, last.Counts, len(last.Timeline))
	}
	t.Logf("facts %v", saw.Facts)
}

func TestACancelledOpenLoopSaysSo(t *testing.T) {
	on := onServer(t)
	ctx, cancel := context.WithCancel(t.Context())
	on.Record = func(result.Measurement) {}
	saw := result.Observation{Claim: "LOAD-1"}
	time.AfterFunc(4*time.Second, cancel)
	OpenLoop(ctx, on, &saw)
	if saw.Trouble == "" {
		t.Error("the window was cut short and nothing says so")
	}
}
