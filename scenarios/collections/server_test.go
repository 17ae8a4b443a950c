package collections

import (
	"context"
	"flag"
	"testing"
	"time"

	"tristore/drivers/store"
	"tristore/reports/result"
	"tristore/scenarios"
	"tristore/scenarios/dataset"
	"tristore/scenarios/load"
	"tristore/scenarios/stagetest"
)

var engineWord = flag.String("engine", "postgres:16", "the engine under test")

// onServer is a stage on a real server of its own, gone after the test.
func onServer(t *testing.T) scenarios.Stage {
	t.Helper()
	return stagetest.On(t, *engineWord, "")
}

func TestEveryOperationIsServedByARealServer(t *testing.T) {
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
		r := &request{arrival: arrival, workspace: w.workspaces.Pick(&chance), chance: &chance}
		r.conversation = w.pick(r.workspace).Pick(&chance)
		return k.serve(w, t.Context(), r)
	}
	w := New(deployed.Collections, Options{Data: data, Mix: Everyday, Window: 5, BulkRows: 20, SumsOnly: SumsOnly(on.Engine)})
	before, err := w.Rows(t.Context())
	if held := int64(data.Rows() - data.Sizes.Workspaces*data.Sizes.Agents*data.Sizes.Bindings); err != nil || before != held {
		t.Errorf("%d rows are there before the load, want %d: %v", before, held, err)
	}
	for at, k := range w.kinds {
		for arrival := range int64(10) {
			if outcome := serve(w, k, 100*int64(at)+arrival); !outcome.OK() {
				t.Errorf("%s: %s", k.name, outcome.Detail())
			}
		}
	}
	// Ten conversations begun, ten messages appended, ten bulks of 20, and perhaps a new hour.
	if after, err := w.Rows(t.Context()); err != nil || after < before+220 || after > before+230 {
		t.Errorf("the data set grew from %d to %d rows, want 220 to 230 more: %v", before, after, err)
	}
	// A load tells of each statement: two where an arrival has two.
	told := &load.Operations{Stores: Stores(), Would: Would}
	w = New(deployed.Collections, Options{Data: data, Mix: Everyday, Window: 8, BulkRows: 20, SumsOnly: SumsOnly(on.Engine), Operations: told})
	window, err := load.Closed{Workers: 3, Measure: 500 * time.Millisecond, Drain: 10 * time.Second, Operations: told}.Run(t.Context(), w.Step)
	want := window.Counts.Due
	for arrival := range window.Counts.Due {
		if k, _ := w.ask(arrival); k.name == "append a message" || k.name == "add and delete" {
			want++
		}
	}
	if err != nil || want == 0 || window.Counts.Committed != window.Counts.Due || window.Stores[0].Committed != want {
		t.Errorf("%v: told of %+v, want %d; %+v", err, window.Stores, want, window.Counts)
	}
	// Who asks for another data set must be refused, or the answers prove nothing.
	other := data
	other.Of.Seed++
	w = New(deployed.Collections, Options{Data: other, Mix: Everyday, Window: 6, BulkRows: 20})
	for _, k := range w.kinds {
		if outcome := serve(w, k, 1); outcome.OK() {
			t.Errorf("%s over another data set: %s", k.name, outcome.Detail())
		}
	}
}

func TestOpenLoopOnARealServer(t *testing.T) {
	on := onServer(t)
	var kept []result.Measurement
	on.Record = func(m result.Measurement) { kept = append(kept, m) }
	saw := result.Observation{Claim: "LOAD-2", Engine: on.Engine.String()}
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
	if last.Claim != "LOAD-2" || last.Workload != Name || last.Latency.Count != last.Counts.Committed {
		t.Errorf("kept %s of %s, counts %+v, %d seconds", last.Workload, last.Claim, last.Counts, len(last.Timeline))
	}
	t.Logf("facts %v", saw.Facts)
}
