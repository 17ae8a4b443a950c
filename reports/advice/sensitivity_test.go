package advice

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"

	"tristore/reports/result"
	"tristore/reports/stats"
)

// swayed has three windows at each of four loads, at latencies 10, 15, 18 and 26 ms.
func swayed() *result.Split {
	split := outlooked(0.09)
	split.Boundary.Windows = nil
	for i, ms := range []float64{10, 15, 18, 26} {
		for range 3 {
			split.Boundary.Windows = append(split.Boundary.Windows, result.BoundaryWindow{Purpose: "certify", Scale: 2 + 0.4*float64(i), LatencyMs: ms, Meets: ms <= 20})
		}
	}
	return split
}

func TestSensitivity(t *testing.T) {
	t.Parallel()
	split := swayed()
	got := SensitivityOf(split)
	if len(got) != 6 || got[0].Low != 2.4 || got[0].High != 2.8 || got[1].Low != 2.8 || got[1].High != 3.2 {
		t.Fatalf("%+v", got)
	}
	if got[0].Crossing.P50 >= got[1].Crossing.P50 || !strings.Contains(got[0].Note, "not certified") || !strings.Contains(got[0].What, "16 ms") {
		t.Errorf("a tighter promise is not reached earlier: %+v", got[:2])
	}
	if got[3].Crossing.P50 >= got[2].Crossing.P50 {
		t.Errorf("more growth is not earlier: %+v", got[2:4])
	}
	if !strings.Contains(got[5].Note, "not tested") || !strings.Contains(got[5].Note, "--collections-rate 36") || got[5].Low != 2.5 || got[5].High != 3.2 || got[4].Low != 3 || got[4].High != 4 {
		t.Errorf("another mix that was not tried: %+v", got[4:])
	}
	for i := range split.Boundary.Windows {
		split.Boundary.Windows[i].Behind = true // arrears break every promise
	}
	if got := SensitivityOf(split); got[1].Low != 0 || got[1].High != 2 || got[1].Crossing.Known() {
		t.Errorf("windows in arrears: %+v", got[1])
	}
	for i := range split.Boundary.Windows {
		split.Boundary.Windows[i].Invalid = "late"
	}
	if got := SensitivityOf(split); got[0].Low != 0 || got[0].High != 0 || got[0].Note != "no window tells" {
		t.Errorf("no window stands: %+v", got[0])
	}
	if got := SensitivityOf(&result.Split{}); got != nil {
		t.Errorf("nothing searched: %+v", got)
	}
}

func TestCertificate(t *testing.T) {
	t.Parallel()
	kept := func(over int) string {
		h := hdrhistogram.New(1000, int64(time.Minute), 3)
		for i := range 1000 {
			ms := 10 * time.Millisecond
			if i < over {
				ms = 30 * time.Millisecond
			}
			if err := h.RecordValue(int64(ms)); err != nil {
				t.Fatal(err)
			}
		}
		text, err := h.Encode(hdrhistogram.V2CompressedEncodingCookieBase)
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	b := func(windows, over int, change func(*result.Boundary)) *result.Boundary {
		b := &result.Boundary{Quantile: "p95", LimitMs: 20, BracketLow: 3, BracketHigh: 3.1}
		for range windows {
			w := result.BoundaryWindow{Scale: 3, Meets: true, Seconds: 10, AuthV2: kept(over)}
			w.Auth.Counts.Due = 1000
			b.Windows = append(b.Windows, w)
		}
		b.Windows = append(b.Windows, result.BoundaryWindow{Scale: 3.1, AuthV2: kept(900)})
		change(b)
		return b
	}
	keep := func(*result.Boundary) {}
	for name, c := range map[string]struct {
		b    *result.Boundary
		want stats.Decision
		says string
	}{
		"holds":              {b(5, 30, keep), stats.Holds, "150 of 5000 arrivals in 5 windows (50 s in all) were over the limit: the promise holds"},
		"near":               {b(5, 49, keep), stats.Undecided, "too near"},
		"broken over all":    {b(5, 80, keep), stats.Broken, "is broken with 99 %"},
		"lost arrivals":      {b(5, 30, func(b *result.Boundary) { b.Windows[0].Auth.Counts.Due = 2000 }), stats.Broken, "1150 of 6000"},
		"voided windows":     {b(5, 30, func(b *result.Boundary) { b.Windows[0].Void = 1 }), stats.Holds, "in 4 windows"},
		"nothing kept":       {b(5, 30, func(b *result.Boundary) { b.Windows[0].AuthV2 = "" }), stats.Undecided, "were not kept"},
		"damaged":            {b(5, 30, func(b *result.Boundary) { b.Windows[0].AuthV2 = "HIST" }), stats.Undecided, "were not kept"},
		"no window":          {b(0, 0, keep), stats.Undecided, "no window of it stands"},
		"another quantile":   {b(5, 30, func(b *result.Boundary) { b.Quantile = "p50" }), stats.Undecided, "no window"},
		"no certified load":  {b(5, 30, func(b *result.Boundary) { b.BracketLow = 0 }), stats.Undecided, "no load was certified"},
		"nothing was search": {nil, stats.Undecided, "no load was certified"},
	} {
		got := CertificateOf(c.b)
		if got.Decision != c.want || !strings.Contains(got.String(), c.says) {
			t.Errorf("%s: %s", name, got)
		}
	}
}

// Another mix is enclosed by reason alone, and narrower where a load of it was tried.
func TestMixes(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		mix       float64
		scale     float64
		answer    string
		low, high float64
		says      string
	}{
		"more, and it still holds":  {1.2, 3.05, "good", 3, 3.2, "kept the promise still"},
		"more, and it breaks":       {1.2, 3.05, "bad", 2.5, 3.05 * 3.2 / 3.15, "broke it"},
		"more, by luck":             {1.2, 3.05, "undecided", 2.5, 3.2, "matter of luck"},
		"fewer, and it holds":       {0.8, 3.15, "good", 3.15 * 3 / 3.05, 4, "kept the promise"},
		"fewer, and it breaks":      {0.8, 3.15, "bad", 3, 3.2, "broke it still"},
		"fewer, and time was spent": {0.8, 3.15, "", 3, 4, "did not decide"},
		"another mix altogether":    {1.5, 3.15, "good", 2.5, 3.2, "not tested"},
	} {
		split := outlooked(0.09)
		b := split.Boundary
		b.BracketLow, b.BracketHigh = 3.05, 3.15
		b.Mixes = []result.Classified{{CertifiedLoad: result.CertifiedLoad{Scale: c.scale, Answer: c.answer, Path: "++++"}, Collections: c.mix}}
		got := SensitivityOf(split)[5]
		if c.mix < 1 {
			got = SensitivityOf(split)[4]
		}
		if math.Abs(got.Low-c.low) > 1e-9 || math.Abs(got.High-c.high) > 1e-9 || !strings.Contains(got.Note, c.says) || !got.Crossing.Known() {
			t.Errorf("%s: %+v", name, got)
		}
		b.BracketLow = 0 // what contradicts itself is not read
		if got := SensitivityOf(split)[5]; got.Low != 2.5 || got.High != 3.2 {
			t.Errorf("%s without a bracket: %+v", name, got)
		}
		if b.Regular = false; SensitivityOf(split)[3].Low != 0 { // no growth is varied without a boundary
			t.Errorf("%s of a boundary that was not found", name)
		}
	}
}
