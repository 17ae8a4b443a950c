package effect

import (
	"math/rand/v2"
	"strings"
	"testing"

	"tristore/reports/result"
)

// blocksOf makes a test of so many blocks in which each arm's p95 is what level says, give
// or take a few percent from the seed.
func blocksOf(facts *result.Interference, blocks int, level map[string]float64) *result.Interference {
	chance := rand.New(rand.NewPCG(7, 7))
	for block := range blocks {
		for order, arm := range facts.Arms {
			offered := result.Measurement{Offered: facts.AuthRate, Counts: result.Counts{Due: 250, Committed: 250}, Latency: result.Histogram{Count: 250, P95: level[arm.Name] * (0.98 + 0.04*chance.Float64())}}
			w := result.ArmWindow{Block: block, Order: order, Arm: arm.Name, Auth: &offered, Seen: map[string]float64{"on_cpu": 0.2}}
			if arm.Dose > 0 {
				others := offered
				others.Offered = arm.Dose * facts.CollectionsRate
				w.Collections, w.Seen = &others, map[string]float64{"on_cpu": 1.6}
			}
			facts.Windows = append(facts.Windows, w)
		}
	}
	return facts
}

func doses() *result.Interference {
	return &result.Interference{Test: result.DoseTest, AuthRate: 100, CollectionsRate: 30, Cores: 2, Arms: []result.Arm{{Name: "0 %"}, {Name: "33 %", Dose: 0.33}, {Name: "66 %", Dose: 0.66}, {Name: "100 %", Dose: 1}}}
}

func sizes() *result.Interference {
	return &result.Interference{Test: result.GrowthTest, AuthRate: 100, CollectionsRate: 30, Arms: []result.Arm{
		{Name: "inside", Dose: 1, Bytes: 8, CacheBytes: 32}, {Name: "about", Dose: 1, Bytes: 32, CacheBytes: 32}, {Name: "beyond", Dose: 1, Bytes: 128, CacheBytes: 32}}}
}

func interventions() *result.Interference {
	return &result.Interference{Test: result.CausesTest, AuthRate: 100, CollectionsRate: 30, Cores: 2, Arms: []result.Arm{
		{Name: "alone"}, {Name: "both", Dose: 1}, {Name: "alone, cache", Channel: "cache", Change: "shared_buffers × 4"}, {Name: "both, cache", Dose: 1, Channel: "cache", Change: "shared_buffers × 4"},
		{Name: "both, pool", Dose: 1, Channel: "connections", Change: "a pool of 2"}, {Name: "alone, index", Channel: "index", Change: "2 indexes"}, {Name: "both, index", Dose: 1, Channel: "index", Change: "2 indexes"}}}
}

