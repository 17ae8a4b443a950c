package dataset

import "hash/fnv"

// Stream draws the choices of one thing (a row, an arrival, a block of windows): a
// pure function of (seed, purpose, index). It is a splitmix64 generator: a value of
// two words, so that one per arrival costs nothing. It serves as a rand.Source too.
type Stream struct{ state uint64 }

// Purpose is a hashed name that keeps the streams of two uses apart.
type Purpose uint64

// PurposeOf hashes a name once, so that drawing does not.
func PurposeOf(name string) Purpose {
	sum := fnv.New64a()
	_, _ = sum.Write([]byte(name)) // a hash never refuses
	return Purpose(sum.Sum64())
}

// Draw begins the stream of one index.
func Draw(seed uint64, purpose Purpose, index int64) Stream {
	return Stream{mix(mix(seed^uint64(purpose)) + uint64(index))}
}

// Uint64 is the next draw.
func (s *Stream) Uint64() uint64 {
	s.state += golden
	return mix(s.state)
}

// Float64 is uniform in [0, 1).
func (s *Stream) Float64() float64 { return float64(s.Uint64()>>11) / (1 << 53) }

// Below is uniform in [0, n); n must be positive. The bias of the remainder is below n/2^64.
func (s *Stream) Below(n int) int { return int(s.Uint64() % uint64(n)) }

// golden is 2^64 over the golden ratio, splitmix64's step.
const golden = 0x9e3779b97f4a7c15

// mix is splitmix64's finaliser: a bijection in which every input bit moves every output bit.
func mix(x uint64) uint64 {
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}
