package main

import (
	"cmp"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"tristore/drivers/backup"
	"tristore/reports/result"
	"tristore/scenarios/backup/drill"
)

// How many saved drills are looked at for earlier ones of the same kind, the newest first,
// and how many of those are kept.
const (
	pastLooked = 500
	pastKept   = 20
)

// pastDrills are the drills saved below a folder that were asked for the same: engine,
// reach, load, order and largest size; oldest first. What cannot be read is none.
func pastDrills(out string, want drill.Plan) (past []result.DrillPast) {
	entries, _ := os.ReadDir(out) // no folder holds no drill
	slices.Reverse(entries)       // ids sort by time
	looked := 0
	for _, entry := range entries {
		if !entry.IsDir() || !strings.Contains(entry.Name(), "-"+kindDrill+"-") {
			continue
		}
		if looked++; looked > pastLooked || len(past) == pastKept {
			break
		}
		run, err := result.Read(filepath.Join(out, entry.Name()))
		if err != nil || run.Kind != kindDrill || run.Drill == nil || !sameDrill(run.Drill, want) {
			continue
		}
		if one, is := pastOf(run); is {
			past = append(past, one)
		}
	}
	slices.Reverse(past)
	return past
}

func sameDrill(d *result.Drill, want drill.Plan) bool {
	shaped := drill.Facts(want).Drill
	if d.Jobs != shaped.Jobs || cmp.Or(d.Format, string(backup.Formats(want.Engine)[0])) != shaped.Format {
		return false
	}
	if d.Own != nil || want.Own != nil {
		return sameOwn(d, want)
	}
	size := int64(0)
	for _, r := range d.Rounds {
		size = max(size, r.AskedBytes)
	}
	return d.Engine == want.Engine.String() && d.Reach == string(want.Reach) && d.Under == string(want.Under) && d.Order == string(want.Order) && size == slices.Max(want.Sizes)
}

// pastOf is the last round of the largest size; one that served no request is none.
func pastOf(run *result.Run) (one result.DrillPast, is bool) {
	largest := int64(0)
	for _, r := range run.Drill.Rounds {
		if r.AskedBytes < largest || r.RTOSeconds <= 0 {
			continue
		}
		largest, is = r.AskedBytes, true
		one = result.DrillPast{ID: run.ID, Began: run.Began, Status: run.Verdict.Status, Bytes: r.Bytes, DumpSeconds: r.Dumps.Seconds, RTOSeconds: r.RTOSeconds,
			LostSeconds: r.LostSeconds, Dangling: r.Dumps.Dangling}
	}
	return one, is
}