func TestAnswers(t *testing.T) {
	for name, test := range map[string]struct {
		facts   *result.Interference
		blocks  int
		level   map[string]float64
		change  func(*result.Interference)
		verdict string
		says    string
	}{
		"rises":              {doses(), 6, map[string]float64{"0 %": 10, "33 %": 12, "66 %": 15, "100 %": 20}, nil, "INTERFERENCE", "rises with the dose"},
		"flat":               {doses(), 6, map[string]float64{"0 %": 10, "33 %": 10, "66 %": 10, "100 %": 10.2}, nil, "NO_INTERFERENCE", "stays within 1.25×"},
		"not step by step":   {doses(), 6, map[string]float64{"0 %": 10, "33 %": 20, "66 %": 12, "100 %": 18}, nil, "INCONCLUSIVE", "step by step"},
		"few blocks":         {doses(), 5, map[string]float64{"0 %": 10, "33 %": 12, "66 %": 15, "100 %": 20}, nil, "INCONCLUSIVE", "5 blocks, and 6 are needed"},
		"grows":              {sizes(), 6, map[string]float64{"inside": 10, "about": 12, "beyond": 30}, nil, "GROWS", "0.25× to 4.00×"},
		"grows not":          {sizes(), 6, map[string]float64{"inside": 10, "about": 10, "beyond": 10.3}, nil, "FLAT", "stays within"},
		"never beyond":       {sizes(), 6, map[string]float64{"inside": 10, "about": 12, "beyond": 30}, func(f *result.Interference) { f.Arms[2].Bytes = 30 }, "INCONCLUSIVE", "inside to beyond"},
		"index":              {interventions(), 8, map[string]float64{"alone": 10, "both": 30, "alone, cache": 10, "both, cache": 30, "both, pool": 30, "alone, index": 10, "both, index": 12}, nil, "CAUSE", "goes through index;"},
		"no interference":    {interventions(), 8, map[string]float64{"alone": 10, "both": 10.1, "alone, cache": 10, "both, cache": 10, "both, pool": 10, "alone, index": 10, "both, index": 10}, nil, "NO_CAUSE", "no interference"},
		"faster, both alike": {interventions(), 8, map[string]float64{"alone": 10, "both": 30, "alone, cache": 5, "both, cache": 15, "both, pool": 30, "alone, index": 10, "both, index": 30}, nil, "INCONCLUSIVE", "no intervention took it away"},
		"too few for all":    {interventions(), 6, map[string]float64{"alone": 10, "both": 30, "alone, cache": 10, "both, cache": 30, "both, pool": 30, "alone, index": 10, "both, index": 12}, nil, "INCONCLUSIVE", "no intervention took it away"},
		"nothing":            {doses(), 0, nil, nil, "INCONCLUSIVE", "0 blocks"},
		"of no test":         {doses(), 6, map[string]float64{"0 %": 10, "33 %": 12, "66 %": 15, "100 %": 20}, func(f *result.Interference) { f.Test = "other" }, "INCONCLUSIVE", "other"},
		"no arms":            {doses(), 0, nil, func(f *result.Interference) { f.Arms = nil }, "INCONCLUSIVE", "no two arms"},
	} {
		t.Run(name, func(t *testing.T) {
			facts := blocksOf(test.facts, test.blocks, test.level)
			if test.change != nil {
				test.change(facts)
			}
			a := Of(facts)
			if a.Verdict != test.verdict || !strings.Contains(a.Sentence, test.says) || a.Decided != (test.verdict != "INCONCLUSIVE") {
				t.Errorf("%s (%t): %s\n%+v", a.Verdict, a.Decided, a.Sentence, a.Effects)
			}
		})
	}
	if a := Of(nil); a.Decided || a.Verdict != "INCONCLUSIVE" {
		t.Errorf("%+v", a)
	}
}

// What rose together is suspect; what an intervention moved is a cause; what it did not move is cleared.
func TestChannels(t *testing.T) {
	a := Of(blocksOf(interventions(), 9, map[string]float64{"alone": 10, "both": 30, "alone, cache": 10, "both, cache": 30, "both, pool": 29, "alone, index": 10, "both, index": 12}))
	want := map[string]Standing{"index": Cause, "cache": Cleared, "connections": Cleared, "CPU": Suspect, "locks": Unknown, "backup": Unknown, "replication": Unknown, "vacuum": Unknown, "checkpoints": Unknown}
	if len(a.Channels) != len(want) {
		t.Errorf("%d channels: %+v", len(a.Channels), a.Channels)
	}
	for _, c := range a.Channels {
		if c.Standing != want[c.Name] || c.Why == "" {
			t.Errorf("%s is %s: %s", c.Name, c.Standing, c.Why)
		}
	}
}

// Windows that may not be used are not, and are counted with their reasons.
func TestUnusableWindows(t *testing.T) {
	level := map[string]float64{"0 %": 10, "33 %": 12, "66 %": 15, "100 %": 20}
	for name, spoil := range map[string]func(*result.ArmWindow){
		"marked":       func(w *result.ArmWindow) { w.Invalid = "late" },
		"no auth":      func(w *result.ArmWindow) { w.Auth = nil },
		"another rate": func(w *result.ArmWindow) { w.Auth.Offered = 90 },
		"no samples":   func(w *result.ArmWindow) { w.Auth.Latency = result.Histogram{} },
		"clipped":      func(w *result.ArmWindow) { w.Auth.Latency.Clipped = 1 },
		"refused":      func(w *result.ArmWindow) { w.Auth.Counts.Committed = 240 },
		"no such arm":  func(w *result.ArmWindow) { w.Arm = "50 %" },
	} {
		facts := blocksOf(doses(), 6, level)
		spoil(&facts.Windows[len(facts.Windows)-1])
		if a := Of(facts); a.Decided || a.Unused != 1 || len(a.Why) != 1 {
			t.Errorf("%s: %s, %d unused: %v", name, a.Sentence, a.Unused, a.Why)
		}
	}
	facts := blocksOf(doses(), 6, level)
	facts.Windows = append(facts.Windows, facts.Windows[0]) // a block in which one arm stands twice
	if a := Of(facts); a.Decided {
		// The full dose lost a block with its base.
		t.Errorf("twice: %s", a.Sentence)
	}
}
