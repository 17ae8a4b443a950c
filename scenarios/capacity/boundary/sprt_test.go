package boundary

import (
	"math"
	"testing"
)

// misfiled is the exact chance that the test of a plan answers wrongly for a load whose
// windows pass with the given chance: a walk over how far passes lead.
func misfiled(p Plan, odds float64, wrong Answer) float64 {
	leads, chance := map[int]float64{0: 1}, 0.0
	for range p.PerLoad {
		next := map[int]float64{}
		for lead, share := range leads {
			next[lead+1] += share * odds
			next[lead-1] += share * (1 - odds)
		}
		if wrong == Bad {
			chance += next[-p.barrier()]
		} else {
			chance += next[p.barrier()]
		}
		delete(next, p.barrier())
		delete(next, -p.barrier())
		leads = next
	}
	return chance
}

// A load outside the zone of indifference is misfiled with the chance allowed to one
// load at most, four straight answers decide, and a coin stays undecided now and then.
func TestSequential(t *testing.T) {
	p := Standard(100, 1, 1e6)
	if p.barrier() != 4 {
		t.Errorf("a barrier of %d, wanted 4", p.barrier())
	}
	allowed := p.Alpha / float64(p.Loads)
	for _, chance := range []float64{misfiled(p, goodOdds, Bad), misfiled(p, badOdds, Good)} {
		if !(chance > 0 && chance <= allowed) {
			t.Errorf("misfiled with chance %g, allowed %g", chance, allowed)
		}
	}
	for path, want := range map[string]Answer{"++++": Good, "----": Bad, "+-++++": Good, "+++": Undecided, "++++----------": Good, "+-+-+-+-+-+-+-+-+-+-+-+-": Undecided} {
		test := sequential{barrier: p.barrier(), most: p.PerLoad}
		for _, c := range path {
			test.see(c == '+')
		}
		if test.answer != want || test.closed != (path != "+++") {
			t.Errorf("%s is %s, closed %t", path, test.answer, test.closed)
		}
	}
}

// One wild point in five moves neither slope nor noise far.
func TestTheilSen(t *testing.T) {
	var points []point
	for i := range 20 {
		x := float64(i) / 10
		p := point{x, 3*x + 0.01*float64(i%3-1)}
		if i%5 == 2 {
			p.strain += 9
		}
		points = append(points, p)
	}
	slope := theilSen(points)
	if math.Abs(slope-3) > 0.2 || noise(points, slope) > 0.3 {
		t.Errorf("slope %g, noise %g", slope, noise(points, slope))
	}
	if !math.IsNaN(theilSen(points[:1])) || !math.IsNaN(median(nil)) {
		t.Error("nothing has a slope or a middle")
	}
}

func TestSimulated(t *testing.T) {
	w, _ := quiet.Probe(0)(t.Context(), 1200) // q = 0.5: 4*(1+1.5*0.0625/0.5)
	if math.Abs(w.P99Ms-4.75) > 1e-9 || !w.Meets {
		t.Errorf("at half the capacity: %+v", w)
	}
	if at := quiet.p99(quiet.Boundary()); math.Abs(at-20) > 1e-6 {
		t.Errorf("at the boundary p99 is %g ms", at)
	}
	if w, _ := quiet.Probe(0)(t.Context(), 2400); w.Meets || w.P99Ms != 0 {
		t.Errorf("at the capacity: %+v", w)
	}
	noisy := Simulated{Capacity: 2400, LimitMs: 20, Noise: 0.1, Outliers: 0.3, Drift: 0.1, Seed: 1}
	first, again, third := noisy.Probe(0), noisy.Probe(0), noisy.Probe(3)
	for n := range 6 {
		a, _ := first(t.Context(), 1000)
		b, _ := again(t.Context(), 1000)
		if a != b {
			t.Errorf("window %d: %+v, then %+v", n, a, b)
		}
		if n >= 3 {
			if c, _ := third(t.Context(), 1000); a != c {
				t.Errorf("window %d: %+v, and %+v when begun there", n, a, c)
			}
		}
	}
	for name, c := range map[string]Simulated{
		"no capacity": {LimitMs: 20}, "negative noise": {Capacity: 1, LimitMs: 20, Noise: -1}, "outliers in most windows": {Capacity: 1, LimitMs: 20, Outliers: 0.6},
		"no number": {Capacity: math.NaN(), LimitMs: 20}, "a limit of the idle": {Capacity: 1, LimitMs: 4}, "drift": {Capacity: 1, LimitMs: 20, Drift: 9},
	} {
		if c.Check() == nil {
			t.Errorf("%s is taken", name)
		}
	}
}
