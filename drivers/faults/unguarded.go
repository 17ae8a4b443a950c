package faults

import (
	"context"
	"maps"
	"reflect"
	"sync"
	"time"

	"tristore/drivers/store"
)

// overlapMax bounds how long a share waits for another one on the same workspace.
const overlapMax = 60 * time.Millisecond

// unguarded shares by read-modify-write: it reads the map, waits until somebody else
// has read it too (or a bounded while), and then makes the stored map equal to its own
// changed copy. Two at once therefore lose one change, and not by luck.
type unguarded struct {
	store.Permissions

	mu      sync.Mutex
	waiting map[string]chan struct{} // by workspace: closed when a second reader arrives
	writing sync.Mutex               // whole-map writes do not interleave, as one UPDATE would not
}

func newUnguarded(inner store.Permissions) *unguarded {
	return &unguarded{Permissions: inner, waiting: map[string]chan struct{}{}}
}

// Share adds to a copy of the map that may be stale by the time it is written.
func (u *unguarded) Share(ctx context.Context, workspaceID, principal string, grant store.Grant) store.Outcome {
	return u.rewrite(ctx, workspaceID, func(all map[string]store.Grant) { all[principal] = grant })
}

// Unshare removes from a copy of the map that may be stale by the time it is written.
func (u *unguarded) Unshare(ctx context.Context, workspaceID, principal string) store.Outcome {
	return u.rewrite(ctx, workspaceID, func(all map[string]store.Grant) { delete(all, principal) })
}

func (u *unguarded) rewrite(ctx context.Context, id string, change func(map[string]store.Grant)) store.Outcome {
	read, outcome := u.WorkspaceByID(ctx, id)
	if !outcome.OK() {
		return outcome
	}
	wanted := maps.Clone(read.Permissions)
	if wanted == nil {
		wanted = map[string]store.Grant{}
	}
	change(wanted)
	u.overlap(ctx, id)
	u.writing.Lock()
	defer u.writing.Unlock()
	return u.write(ctx, id, wanted)
}

// overlap returns when a second caller has read the same workspace, or after overlapMax.
func (u *unguarded) overlap(ctx context.Context, id string) {
	u.mu.Lock()
	met, second := u.waiting[id]
	if second {
		delete(u.waiting, id)
		close(met)
		u.mu.Unlock()
		return
	}
	met = make(chan struct{})
	u.waiting[id] = met
	u.mu.Unlock()

	timer := time.NewTimer(overlapMax)
	defer timer.Stop()
	select {
	case <-met:
	case <-timer.C:
	case <-ctx.Done():
	}
	u.mu.Lock()
	if u.waiting[id] == met {
		delete(u.waiting, id)
	}
	u.mu.Unlock()
}

// write makes the stored map equal to wanted, through the guarded store, since the
// contract has no blind write of the map.
func (u *unguarded) write(ctx context.Context, id string, wanted map[string]store.Grant) store.Outcome {
	now, outcome := u.WorkspaceByID(ctx, id)
	if !outcome.OK() {
		return outcome
	}
	for principal := range now.Permissions {
		if _, keep := wanted[principal]; keep {
			continue
		}
		if outcome := u.Permissions.Unshare(ctx, id, principal); !outcome.OK() {
			return outcome
		}
	}
	for principal, grant := range wanted {
		if had, is := now.Permissions[principal]; is && reflect.DeepEqual(had, grant) {
			continue
		}
		if outcome := u.Permissions.Share(ctx, id, principal, grant); !outcome.OK() {
			return outcome
		}
	}
	return store.Done()
}
