package migrations

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"tristore/drivers"
	"tristore/drivers/deployment"
	"tristore/drivers/store"
	"tristore/reports/result"
	"tristore/scenarios"
)

// HalfApplied brings databases of each store into the states that a dead starter leaves
// behind, starts again, and sees what becomes of them. A sound start completes the
// schema, or refuses and names the version that is half-applied.
//
// The states: the starter's session is ended by the server when it has made one index,
// and another one (PostgreSQL), or the starter is given up then (MongoDB); the
// newest version is marked half-applied when nothing of it is there, when all of it
// is there, and when an index of it is missing.
//
// Cases: one per state, "completed or refused by name"; at least 9.
// Facts:
//   - states: made; at least 9, and 15 on PostgreSQL with the built-in files
//   - killed: starters that died while migrating; at least 6 on PostgreSQL, where the
//     server does it; at least 1 elsewhere, where a start may be over before
//   - survived = 0: starters that reported success although they were to die
//   - completed, refused_by_name: how the states ended
//   - skipped = 0: starts that reported success and left another catalogue or version
//     than an undisturbed start, or something for the next start to do
//   - refused_unnamed = 0: starts that failed without naming the version
//   - changed_by_refusal = 0: objects that a refused start made or removed
func HalfApplied(ctx context.Context, on scenarios.Stage, saw *result.Observation) {
	record(saw, "states", "killed", "survived", "completed", "refused_by_name", "skipped", "refused_unnamed", "changed_by_refusal")
	for _, name := range store.Names() {
		alone, err := referenceOf(ctx, on, name)
		if err != nil {
			saw.Stop(err)
			return
		}
		versions, err := deployment.Versions(on.Host.Files(name))
		if err == nil && len(versions) == 0 {
			err = fmt.Errorf("store %s has no versions", name)
		}
		if err != nil {
			saw.Stop(err)
			return
		}
		h := halfCheck{on, alone, versions, saw}
		for _, state := range h.states() {
			if err := h.bring(ctx, name, state); err != nil {
				saw.Stop(fmt.Errorf("store %s, %s: %w", name, state.name, err))
				return
			}
		}
	}
}

type halfCheck struct {
	on       scenarios.Stage
	alone    reference
	versions []int64 // never empty
	saw      *result.Observation
}

// state is one thing that a dead starter leaves behind. Its make brings an empty database
// into it; errNoSuchState when this schema cannot be in it.
type state struct {
	name string
	make func(ctx context.Context, blank *deployment.Blank) error
}

var errNoSuchState = errors.New("this schema has no such state")

func (h halfCheck) states() []state {
	states := []state{
		{"marked half-applied, nothing of it there", h.markedNothing},
		{"marked half-applied, all of it there", h.markedAll},
		{"marked half-applied, an index missing", h.markedPart},
	}
	die := h.givenUp
	if h.on.Engine.Family() == drivers.FamilyPostgres {
		die = h.killed
	}
	for _, index := range h.traps() {
		states = append(states, state{"killed when " + index + " was made", func(ctx context.Context, blank *deployment.Blank) error { return die(ctx, blank, index) }})
	}
	return states
}

// traps are the indexes at which a starter is killed: two, far apart where there are two.
func (h halfCheck) traps() []string {
	if all := h.alone.indexes; len(all) > 1 {
		return []string{all[0], all[len(all)-1]}
	}
	return h.alone.indexes
}

func (h halfCheck) newest() int64 { return h.versions[len(h.versions)-1] }

// before brings the database to the version before the newest one.
func (h halfCheck) before(ctx context.Context, blank *deployment.Blank) error {
	if len(h.versions) < 2 {
		return nil
	}
	files := deployment.UpTo(h.on.Host.Files(blank.Store), h.versions[len(h.versions)-2])
	_, err := deployment.Migrate(ctx, blank.Target, blank.Store, files)
	return err
}

func (h halfCheck) markedNothing(ctx context.Context, blank *deployment.Blank) error {
	if err := h.before(ctx, blank); err != nil {
		return err
	}
	return deployment.MarkHalfApplied(ctx, blank.Target, h.newest())
}

func (h halfCheck) markedAll(ctx context.Context, blank *deployment.Blank) error {
	if _, err := deployment.Migrate(ctx, blank.Target, blank.Store, h.on.Host.Files(blank.Store)); err != nil {
		return err
	}
	return deployment.MarkHalfApplied(ctx, blank.Target, h.newest())
}

// markedPart drops an index that the newest version with one made, of those that can be
// dropped alone.
func (h halfCheck) markedPart(ctx context.Context, blank *deployment.Blank) error {
	if err := h.before(ctx, blank); err != nil {
		return err
	}
	older, err := deployment.Indexes(ctx, blank.Admin)
	if err != nil {
		return err
	}
	if _, err := deployment.Migrate(ctx, blank.Target, blank.Store, h.on.Host.Files(blank.Store)); err != nil {
		return err
	}
	newer, err := deployment.Indexes(ctx, blank.Admin)
	if err != nil {
		return err
	}
	had := map[string]bool{}
	for _, index := range older {
		had[index.Table+"\x00"+index.Name] = true
	}
	for _, index := range newer {
		if had[index.Table+"\x00"+index.Name] || deployment.DropIndex(ctx, blank.Target, index.Table, index.Name) != nil {
			continue // older, or the server's own, such as that of a primary key
		}
		return deployment.MarkHalfApplied(ctx, blank.Target, h.newest())
	}
	return errNoSuchState
}

