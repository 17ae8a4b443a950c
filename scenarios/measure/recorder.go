package measure

import (
	"fmt"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"

	"tristore/reports/result"
)

// recorder is an HdrHistogram of nanoseconds that counts what does not fit.
type recorder struct {
	in          *buckets
	counts      []int64 // nil until the first sample, where it is not needed at once
	first, past int     // the stretch of counts that holds anything
	clipped     int64
}

// The range of every recorder: at least a microsecond of resolution, two minutes of
// reach, beyond the longest wait a run allows.
const (
	lowest  = time.Microsecond
	highest = 2 * time.Minute
)

// Range is the one configuration of every recorder, as a plan keeps it: shards of
// another one are not added up, they are counted as clipped.
type Range struct {
	LowestNs  int64 `json:"lowest_ns"`
	HighestNs int64 `json:"highest_ns"`
	Digits    int   `json:"significant_digits"`
}

// InForce is the range that recorders have.
func InForce() Range { return Range{int64(lowest), int64(highest), fineDigits} }

// Significant digits. The timeline is coarse (within 6 %): it exists once per second and
// worker, where three digits would take 150 KB each.
const (
	fineDigits   = 3
	coarseDigits = 1
)

func fine() *buckets   { return newBuckets(lowest, highest, fineDigits) }
func coarse() *buckets { return newBuckets(lowest, highest, coarseDigits) }

// newRecorder has its room from the beginning, so that recording never allocates.
func newRecorder(in *buckets) recorder {
	r := recorder{in: in}
	r.room()
	return r
}

func (r *recorder) room() {
	r.counts, r.first = make([]int64, r.in.size), r.in.size
}

// record costs a few nanoseconds and allocates nothing once there is room; a negative
// or too long duration is counted as clipped.
func (r *recorder) record(d time.Duration) {
	if d < 0 || int64(d) > r.in.highest {
		r.clipped++
		return
	}
	if r.counts == nil {
		r.room()
	}
	at := r.in.index(int64(d))
	if r.counts[at] == 0 {
		r.first, r.past = min(r.first, at), max(r.past, at+1)
	}
	r.counts[at]++
}

func (r *recorder) total() (n int64) {
	if r.past > 0 {
		for _, in := range r.counts[r.first:r.past] {
			n += in
		}
	}
	return n
}

// add merges another recorder: exactly when both have the same buckets, else each of its
// samples is clipped, since nobody knows where between two of our marks it lay.
func (r *recorder) add(other *recorder) {
	r.clipped += other.clipped
	if other.past == 0 {
		return
	}
	if other.in != r.in && *other.in != *r.in {
		r.clipped += other.total()
		return
	}
	if r.counts == nil {
		r.room()
	}
	for at, n := range other.counts[other.first:other.past] {
		r.counts[other.first+at] += n
	}
	r.first, r.past = min(r.first, other.first), max(r.past, other.past)
}

// library is the recorder as HdrHistogram's own type, which knows percentiles and encodings.
func (r *recorder) library() *hdrhistogram.Histogram {
	return hdrhistogram.Import(&hdrhistogram.Snapshot{
		LowestTrackableValue: r.in.lowest, HighestTrackableValue: r.in.highest, SignificantFigures: int64(r.in.digits), Counts: r.counts,
	})
}

// saved is the recorder as the run file keeps it.
func (r *recorder) saved() (result.Histogram, error) {
	all := r.library()
	encoded, err := all.Encode(hdrhistogram.V2CompressedEncodingCookieBase)
	if err != nil {
		return result.Histogram{}, fmt.Errorf("encoding a recorder: %w", err)
	}
	at := all.ValueAtPercentilesSlice([]float64{50, 95, 99, 99.9})
	return result.Histogram{
		Count: all.TotalCount(), Clipped: r.clipped,
		P50: milliseconds(at[0]), P95: milliseconds(at[1]), P99: milliseconds(at[2]), P999: milliseconds(at[3]), Max: milliseconds(all.Max()),
		V2: string(encoded),
	}, nil
}

// second is one second of the timeline.
func (r *recorder) second(number int) result.Second {
	if r == nil {
		return result.Second{Second: number}
	}
	at := r.library().ValueAtPercentilesSlice([]float64{50, 99})
	return result.Second{Second: number, Count: r.total(), P50: milliseconds(at[0]), P99: milliseconds(at[1])}
}

func milliseconds(nanoseconds int64) float64 {
	return float64(nanoseconds) / float64(time.Millisecond)
}
