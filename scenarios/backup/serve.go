package backup

import (
	"context"
	"errors"
	"fmt"

	"tristore/drivers/deployment"
	"tristore/drivers/store"
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
	record(saw, "starts", "start_errors", "applied_again", "next_releases", "reads", "refused", "wrong", "writes", "writes_refused", "unknown",
		"sequences", "sequences_behind")
	c, err := makeCopy(ctx, on, saw)
	defer func() { saw.Stop(c.drop(context.WithoutCancel(ctx))) }()
	if errors.Is(err, errToolFailed) {
		return
	}
	for _, step := range []func(context.Context) error{c.start, c.live} {
		if err == nil {
			err = step(ctx)
		}
	}
	saw.Stop(err)
}

// start is what each service of the platform does first.
func (c *copied) start(ctx context.Context) error {
	for _, blank := range c.copies {
		c.saw.Add("starts", 1)
		files := c.on.Host.Files(blank.Store)
		done, err := deployment.Migrate(ctx, blank.Target, blank.Store, files)
		if err != nil {
			c.saw.Add("start_errors", 1)
			c.saw.See("%s: starting on the copy: %v", blank.Store, err)
			continue
		}
		if len(done.Applied) > 0 {
			c.saw.Add("applied_again", float64(len(done.Applied)))
			c.saw.See("%s: a start on the copy applied %v", blank.Store, done.Applied)
		}
		next, err := deployment.NextRelease(files, blank.Target.Engine.Family(), oneTable(blank.Store))
		if err != nil {
			return err
		}
		if done, err = deployment.Migrate(ctx, blank.Target, blank.Store, next); err != nil {
			c.saw.Add("start_errors", 1)
			c.saw.See("%s: starting a next release on the copy: %v", blank.Store, err)
			continue
		}
		c.saw.Add("next_releases", float64(len(done.Applied)))
		behind, sequences, err := deployment.SequencesBehind(ctx, blank.Admin)
		if err != nil {
			return err
		}
		c.saw.Add("sequences", float64(sequences))
		c.saw.Add("sequences_behind", float64(len(behind)))
		for _, sequence := range behind {
			c.saw.See("%s: %s", blank.Store, sequence)
		}
	}
	return nil
}

// oneTable is a table of the contract that a next release might index.
func oneTable(name store.Name) string {
	return map[store.Name]string{store.UsersStore: store.User{}.Table(), store.PermissionsStore: store.Workspace{}.Table(),
		store.CollectionsStore: store.BindingsTable}[name]
}

// live opens the copy as the role, replays every sign-in and writes on.
func (c *copied) live(ctx context.Context) (err error) {
	if c.saw.Facts["start_errors"] > 0 {
		return nil // a service that does not start serves nobody
	}
	opened, err := c.on.Host.OpenOn(ctx, c.copies)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, opened.Close(context.WithoutCancel(ctx))) }()
	r := replay{c.content, opened, c.saw}
	for _, ask := range []func(context.Context){r.callers, r.organisations, r.workspaces, r.bindings} {
		ask(ctx)
		if err := ctx.Err(); err != nil {
			return fmt.Errorf("replaying sign-ins: %w", err)
		}
	}
	r.writeOn(ctx)
	return ctx.Err()
}
