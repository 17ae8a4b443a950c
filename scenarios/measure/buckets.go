package measure

import (
	"math"
	"math/bits"
	"time"
)

// buckets are HdrHistogram's: each power of two is cut into equal parts, so that a value
// is kept to a number of significant digits. The arithmetic is done here and not by the
// library so that a recorder knows which stretch of its buckets holds anything: merging a
// thousand shards then costs what they recorded and not what they could have.
type buckets struct {
	lowest, highest int64
	digits          int
	unit, half      int    // powers of two: of the resolution, and of half the parts
	mask            uint64 // values up to it lie in the first bucket
	size            int
}

func newBuckets(lowest, highest time.Duration, digits int) *buckets {
	b := &buckets{lowest: int64(lowest), highest: int64(highest), digits: digits}
	b.unit = bits.Len64(uint64(b.lowest)) - 1
	b.half = int(math.Ceil(math.Log2(2*math.Pow10(digits)))) - 1
	parts := uint64(2) << b.half
	b.mask = (parts - 1) << b.unit
	powers := 1
	for beyond := parts << b.unit; beyond <= uint64(b.highest); beyond <<= 1 { // ends: highest is below 2^63
		powers++
	}
	b.size = (powers + 1) << b.half
	return b
}

// index is the place of a value between 0 and the highest. Every shift is below 64, and
// the masks tell the compiler so.
func (b *buckets) index(v int64) int {
	power := bits.Len64(uint64(v)|b.mask) - (b.unit + b.half + 1)
	return power<<(b.half&63) + int(uint64(v)>>((power+b.unit)&63))
}

// value is the least value of a place.
func (b *buckets) value(index int) int64 {
	power := index>>b.half - 1
	part := index&(1<<b.half-1) + 1<<b.half
	if power < 0 {
		power, part = 0, part-1<<b.half
	}
	return int64(part) << (power + b.unit)
}
