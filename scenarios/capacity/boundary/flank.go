package boundary

import (
	"context"
	"math"
	"slices"
)

const (
	// flankWindows are taken at each flank at most; their median stands one outlier.
	flankWindows = 3
	// farNoises is how clear of the limit, in the noise between windows of one load, two
	// windows of a flank spare the third.
	farNoises = 2
)

// flanks asks, when the bracket is narrow, whether the loads at the widest zone allowed
// below and above it are clear of the limit. Where latency hardly grows with load, luck
// alone makes a narrow bracket anywhere, and the windows that made it were picked by
// that luck, so that neither they nor the slope through them show it. These are fresh.
func (s *search) flanks(ctx context.Context) error {
	for _, purpose := range []Purpose{FlankLow, FlankHigh} {
		for range flankWindows {
			strains, noise := s.flankStrains(purpose)
			if len(strains) >= flankWindows || len(strains) == flankWindows-1 && slices.Min(strains) > farNoises*noise {
				break
			}
			// Not by take: where answers contradict each other the guard has no end to look at.
			if err := s.measure(ctx, purpose, s.flank(purpose)); err != nil {
				return err
			}
		}
	}
	return nil
}

// flank is the load that lies the widest zone allowed outside of the bracket.
func (s *search) flank(purpose Purpose) float64 {
	wide := math.Exp(widestOfWidth * math.Log1p(s.plan.Width))
	if purpose == FlankLow {
		return s.plan.clamp(s.low / wide)
	}
	return s.plan.clamp(s.high * wide)
}

// flankStrains are how clear of the limit the windows of a flank are, positive when on
// its own side, and the noise between windows of one load.
func (s *search) flankStrains(purpose Purpose) (strains []float64, noise float64) {
	sign := 1.0
	if purpose == FlankLow {
		sign = -1
	}
	for _, t := range s.taken {
		if t.Purpose == purpose && t.standing() && t.Load == s.flank(purpose) {
			strains = append(strains, sign*t.strain())
		}
	}
	_, noise = s.strains()
	return strains, noise
}

// blurredAt tells whether the windows of a flank lie within the reach of the noise: the
// zone is wider than allowed then. A flank that was not asked tells nothing.
func (s *search) blurredAt(purpose Purpose) bool {
	if s.low == 0 || s.high == 0 {
		return false
	}
	strains, noise := s.flankStrains(purpose)
	return len(strains) > 0 && !(median(strains) >= reach*noise)
}

// cliff is the zone where no slope tells it: a latency that is flat and then breaks. An
// end whose own windows lie clear of the limit, by twice the noise between windows of
// one load, is not in it: a run of luck inside the zone seldom looks like that. An end
// that is not clear keeps what the slope says, up to a factor of e; beyond, it has no
// support and is 0.
func (s *search) cliff(both, floor float64) (low, high float64) {
	if !(both > 0 && both <= 1) {
		both = 0
	}
	strains, noise := s.strains()
	end := func(load, sign float64) float64 {
		if sign*median(strains[load]) > clearly+clearNoises*noise { // false for NaN
			return floor
		}
		return both
	}
	return end(s.low, -1), end(s.high, 1)
}

// strains are those of every certified load, infinite where a window broke by more than
// latency, and their noise: the deviation of windows from the middle of their own load.
func (s *search) strains() (byLoad map[float64][]float64, noise float64) {
	byLoad = map[float64][]float64{}
	for _, t := range s.taken {
		if !t.standing() || t.Purpose == Screen {
			continue
		}
		byLoad[t.Load] = append(byLoad[t.Load], t.strain())
	}
	var within []float64
	for _, strains := range byLoad {
		centre := median(strains)
		// A middle taken from the same few windows hides a part of how far they spread.
		hidden := math.Sqrt(float64(len(strains)) / max(1, float64(len(strains)-1)))
		for _, strain := range strains {
			if d := strain - centre; !math.IsNaN(d) && !math.IsInf(d, 0) {
				within = append(within, hidden*d)
			}
		}
	}
	if len(within) == 0 {
		return byLoad, 0 // every window broke by more than latency
	}
	return byLoad, deviation(within, 0)
}
