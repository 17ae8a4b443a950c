package forecast

import (
	"math"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"
	"time"

	"tristore/reports/result"
)

// weeksOf dates peaks, the last in the week of 2026-03-02.
func weeksOf(peaks []float64) []result.WeekPeak {
	last := time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)
	var all []result.WeekPeak
	for i, p := range peaks {
		all = append(all, result.WeekPeak{Week: last.AddDate(0, 0, 7*(i+1-len(peaks))).Format(time.DateOnly), AuthPerS: p})
	}
	return all
}

func growing(weeks int, monthly, noise float64) []float64 {
	past, _ := demand{weeks: weeks, monthly: monthly, noise: noise}.draw(rand.New(rand.NewPCG(3, 4)), 1)
	return past
}

// A stated rate is arithmetic: demand doubles at 6 % a month after 51.7 weeks.
func TestStatedRate(t *testing.T) {
	t.Parallel()
	f := Stated(0.06, 0.06, Plan{Weeks: 104})
	if c := f.Reach(2, 2, 0); c.P10 != 52 || c.P90 != 52 || c.Chance != 1 || c.String() != "in 52 weeks" {
		t.Errorf("doubled %+v %s", c, c)
	}
	if c := f.Reach(2, 2, 0.5); c.P50 != 22 { // 4/3
		t.Errorf("with headroom %+v", c)
	}
	if c := f.Reach(0.9, 0.9, 0); c.P50 != 0 {
		t.Errorf("beyond it already %+v", c)
	}
	if c := f.Reach(1.8, 2.2, 0); c.P10 >= 48 || c.P50 < 50 || c.P50 > 53 || c.P90 <= 56 {
		t.Errorf("an interval of loads %+v", c)
	}
	if c := f.Reach(100, 100, 0); c.P10 != Beyond || c.Chance != 0 || !strings.Contains(c.String(), "not within 104 weeks") {
		t.Errorf("never %+v %s", c, c)
	}
	ranged := Stated(0.03, 0.09, Plan{Weeks: 200})
	if c := ranged.Reach(2, 2, 0); c.P10 >= 42 || c.P90 <= 85 {
		t.Errorf("a range %+v", c)
	}
	if shrinks := Stated(-0.02, -0.02, Plan{Weeks: 52}).Reach(1.01, 1.01, 0); shrinks.Chance != 0 || !shrinks.Known() {
		t.Errorf("demand that shrinks %+v", shrinks)
	}
}

