package measure

import (
	"fmt"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"

	"tristore/reports/result"
)

// recorder is an HdrHistogram of nanoseconds that counts what does not fit.
type recorder struct {
	in      *hdrhistogram.Histogram
	clipped int64
}

// The range of every recorder: at least a microsecond of resolution, two minutes of
// reach, beyond the longest wait a run allows.
const (
	lowest  = time.Microsecond
	highest = 2 * time.Minute
)

// fine and coarse are significant digits. The timeline is coarse (within 6 %): it
// exists once per second and worker, where three digits would take 150 KB each.
const (
	fine   = 3
	coarse = 1
)

func newRecorder(digits int) recorder {
	return recorder{in: hdrhistogram.New(int64(lowest), int64(highest), digits)}
}

// record costs a few nanoseconds and allocates nothing; a negative or too long
// duration is counted as clipped.
func (r *recorder) record(d time.Duration) {
	if d < 0 || d > highest || r.in.RecordValue(int64(d)) != nil {
		r.clipped++
	}
}

// add merges another recorder of the same digits, exactly or with an error.
func (r *recorder) add(other *recorder) error {
	r.clipped += other.clipped
	if dropped := r.in.Merge(other.in); dropped != 0 {
		return fmt.Errorf("merging recorders dropped %d samples", dropped)
	}
	return nil
}

// saved is the recorder as the run file keeps it.
func (r *recorder) saved() (result.Histogram, error) {
	encoded, err := r.in.Encode(hdrhistogram.V2CompressedEncodingCookieBase)
	if err != nil {
		return result.Histogram{}, fmt.Errorf("encoding a recorder: %w", err)
	}
	return result.Histogram{
		Count: r.in.TotalCount(), Clipped: r.clipped,
		P50: r.quantile(50), P95: r.quantile(95), P99: r.quantile(99), Max: milliseconds(r.in.Max()),
		V2: string(encoded),
	}, nil
}

func (r *recorder) quantile(percent float64) float64 {
	return milliseconds(r.in.ValueAtPercentile(percent))
}

func milliseconds(nanoseconds int64) float64 {
	return float64(nanoseconds) / float64(time.Millisecond)
}
