package advice

import (
	"fmt"

	"tristore/reports/latency"
	"tristore/reports/result"
	"tristore/reports/stats"
)

// certain is the one-sided confidence of a certificate.
const certain = 0.99

// Certificate is what all arrivals at the highest load that was certified good say of the
// promise. The windows of a load say how often it keeps the promise; this says how many
// users would have seen it kept.
type Certificate struct {
	Scale    float64
	Windows  int
	Seconds  float64
	Arrivals int
	Over     int // over the limit; one that was not committed is over every limit
	Decision stats.Decision
	// Needed is from about how many arrivals on it would be decided; 0 is never.
	Needed int
	Why    string // why there is none
}

// CertificateOf pools the windows that stand at the low end of the bracket.
func CertificateOf(b *result.Boundary) Certificate {
	if b == nil || !(b.BracketLow > 0) {
		return Certificate{Why: "no load was certified to keep the promise"}
	}
	c := Certificate{Scale: b.BracketLow}
	for _, w := range b.Windows {
		if w.Scale != b.BracketLow || !stands(w) {
			continue
		}
		curve, err := latency.Decode(result.Histogram{V2: w.AuthV2})
		if err != nil || curve.Count() == 0 {
			c.Why = "the latencies of its windows were not kept"
			return c
		}
		due := int(w.Auth.Counts.Due)
		c.Windows, c.Seconds, c.Arrivals = c.Windows+1, c.Seconds+w.Seconds, c.Arrivals+due
		c.Over += min(due, max(0, due-curve.Count())+curve.Over(b.LimitMs))
	}
	q := quantileOf(b)
	if c.Arrivals == 0 || q == 0 {
		c.Why = "no window of it stands"
		return c
	}
	c.Decision = stats.Budget(c.Over, c.Arrivals, q, certain)
	if c.Decision == stats.Undecided {
		c.Needed = stats.SamplesToDecide(c.Over, c.Arrivals, q, certain)
	}
	return c
}

// String is the certificate in a sentence.
func (c Certificate) String() string {
	if c.Why != "" {
		return "No certificate: " + c.Why + "."
	}
	said := fmt.Sprintf("At %.3g times the measured load, %d of %d arrivals in %d windows (%.0f s in all) were over the limit: ", c.Scale, c.Over, c.Arrivals, c.Windows, c.Seconds)
	switch c.Decision {
	case stats.Holds:
		said += fmt.Sprintf("the promise holds there with %.0f %% confidence, if arrivals are independent", 100*certain)
	case stats.Broken:
		said += fmt.Sprintf("over all arrivals the promise is broken with %.0f %% confidence, though most windows kept it", 100*certain)
	case stats.Undecided:
		said += "too near to the promise to say"
		if c.Needed > 0 {
			said += fmt.Sprintf("; about %d arrivals would", c.Needed)
		}
	}
	return said + ". No longer soak was made: what shows after minutes (checkpoints, vacuum, growth) is not in it."
}

// stands tells of a window whether it may be reasoned from.
func stands(w result.BoundaryWindow) bool { return w.Invalid == "" && w.Void == 0 }

func quantileOf(b *result.Boundary) float64 {
	switch b.Quantile {
	case "p95":
		return 0.95
	case "p99":
		return 0.99
	default:
		return 0
	}
}
