package boundary

import (
	"encoding/json"
	"fmt"
)

// Interval is a span of loads; an end of 0 is not known.
type Interval struct{ Low, High float64 }

// Both tells whether both ends are known.
func (i Interval) Both() bool { return i.Low > 0 && i.High > 0 }

// Holds tells whether a load lies inside; an unknown end excludes nothing.
func (i Interval) Holds(load float64) bool {
	return load >= i.Low && (i.High == 0 || load <= i.High)
}

// String shows four digits of each end.
func (i Interval) String() string {
	end := func(load float64) string {
		if load > 0 {
			return show(load)
		}
		return "unknown"
	}
	return "[" + end(i.Low) + ", " + end(i.High) + "]"
}

// MarshalJSON writes [low, high], and null for an end that is not known.
func (i Interval) MarshalJSON() ([]byte, error) {
	ends := [2]*float64{}
	if i.Low > 0 {
		ends[0] = &i.Low
	}
	if i.High > 0 {
		ends[1] = &i.High
	}
	return json.Marshal(ends)
}

// UnmarshalJSON reads what MarshalJSON writes.
func (i *Interval) UnmarshalJSON(text []byte) error {
	var ends [2]*float64
	if err := json.Unmarshal(text, &ends); err != nil {
		return fmt.Errorf("reading an interval: %w", err)
	}
	*i = Interval{}
	if ends[0] != nil {
		i.Low = *ends[0]
	}
	if ends[1] != nil {
		i.High = *ends[1]
	}
	return nil
}
