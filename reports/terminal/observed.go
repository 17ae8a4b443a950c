package terminal

import (
	"fmt"
	"strings"

	"tristore/reports/result"
)

// seen writes what an observation saw, one line a database.
func seen(page *strings.Builder, run *result.Run) {
	if run.Observed == nil {
		return
	}
	o := run.Observed
	for _, s := range o.Stores {
		fmt.Fprintf(page, "%s: %s%s%s, %s\n", printable(s.Database), work(s, o.Postgres()), cached(s), connected(s), sized(s.Bytes))
	}
	fmt.Fprintf(page, "observing cost %.2f %% of one session's time, %d samples in %.0f s", 100*o.Cost.Share, o.Samples, o.Seconds)
	if o.Cost.BackedOff > 0 {
		fmt.Fprintf(page, "; %d were put off to stay below %g %%", o.Cost.BackedOff, 100*o.Cost.Cap)
	}
	page.WriteString("\n\n")
}

// What the server does not tell is said to be so, and never a 0.

func work(s result.ObservedStore, postgres bool) string {
	unit := map[bool]string{true: "transactions", false: "operations"}[postgres]
	if s.PerSecond == nil {
		return unit + " not told"
	}
	mean, peak := s.Transactions()
	changed := map[bool]string{true: "rows changed", false: "of them changes"}[postgres]
	return fmt.Sprintf("%s %s/s (peak %s), %s %s/s", figure(mean), unit, figure(peak), figure(s.Changes()), changed)
}

func cached(s result.ObservedStore) string {
	if s.Blocks == 0 {
		return ""
	}
	return fmt.Sprintf(", %.1f %% of %d blocks cached", s.HitPercent, s.Blocks)
}

func connected(s result.ObservedStore) string {
	met, told := s.Levels["connections"]
	if !told {
		return ""
	}
	return fmt.Sprintf(", %.0f connections at most", met.Max)
}

func sized(bytes int64) string {
	if bytes == 0 {
		return "size not read"
	}
	return fmt.Sprintf("%.1f MiB", float64(bytes)/(1<<20))
}
