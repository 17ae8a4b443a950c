package drivers

import (
	"context"
	"time"
)

// Pause waits between two looks at something that is awaited, or less when the context
// ends first, whose error it returns. Who calls it bounds how often.
func Pause(ctx context.Context, length time.Duration) error {
	timer := time.NewTimer(length)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
