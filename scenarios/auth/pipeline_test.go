package auth

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"tristore/drivers/store"
	"tristore/scenarios/dataset"
)

// asked is a pair of stores that answer nothing and note how they are asked. Only the
// methods of a request with a session are there; another would panic.
type asked struct {
	store.Users
	store.Permissions
	how  []string
	fail string // the type of the read that is refused
}

func (a *asked) Pipelines() error { return nil }

func (a *asked) Together(_ context.Context, reads ...store.Read) []store.Outcome {
	outcomes, group := make([]store.Outcome, len(reads)), ""
	for i, read := range reads {
		if outcomes[i] = store.Done(); fmt.Sprintf("%T", read) == a.fail {
			outcomes[i] = store.Refuse(store.Exhausted, "no slot")
		}
		switch r := read.(type) {
		case *store.LoadCallerRead:
			r.Found.ID = r.UserID
			group += "caller "
		case *store.OrgContextRead:
			group += "organisation "
		case *store.WorkspaceByIDRead:
			r.Found.ID = r.ID
			group += "workspace "
		case *store.CustomRolesRead:
			r.Found = make([]store.Role, 2)
			group += "roles "
		}
	}
	a.how = append(a.how, group)
	return outcomes
}

func (a *asked) Insert(context.Context, ...store.Record) store.Outcome { return store.Done() }

type usersOnly struct{ store.Users }

func TestReadsOfOneStoreGoTogetherAndEndInTheirOrder(t *testing.T) {
	data := dataset.Identity{Seed: 1, Sizes: dataset.Modest()}
	data.Sizes.RolesPerWorkspace = 2
	for _, c := range []struct {
		fail, want string
		how        []string
	}{
		{"", "refused(invalid)", []string{"caller organisation "}}, // the role is not the expected one
		{"*store.LoadCallerRead", "refused(exhausted)", []string{"caller organisation "}},
		{"*store.OrgContextRead", "refused(exhausted)", []string{"caller organisation "}},
	} {
		on := &asked{fail: c.fail}
		w := &Workload{users: on, permissions: on, data: data, profile: V27, pipelined: true}
		got := w.inOrder(t.Context(), 0, w.getWorkspace(&request{caller: 1, workspace: 1})...)
		if got.String() != c.want || !slices.Equal(on.how, c.how) {
			t.Errorf("%s fails: %s, asked %q", c.fail, got.Detail(), on.how)
		}
	}
	for fail, want := range map[string]string{"": "committed", "*store.CustomRolesRead": "refused(exhausted)", "*store.WorkspaceByIDRead": "refused(exhausted)"} {
		on := &asked{fail: fail}
		w := &Workload{users: on, permissions: on, data: data, profile: V27, pipelined: true}
		r := &request{caller: 1, workspace: 1}
		got := w.inOrder(t.Context(), 0, w.readWorkspace(r), w.readRoles(r))
		if got.String() != want || !slices.Equal(on.how, []string{"workspace roles "}) {
			t.Errorf("%s fails: %s, asked %q", fail, got.Detail(), on.how)
		}
	}
}

func TestStoresWithoutPipelinesAreNamed(t *testing.T) {
	on := &asked{}
	if err := Pipelines(on, on); err != nil {
		t.Error(err)
	}
	if err := Pipelines(usersOnly{}, on); err == nil {
		t.Error("a store that takes one read after the other was taken for a pipeline")
	}
}
