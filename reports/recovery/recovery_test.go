package recovery

import (
	"strings"
	"testing"

	"tristore/reports/result"
)

func round(asked, bytes int64, rto float64) result.DrillRound {
	return result.DrillRound{AskedBytes: asked, Bytes: bytes, RTOSeconds: rto}
}

// Two rounds of one size are one size, though the ledger made the second a little larger.
func TestCurveCountsSizesAndNotRounds(t *testing.T) {
	d := &result.Drill{RTOSeconds: 3600, Rounds: []result.DrillRound{round(64, 64, 5), round(64, 65, 5.1), round(64, 66, 5.2), round(256, 256, 20)}}
	if c := Curve(d); c.Sizes != 2 || c.Enough() || !strings.Contains(CurveText(c, 3600), "measured at 2, and 3 are needed") {
		t.Errorf("%+v: %s", c, CurveText(c, 3600))
	}
	d.Rounds = append(d.Rounds, round(1024, 1030, 80), round(1024, 1040, 0)) // the last served nobody
	if c := Curve(d); c.Sizes != 3 || c.Points != 5 || !c.Enough() || !strings.Contains(CurveText(c, 3600), "times the largest size drilled") {
		t.Errorf("%+v: %s", c, CurveText(c, 3600))
	}
}

func TestAdviceNamesTheOrderThatFits(t *testing.T) {
	took := func(order string, dangling int64, skew float64) result.DrillDumps {
		return result.DrillDumps{Arrangement: order, Dangling: dangling, References: 1000, SkewSeconds: skew, Seconds: 4, NewReferences: 50}
	}
	first, last, together := took("users,permissions,collections", 30, 2), took("collections,permissions,users", 0, 2.5), took("together", 0, 0.01)
	d := &result.Drill{Under: "both", RPOSeconds: 300, Rounds: []result.DrillRound{{Dumps: first, Others: []result.DrillDumps{last, together}}, {Dumps: first}}}
	orders := Orders(d)
	if len(orders) != 3 || orders[0].Arrangement != "together" || orders[2].Arrangement != first.Arrangement || orders[2].Takes != 2 || orders[2].Dangling != 60 {
		t.Errorf("%+v", orders)
	}
	for want, in := range map[string]*result.Drill{
		"Dump in the order together: 0 of 1000":  d,
		"15 for each second between the moments": d,
		"dumps begin every 296 s":                d,
		"the stores were idle":                   {Under: "idle", Rounds: d.Rounds},
		"Only the order together was tried":      {Under: "auth", Rounds: []result.DrillRound{{Dumps: together}}},
		"All orders left as many":                {Under: "auth", Rounds: []result.DrillRound{{Dumps: last, Others: []result.DrillDumps{together}}}},
		"none dangled, so that no window":        {Under: "auth", Rounds: []result.DrillRound{{Dumps: last, Others: []result.DrillDumps{together}}}},
		"no cadence of dumps keeps that promise": {RPOSeconds: 3, Rounds: d.Rounds},
		"was not measured: the stores were idle": {Under: "auth"}, // nobody looked
	} {
		if said := strings.Join(Advice(in), "\n"); !strings.Contains(said, want) {
			t.Errorf("wanted %q in\n%s", want, said)
		}
	}
}
