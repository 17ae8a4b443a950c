package load

import (
	"math"
	"slices"
	"strings"
	"testing"
	"time"
)

// due lists when the first n arrivals of a pacer are due.
func due(p Pacer, n int64) (all []time.Duration) {
	at := time.Duration(0)
	for number := range n {
		at = p.Next(at, number)
		all = append(all, at)
	}
	return all
}

func TestPacersSayWhenArrivalsAreDue(t *testing.T) {
	record := []time.Duration{0, 5 * ms, 5 * ms, 40 * ms}
	for _, c := range []struct {
		name  string
		pacer Pacer
		want  []time.Duration
	}{
		{"constant", Constant{100}, []time.Duration{0, 10 * ms, 20 * ms, 30 * ms}},
		{"constant, a third of a second", Constant{3}, []time.Duration{0, 333_333_333, 666_666_666, time.Second}},
		{"so slow that a duration cannot hold it", Constant{1e-12}, []time.Duration{0, Never, Never}},
		// The area below the rate is t²/2·10 s·100: arrival 500 stands at its end.
		{"a ramp from nothing", Ramp{0, 100, 10 * time.Second}, []time.Duration{0, 447_213_595, 632_455_532, 774_596_669}},
		{"a ramp that is level", Ramp{100, 100, 20 * ms}, []time.Duration{0, 10 * ms, 20 * ms, 30 * ms}},
		// Two arrivals within a second down to zero, then none.
		{"a ramp to nothing", Ramp{4, 0, time.Second}, []time.Duration{0, 292_893_218, Never, Never}},
		{"steps with a pause", Steps{{100, 20 * ms}, {0, time.Second}, {50, 40 * ms}}, []time.Duration{0, 10 * ms, 1020 * ms, 1040 * ms, 1060 * ms}},
		{"the last step is kept", Steps{{1000, 2 * ms}, {500, ms}}, []time.Duration{0, ms, 2 * ms, 4 * ms, 6 * ms, 8 * ms}},
		{"a last step of nothing", Steps{{1000, 2 * ms}, {0, ms}}, []time.Duration{0, ms, Never}},
		{"recorded", Recorded{Offsets: record}, []time.Duration{0, 5 * ms, 5 * ms, 40 * ms, Never}},
		{"recorded, twice as fast", Recorded{Offsets: record, Speed: 2}, []time.Duration{0, 2500 * time.Microsecond, 2500 * time.Microsecond, 20 * ms, Never}},
		{"recorded, half as fast", Recorded{Offsets: record, Speed: 0.5}, []time.Duration{0, 10 * ms, 10 * ms, 80 * ms, Never}},
	} {
		if err := c.pacer.Check(); err != nil {
			t.Errorf("%s: %v", c.name, err)
		}
		for i, got := range due(c.pacer, int64(len(c.want))) {
			if diff := got - c.want[i]; diff < -1 || diff > 1 {
				t.Errorf("%s: arrival %d is due at %s, want %s", c.name, i, got, c.want[i])
			}
		}
	}
}

// Whatever the shape: times never go back, are the same when asked again, and come as
// often as planned.
func TestPacersKeepTheirPlan(t *testing.T) {
	record := make([]time.Duration, 4000)
	for i := range record {
		record[i] = time.Duration(i) * 3 * ms
	}
	for name, pacer := range map[string]Pacer{
		"constant": Constant{317}, "Poisson": Poisson{1000, 9}, "recorded": Recorded{Offsets: record}, "recorded faster": Recorded{Offsets: record, Speed: 3},
		"ramp up": Ramp{10, 900, 6 * time.Second}, "ramp down": Ramp{900, 10, 6 * time.Second}, "ramp within": Ramp{0, 500, 2 * time.Second},
		"steps": Steps{{100, 2 * time.Second}, {0, time.Second}, {800, 3 * time.Second}, {50, time.Second}},
	} {
		for _, window := range [][2]time.Duration{{0, 8 * time.Second}, {time.Second, 5 * time.Second}, {1500 * ms, 2500 * ms}, {4 * time.Second, 8 * time.Second}} {
			came, at := 0.0, time.Duration(0)
			for number := int64(0); at < window[1]; number++ {
				next := pacer.Next(at, number)
				if next < at || next != pacer.Next(at, number) {
					t.Fatalf("%s: arrival %d is due at %v after %v", name, number, next, at)
				}
				if at = next; at >= window[0] && at < window[1] {
					came++
				}
			}
			planned := pacer.Planned(window[0], window[1])
			allowed := 1.0
			if name == "Poisson" {
				allowed = 5 * math.Sqrt(planned)
			}
			if math.Abs(came-planned) > allowed+1e-6 {
				t.Errorf("%s: %g arrivals in %v, planned %g", name, came, window, planned)
			}
		}
	}
}

func TestPoissonGapsAreExponential(t *testing.T) {
	times := due(Poisson{1000, 9}, 20_000)
	gaps := make([]float64, len(times))
	for i := range times {
		gaps[i] = times[i].Seconds()
		if i > 0 {
			gaps[i] -= times[i-1].Seconds()
		}
	}
	slices.Sort(gaps)
	for what, pair := range map[string][2]float64{
		"mean": {times[len(times)-1].Seconds() / 20_000, 0.001}, "median": {gaps[10_000], 0.001 * math.Ln2}, "p99": {gaps[19_800], 0.001 * math.Log(100)},
	} {
		if math.Abs(pair[0]-pair[1]) > 0.05*pair[1] {
			t.Errorf("%s gap %.6f s, want %.6f", what, pair[0], pair[1])
		}
	}
	if (Poisson{1000, 1}).Next(0, 0) == (Poisson{1000, 2}).Next(0, 0) {
		t.Error("the seed changes nothing")
	}
	if at := (Poisson{1e-12, 1}).Next(time.Hour, 1); at != Never {
		t.Errorf("a gap beyond what a duration holds is due at %v", at)
	}
}

func TestPacersThatSayNoTimesAreRefused(t *testing.T) {
	nan, inf := math.NaN(), math.Inf(1)
	for name, c := range map[string]struct {
		pacer Pacer
		says  string
	}{
		"zero":                {Constant{0}, "above 0"},
		"negative":            {Constant{-5}, "above 0"},
		"NaN":                 {Poisson{PerSecond: nan}, "above 0"},
		"infinite":            {Constant{inf}, "at most 1000000"},
		"ramp of nothing":     {Ramp{0, 0, time.Second}, "not both zero"},
		"ramp below zero":     {Ramp{-1, 5, time.Second}, "two rates"},
		"ramp in no time":     {Ramp{1, 5, 0}, "within some time"},
		"ramp of NaN":         {Ramp{nan, 5, time.Second}, "two rates"},
		"no steps":            {Steps{}, "at least one"},
		"a step below zero":   {Steps{{5, time.Second}, {-1, time.Second}}, "step 2"},
		"a step of no time":   {Steps{{5, 0}}, "step 1"},
		"a step too fast":     {Steps{{inf, time.Second}}, "step 1"},
		"an empty record":     {Recorded{}, "at least one"},
		"a record going back": {Recorded{Offsets: []time.Duration{5, 4}}, "go back"},
		"a record before":     {Recorded{Offsets: []time.Duration{-1, 4}}, "go back"},
		"backwards speed":     {Recorded{Offsets: []time.Duration{0}, Speed: -1}, "speed"},
		"speed NaN":           {Recorded{Offsets: []time.Duration{0}, Speed: nan}, "speed"},
	} {
		if err := c.pacer.Check(); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v, wanted %q", name, err, c.says)
		}
	}
}