// What cannot be foretold says why and what to do, and gives no week.
func TestNothingIsForetoldWithoutSupport(t *testing.T) {
	t.Parallel()
	with := func(weeks []result.WeekPeak, change func(*result.Outlook)) *result.Outlook {
		o := &result.Outlook{Today: "2026-03-05", HorizonWeeks: 26, Growth: &result.Growth{Source: result.GrowthFile, Weeks: weeks}}
		change(o)
		return o
	}
	keep := func(*result.Outlook) {}
	fine := weeksOf(growing(26, 0.06, 0.05))
	if f := For(with(fine, keep), Ray{100, 30}); f.Trouble != "" || f.Backtest == nil || f.Backtest.Points < 20 || len(f.Weeks) != 26 {
		t.Fatalf("sound weeks: %+v", f)
	}
	wild := make([]float64, 40)
	for i := range wild {
		wild[i] = 100 * math.Exp(float64(i*i%7))
	}
	bent := growing(52, 0.01, 0.02)
	for i := 40; i < 52; i++ {
		bent[i] *= math.Exp(0.05 * float64(i-39))
	}
	for name, c := range map[string]struct {
		o    *result.Outlook
		ray  Ray
		says string
	}{
		"nobody told":       {nil, Ray{1, 1}, "no growth was given"},
		"no growth":         {&result.Outlook{HorizonWeeks: 52}, Ray{1, 1}, "no growth was given"},
		"few weeks":         {with(fine[15:], keep), Ray{100, 30}, "11 weekly peaks are too few"},
		"far":               {with(fine[13:], func(o *result.Outlook) { o.HorizonWeeks = 60 }), Ray{100, 30}, "too few to foretell 60"},
		"old":               {with(fine, func(o *result.Outlook) { o.Today = "2026-09-01" }), Ray{100, 30}, "26 weeks old"},
		"to come":           {with(fine, func(o *result.Outlook) { o.Today = "2025-09-01" }), Ray{100, 30}, "is to come"},
		"no date":           {with(fine, func(o *result.Outlook) { o.Today = "" }), Ray{100, 30}, "cannot be read"},
		"no peak":           {with(append(weeksOf([]float64{0}), fine...), keep), Ray{100, 30}, "is none"},
		"no ray":            {with(fine, keep), Ray{}, "not known"},
		"no horizon":        {with(fine, func(o *result.Outlook) { o.HorizonWeeks = 0 }), Ray{100, 30}, "foretold for 1 to"},
		"no weeks":          {with(nil, keep), Ray{100, 30}, "no weekly peaks"},
		"growth that bends": {with(weeksOf(bent), keep), Ray{100, 30}, "is another than"},
		"a rate of nothing": {&result.Outlook{HorizonWeeks: 52, Growth: &result.Growth{Source: result.GrowthRate, LowPerMonth: math.NaN()}}, Ray{1, 1}, "is none"},
		"rates upside down": {&result.Outlook{HorizonWeeks: 52, Growth: &result.Growth{Source: result.GrowthRate, LowPerMonth: 1}}, Ray{1, 1}, "is none"},
	} {
		f := For(c.o, c.ray)
		if !strings.Contains(f.Trouble, c.says) || f.Next == "" {
			t.Errorf("%s: %q, next %q", name, f.Trouble, f.Next)
		}
		if got := f.Reach(2, 2, 0); got.Known() {
			t.Errorf("%s: still %s", name, got)
		}
	}
	if f := Of(wild, Plan{Weeks: 26}); f.Trouble == "" && f.Backtest.ErrorPct < 50 {
		t.Errorf("chaos is foretold: %+v", f.Backtest)
	}
}

// The same facts give the same weeks; another seed gives others, not far off.
func TestForecastRepeats(t *testing.T) {
	t.Parallel()
	peaks := growing(52, 0.06, 0.08)
	a, b := Of(peaks, Plan{Weeks: 40, Seed: 1}), Of(peaks, Plan{Weeks: 40, Seed: 1})
	if !reflect.DeepEqual(a, b) {
		t.Error("two calls differ")
	}
	c := Of(peaks, Plan{Weeks: 40, Seed: 2}).Reach(300, 310, 0)
	if d := a.Reach(300, 310, 0); c.P50-d.P50 > 2 || d.P50-c.P50 > 2 {
		t.Errorf("seeds differ by much: %s, %s", c, d)
	}
	// Weeks that were skipped are weeks nearer to the crossing.
	if late := Of(peaks, Plan{Weeks: 40, Skip: 4, Seed: 1}); late.Today.P50 <= a.Today.P50 || len(late.Weeks) != 40 {
		t.Errorf("four weeks later: %+v and %+v", late.Today, a.Today)
	}
}

// The store that is further along the ray decides.
func TestScales(t *testing.T) {
	t.Parallel()
	peaks, why := scales([]result.WeekPeak{{AuthPerS: 100, CollectionsPerS: 60}, {AuthPerS: 300, CollectionsPerS: 60}, {AuthPerS: 150}}, Ray{100, 30})
	if why != "" || !reflect.DeepEqual(peaks, []float64{2, 3, 1.5}) {
		t.Errorf("%v %s", peaks, why)
	}
}

// A season is used where it foretells better, and growth is still told apart from it.
func TestSeasonIsFound(t *testing.T) {
	t.Parallel()
	past, _ := demand{weeks: 156, monthly: 0.03, noise: 0.03, yearly: 0.3}.draw(rand.New(rand.NewPCG(5, 5)), 1)
	f := Of(past, Plan{Weeks: 26, Paths: 200})
	if f.Season != "year" || f.GrowthPerMonth.P10 > 0.03 || f.GrowthPerMonth.P90 < 0.03 || f.GrowthPerMonth.P90 > 0.05 {
		t.Errorf("season %q, growth %+v", f.Season, f.GrowthPerMonth)
	}
	if f := Of(growing(156, 0.03, 0.05), Plan{Weeks: 26, Paths: 200}); f.Season != "" {
		t.Errorf("season %q in demand without one", f.Season)
	}
}
