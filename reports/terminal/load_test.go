package terminal

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"tristore/drivers/store"
	"tristore/reports/result"
	"tristore/scenarios/measure"
)

func TestALoadRunShowsItsPercentilesWithIntervals(t *testing.T) {
	phase := measure.Phase{End: time.Minute}
	shard := measure.NewShard(phase)
	for i := range 1000 {
		due := time.Duration(i) * time.Millisecond
		shard.Arrive(due)
		shard.Record(measure.Sample{Due: due, Queued: due, Called: due, Ended: due + time.Duration(i+1)*time.Millisecond, Outcome: store.Done()})
	}
	recording, err := measure.Merge(phase, shard)
	if err != nil {
		t.Fatal(err)
	}
	m, err := recording.Measurement(time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	m.Stores = []result.StoreLatency{{Store: "users", Operations: 1003, Committed: 1000, Refused: 2, Dropped: 1, Latency: m.Latency}, {Store: "permissions"}}
	m.Window, m.Offered = "auth\x1b[31m", 16.7
	m.Refused = []result.Refusal{{Reason: "exhausted", Count: 2}}
	run := &result.Run{Load: &result.Load{Proof: &result.Proof{NoOp: m, TimerP99Ms: 0.25, WarmSeconds: 5.3, Canaries: []result.Canary{{Name: "cpu", BeforeMs: 0.1, AfterMs: 0.2}}}}, Measurements: []result.Measurement{m}}
	var page bytes.Buffer
	if err := Table(&page, run, "dir"); err != nil {
		t.Fatal(err)
	}
	for _, line := range []string{
		"auth[31m: 16.7/s asked, 16.7/s reached, 60 s",
		"p50                500   469 to 532             4000",
		"p99                990   983 to 997             4000",
		"p99.9              999   too few samples        3688 for any",
		"refused 0 (exhausted 2)",
		"users               ms   95 % interval",
		"operations of users 1003: committed 1000, refused 2, unknown 0, never asked by dropped arrivals 1",
		"generator at 16.7/s over a no-op: 1000 of 1000 served",
		"its timer wakes 0.250 ms late (p99)",
		"canaries before and after, ms: cpu 0.100 to 0.200; NOT steady after 5.30 s of warm-up",
	} {
		if !strings.Contains(page.String(), line) {
			t.Errorf("%q is not in:\n%s", line, page.String())
		}
	}
	run.Measurements[0].Latency.V2 = "nonsense"
	page.Reset()
	if err := Table(&page, run, "dir"); err != nil || !strings.Contains(page.String(), "cannot be read") {
		t.Errorf("a damaged histogram: %v\n%s", err, page.String())
	}
	run.Load = nil
	page.Reset()
	if _ = Table(&page, run, "dir"); strings.Contains(page.String(), "asked") {
		t.Error("a certification shows the table of a load run")
	}
}
