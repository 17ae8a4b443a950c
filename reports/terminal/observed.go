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
		mean, peak := s.Transactions()
		fmt.Fprintf(page, "%s: %s transactions/s (peak %s), %s rows changed/s, %.1f %% of %d blocks cached, %.0f connections at most, %.1f MiB\n",
			printable(s.Database), figure(mean), figure(peak), figure(s.PerSecond["rows_inserted"]+s.PerSecond["rows_updated"]+s.PerSecond["rows_deleted"]), s.HitPercent, s.Blocks, s.Levels["connections"].Max, float64(s.Bytes)/(1<<20))
	}
	fmt.Fprintf(page, "observing cost %.2f %% of one session's time, %d samples in %.0f s", 100*o.Cost.Share, o.Samples, o.Seconds)
	if o.Cost.BackedOff > 0 {
		fmt.Fprintf(page, "; %d were put off to stay below %g %%", o.Cost.BackedOff, 100*o.Cost.Cap)
	}
	page.WriteString("\n\n")
}
