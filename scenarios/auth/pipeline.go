package auth

import (
	"context"
	"fmt"

	"tristore/drivers/store"
	"tristore/scenarios/load"
)

// operation is one store operation of a request: a read that needs no earlier answer, and
// what its answer must be, or something that is done in its turn.
type operation struct {
	read  store.Read
	check func(store.Outcome) store.Outcome

	run func(context.Context) store.Outcome
	of  place // of run
}

// place is which store an operation asks, as Stores has them.
type place int

const (
	ofUsers place = iota
	ofPermissions
	ofNone // what the older profile leaves out
)

// Stores are those that requests ask.
func Stores() []store.Name { return []store.Name{store.UsersStore, store.PermissionsStore} }

// inTurn is an operation that waits for those before it.
func inTurn(of place, run func(context.Context) store.Outcome) operation {
	return operation{run: run, of: of}
}

func (o operation) place() place {
	switch {
	case o.read == nil:
		return o.of
	case isOfUsers(o.read):
		return ofUsers
	default:
		return ofPermissions
	}
}

// Pipelines tells why two stores cannot be asked several reads together; nil where they can.
func Pipelines(users store.Users, permissions store.Permissions) error {
	for _, one := range []any{users, permissions} {
		pipeline, can := one.(store.Pipeline)
		if !can {
			return fmt.Errorf("%T takes one read after the other", one)
		}
		if err := pipeline.Pipelines(); err != nil {
			return err
		}
	}
	return nil
}

// inOrder does the operations of a request one after the other, and in a pipelined
// workload reads of one store that stand side by side at once. It ends with the first, in
// the order of the request, that is not committed: what was asked together with one that
// failed was answered, and is not looked at, as it would not have been asked alone. Each
// is told of as one operation of its store, and so are those that were asked together.
func (w *Workload) inOrder(ctx context.Context, worker int, all ...operation) store.Outcome {
	steps := make([]func() store.Outcome, 0, len(all))
	for len(all) > 0 {
		next := all[:w.sideBySide(all)]
		steps = append(steps, func() store.Outcome {
			outcome := w.do(ctx, next)
			if of := next[0].place(); of != ofNone {
				w.operations.Ended(worker, int(of), outcome)
			}
			return outcome
		})
		all = all[len(next):]
	}
	return load.InOrder(steps...)
}

// sideBySide is how many operations are done at once.
func (w *Workload) sideBySide(all []operation) int {
	n := 1
	for w.pipelined && n < len(all) && all[0].read != nil && all[n].read != nil && all[0].place() == all[n].place() {
		n++
	}
	return n
}

func (w *Workload) do(ctx context.Context, all []operation) store.Outcome {
	switch {
	case all[0].read == nil:
		return all[0].run(ctx)
	case !w.pipelined:
		return all[0].check(w.alone(ctx, all[0].read))
	}
	reads := make([]store.Read, len(all))
	for i, one := range all {
		reads[i] = one.read
	}
	outcomes := w.pipeline(reads[0]).Together(ctx, reads...)
	checks := make([]func() store.Outcome, len(all))
	for i, one := range all {
		checks[i] = func() store.Outcome { return one.check(outcomes[i]) }
	}
	return load.InOrder(checks...)
}

// pipeline is the store that a read is of; Pipelines has said that it is one.
func (w *Workload) pipeline(read store.Read) store.Pipeline {
	if isOfUsers(read) {
		return w.users.(store.Pipeline)
	}
	return w.permissions.(store.Pipeline)
}

func isOfUsers(read store.Read) bool {
	switch read.(type) {
	case *store.LoadCallerRead, *store.OrgContextRead:
		return true
	}
	return false
}

// alone asks one read by the method of its name.
func (w *Workload) alone(ctx context.Context, read store.Read) (outcome store.Outcome) {
	switch r := read.(type) {
	case *store.LoadCallerRead:
		r.Found, outcome = w.users.LoadCaller(ctx, r.UserID)
	case *store.OrgContextRead:
		r.Found, outcome = w.users.OrgContext(ctx, r.OrgSlug, r.UserID)
	case *store.WorkspaceByIDRead:
		r.Found, outcome = w.permissions.WorkspaceByID(ctx, r.ID)
	case *store.FilesRead:
		r.Found, outcome = w.permissions.Files(ctx, r.WorkspaceID, r.Limit)
	case *store.CustomRolesRead:
		r.Found, outcome = w.permissions.CustomRoles(ctx, r.SubjectType, r.SubjectID)
	}
	return outcome
}