// killed lets the server end the starter's session when it has made one index.
func (h halfCheck) killed(ctx context.Context, blank *deployment.Blank, index string) error {
	_, index, _ = strings.Cut(index, " ")
	if err := deployment.SetTrap(ctx, blank.Admin, h.on.Host.Role.Name, index); err != nil {
		return err
	}
	_, err := deployment.Migrate(ctx, blank.Target, blank.Store, h.on.Host.Files(blank.Store))
	h.died(ctx, blank, err)
	return deployment.DisarmTrap(context.WithoutCancel(ctx), blank.Admin)
}

// givenUp ends the starter's context as soon as somebody else sees the index.
func (h halfCheck) givenUp(ctx context.Context, blank *deployment.Blank, index string) error {
	mortal, die := context.WithCancelCause(ctx)
	defer die(nil)
	over, watched := make(chan struct{}), make(chan error, 1)
	go func() { watched <- h.watch(mortal, blank, watching{index, over, die}) }()
	_, err := deployment.Migrate(mortal, blank.Target, blank.Store, h.on.Host.Files(blank.Store))
	close(over)
	if watchErr := <-watched; watchErr != nil {
		return watchErr
	}
	if err == nil {
		return errNoSuchState // it was over before it could be ended
	}
	h.died(ctx, blank, err)
	return ctx.Err()
}

type watching struct {
	index string
	over  <-chan struct{}
	die   context.CancelCauseFunc
}

var errGivenUp = errors.New("the starter was to die here")

// watch kills when the index is there, unless the start is over before.
func (h halfCheck) watch(ctx context.Context, blank *deployment.Blank, w watching) error {
	for {
		select {
		case <-w.over:
			return nil
		default:
		}
		found, err := deployment.Indexes(ctx, blank.Admin)
		if err != nil {
			return err
		}
		if slices.ContainsFunc(found, func(i store.IndexInfo) bool { return i.Table+" "+i.Name == w.index }) {
			w.die(errGivenUp)
			return nil
		}
	}
}

func (h halfCheck) died(ctx context.Context, blank *deployment.Blank, err error) {
	if err != nil {
		h.saw.Add("killed", 1)
		return
	}
	if ctx.Err() == nil {
		h.saw.Add("survived", 1)
		h.saw.See("store %s: a starter that was killed reported success", blank.Store)
	}
}

// stateTries bounds how often a state is tried that a start may run past.
const stateTries = 5

// bring tries a state on databases of its own.
func (h halfCheck) bring(ctx context.Context, name store.Name, s state) error {
	for range stateTries {
		err := onBlank(ctx, h.on, name, func(blank *deployment.Blank) error { return h.try(ctx, blank, s) })
		if !errors.Is(err, errNoSuchState) {
			return err
		}
	}
	h.saw.See("%s %s: %v", name, s.name, errNoSuchState)
	return nil
}

// try brings a database into a state, starts again, and sees what becomes of it.
func (h halfCheck) try(ctx context.Context, blank *deployment.Blank, s state) error {
	what := string(blank.Store) + " " + s.name
	if err := s.make(ctx, blank); err != nil {
		return err
	}
	left, err := deployment.Fingerprint(ctx, blank.Admin)
	if err != nil {
		return err
	}
	h.saw.Add("states", 1)
	done, startErr := deployment.Migrate(ctx, blank.Target, blank.Store, h.on.Host.Files(blank.Store))
	if err := ctx.Err(); err != nil {
		return err
	}
	after, err := deployment.Fingerprint(ctx, blank.Admin)
	if err != nil {
		return err
	}
	o := outcome{what, done, after}
	if startErr != nil {
		h.saw.Compare(what, asPromised, h.refused(o, left, startErr))
		return nil
	}
	h.saw.Compare(what, asPromised, h.completed(ctx, blank, o))
	return nil
}

// outcome is what one start after a dead one reported and left.
type outcome struct {
	what string
	done store.Migration
	left store.Fingerprint
}

const asPromised = "completed or refused by name"

// completed looks behind a start that reported success.
func (h halfCheck) completed(ctx context.Context, blank *deployment.Blank, o outcome) string {
	again, err := settled(ctx, h.on, blank)
	differences := h.alone.catalogue(h.saw, o.what, o.left)
	switch {
	case err != nil:
		h.saw.See("%s: reported success, and then: %v", o.what, err)
	case again > 0:
		h.saw.See("%s: reported success and left %d versions to the next start", o.what, again)
	case o.done.Version != h.alone.migration.Version:
		h.saw.See("%s: reported success at version %d, not %d", o.what, o.done.Version, h.alone.migration.Version)
	case differences == 0:
		h.saw.Add("completed", 1)
		return asPromised
	}
	h.saw.Add("skipped", 1)
	return "skipped"
}

// refused looks behind a start that failed.
func (h halfCheck) refused(o outcome, before store.Fingerprint, err error) string {
	if changed := before.Against(o.left).Catalogue(); changed > 0 {
		h.saw.Add("changed_by_refusal", float64(changed))
		h.saw.See("%s: refused, and changed %d objects", o.what, changed)
	}
	if version, named := deployment.Refused(err); named && version == h.newest() {
		h.saw.Add("refused_by_name", 1)
		return asPromised
	}
	h.saw.Add("refused_unnamed", 1)
	h.saw.See("%s: %v", o.what, err)
	return "refused without naming the version"
}
