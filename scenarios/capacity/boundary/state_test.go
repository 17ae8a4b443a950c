package boundary

import (
	"context"
	"encoding/json"
	"errors"
	"math"
	"reflect"
	"strings"
	"testing"
)

// A search that is interrupted after any of its windows, saved as JSON and resumed,
// comes to the result that it would have had without the break.
func TestResume(t *testing.T) {
	alarms := 0
	for seed := range uint64(12) {
		c := Simulated{Capacity: 2400, LimitMs: 20, Noise: 0.2, Outliers: 0.1, Drift: 0.3 * float64(seed%3), Period: 60, Seed: seed}
		whole := Search(t.Context(), c.Probe(0), Standard(100, 1, 1e6))
		alarms += whole.Alarms
		for cut := range whole.Windows {
			ctx, cancel := context.WithCancel(t.Context())
			inner, n := c.Probe(0), 0
			first := Search(ctx, func(ctx context.Context, load float64) (Window, error) {
				if n == cut {
					cancel()
					return Window{}, ctx.Err()
				}
				n++
				return inner(ctx, load)
			}, Standard(100, 1, 1e6))
			cancel()
			if first.Reason != ReasonInterrupted || !errors.Is(first.Err, context.Canceled) || first.Windows != cut {
				t.Fatalf("seed %d, cut %d: %d windows, %s", seed, cut, first.Windows, first.Sentence)
			}
			text, err := json.Marshal(first.State)
			if err != nil {
				t.Fatal(err)
			}
			var state State
			if err := json.Unmarshal(text, &state); err != nil {
				t.Fatal(err)
			}
			if got := Resume(t.Context(), c.Probe(len(state.Taken)), state); !reflect.DeepEqual(got, whole) {
				t.Fatalf("seed %d, cut %d: resumed to\n%s\ninstead of\n%s", seed, cut, got.Sentence, whole.Sentence)
			}
		}
	}
	if alarms == 0 {
		t.Error("no search was resumed across an alarm")
	}
}

// A finished search is not measured again, one whose budget was spent goes on with more.
func TestResumeFinished(t *testing.T) {
	never := func(context.Context, float64) (Window, error) { return Window{}, errors.New("asked") }
	whole := Search(t.Context(), quiet.Probe(0), Standard(100, 1, 1e6))
	if again := Resume(t.Context(), never, whole.State); !reflect.DeepEqual(again, whole) {
		t.Errorf("a finished search ended as %s", again.Sentence)
	}
	plan := Standard(100, 1, 1e6)
	plan.Windows = 15
	short := Search(t.Context(), quiet.Probe(0), plan)
	short.State.Plan.Windows = 240
	if more := Resume(t.Context(), quiet.Probe(15), short.State); !reflect.DeepEqual(more, whole) {
		t.Errorf("with more windows the search ended as %s", more.Sentence)
	}
}

// A state that its plan cannot have led to is refused, not reasoned from.
func TestForeignState(t *testing.T) {
	whole := Search(t.Context(), quiet.Probe(0), Standard(100, 1, 1e6))
	for name, spoil := range map[string]func(*State){
		"another start":    func(s *State) { s.Plan.Start = 120 },
		"another width":    func(s *State) { s.Plan.Width = 0.02; s.Taken[len(s.Taken)-1].Purpose = Screen },
		"another load":     func(s *State) { s.Taken[12].Load++ },
		"a load outside":   func(s *State) { s.Taken[3].Load = 1e7 },
		"a pass of no p99": func(s *State) { s.Taken[0].P99Ms = 0 },
		"no number":        func(s *State) { s.Taken[0].P99Ms = math.NaN() },
	} {
		state := State{Plan: whole.State.Plan, Taken: append([]Taken(nil), whole.State.Taken...)}
		spoil(&state)
		if got := Resume(t.Context(), quiet.Probe(0), state); got.Reason != ReasonPlan || got.Regular {
			t.Errorf("%s: %s", name, got.Sentence)
		} else if len(got.State.Taken) != len(state.Taken) {
			t.Errorf("%s: of %d saved windows %d were kept", name, len(state.Taken), len(got.State.Taken))
		}
	}
}

// The state is saved after every window; a search that cannot be saved ends.
func TestSave(t *testing.T) {
	plan := Standard(100, 1, 1e6)
	saved := 0
	plan.Save = func(s State) error {
		if saved++; len(s.Taken) != saved {
			t.Errorf("%d windows saved after %d", len(s.Taken), saved)
		}
		return nil
	}
	if got := Search(t.Context(), quiet.Probe(0), plan); got.Windows != saved {
		t.Errorf("%d windows, saved %d times", got.Windows, saved)
	}
	full := errors.New("disk full")
	plan.Save = func(State) error { return full }
	if got := Search(t.Context(), quiet.Probe(0), plan); got.Reason != ReasonProbe || !errors.Is(got.Err, full) || got.Windows != 1 {
		t.Errorf("%d windows: %s", got.Windows, got.Sentence)
	}
}

// A window that contradicts itself or says nothing is invalid, never a pass.
func TestWindowsThatSayNothing(t *testing.T) {
	s := search{plan: Plan{MinRequests: 3000}}
	for name, w := range map[string]Window{
		"kept over the limit": {Meets: true, P99Ms: 21, LimitMs: 20},
		"kept without a p99":  {Meets: true, LimitMs: 20},
		"no limit":            {P99Ms: 3},
		"no number":           {P99Ms: math.NaN(), LimitMs: 20},
		"kept at infinity":    {Meets: true, P99Ms: math.Inf(1), LimitMs: 20},
		"negative canary":     {P99Ms: 3, LimitMs: 20, CanaryMs: -1},
		"too few requests":    {Meets: true, P99Ms: 3, LimitMs: 20, Requests: 2999},
		"negative requests":   {Meets: true, P99Ms: 3, LimitMs: 20, Requests: -1},
	} {
		if got := s.checked(w); got.Invalid == "" || got.Meets {
			t.Errorf("%s was taken as %+v", name, got)
		}
	}
	for name, w := range map[string]Window{
		"kept":              {Meets: true, P99Ms: 20, LimitMs: 20, Requests: 3000},
		"broken by errors":  {P99Ms: 3, LimitMs: 20},
		"broken by latency": {P99Ms: 21, LimitMs: 20, CanaryMs: 2},
	} {
		if got := s.checked(w); got != w {
			t.Errorf("%s was taken as %+v", name, got)
		}
	}
	if got := s.checked(Window{P99Ms: math.Inf(1), LimitMs: 20}); got.Invalid != "" || got.Meets || got.P99Ms != 0 {
		t.Errorf("saturated: %+v", got)
	}
}

func TestIntervalAsJSON(t *testing.T) {
	for text, want := range map[string]Interval{"[1.5,2]": {1.5, 2}, "[null,2]": {0, 2}, "[1.5,null]": {1.5, 0}, "[null,null]": {}} {
		got, err := json.Marshal(want)
		if err != nil || string(got) != text {
			t.Errorf("%s: %v, wanted %s", got, err, text)
		}
		var back Interval
		if err := json.Unmarshal([]byte(text), &back); err != nil || back != want {
			t.Errorf("%s was read as %+v: %v", text, back, err)
		}
	}
	var none Interval
	if err := json.Unmarshal([]byte(`"x"`), &none); err == nil || !strings.Contains(err.Error(), "interval") {
		t.Errorf("not an interval: %v", err)
	}
}
