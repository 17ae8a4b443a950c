package backup

import (
	"context"
	"errors"

	"tristore/reports/result"
	"tristore/scenarios"
)

// Serve lets the application role, not the administrator who restored them, start on the
// restored databases: it migrates, which must change nothing, then goes on to a next
// release that adds an index to a restored table. Every sign-in, token, key, membership,
// workspace, page and binding of the data set is then asked for, and the next write of
// each kind is made.
//
// Cases: "committed" for each kind of write; 8.
// Facts:
//   - stores = 3; tools_failed = 0
//   - starts: of the role on the copy; 3
//   - start_errors = 0: starts, as now released or as of a next release, that failed
//   - applied_again = 0: versions that a start applied although the copy had them
//   - next_releases: 3: starts that added an index to a restored table
//   - reads: of the replay; at least 500
//   - refused = 0, wrong = 0: reads refused, or answered with somebody else's record
//   - writes: 8; writes_refused = 0
//   - unknown = 0: outcomes nobody can tell
//   - sequences: of the copy; sequences_behind = 0: whose next value is taken already
func Serve(ctx context.Context, on scenarios.Stage, saw *result.Observation) {
	recordCopy(saw)
	record(saw, livedFacts()...)
	c, err := makeCopy(ctx, on, saw)
	defer func() { saw.Stop(c.drop(context.WithoutCancel(ctx))) }()
	if errors.Is(err, errToolFailed) {
		return
	}
	for _, step := range []func(context.Context) error{c.Start, c.Live} {
		if err == nil {
			err = step(ctx)
		}
	}
	saw.Stop(err)
}
