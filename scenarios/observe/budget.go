package observe

import "time"

// budget keeps what observing costs below its cap: a share of the time since it began.
type budget struct {
	cap   float64
	began time.Time
}

// earliest is when something of a certain cost may begin, so that with it the cost of all
// is still below the cap.
func (b budget) earliest(spent, cost time.Duration) time.Time {
	return b.began.Add(time.Duration(float64(spent+cost) / b.cap))
}

// next is when the next sample is taken that was due at a certain time, and whether it was
// put off for what it costs.
func (b budget) next(due time.Time, spent, cost time.Duration) (at time.Time, putOff bool) {
	if earliest := b.earliest(spent, cost); earliest.After(due) {
		return earliest, true
	}
	return due, false
}
