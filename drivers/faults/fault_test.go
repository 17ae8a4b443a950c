package faults

import (
	"context"
	"errors"
	"io"
	"maps"
	"strings"
	"sync"
	"testing"

	"tristore/drivers"
	"tristore/drivers/cluster"
	"tristore/drivers/deployment"
	"tristore/drivers/store"
)

func TestZeroFaultDoesNothing(t *testing.T) {
	var none Fault
	d := &deployment.Deployment{}
	none.Wrap(d)
	if d.Users != nil || d.Permissions != nil || d.Collections != nil {
		t.Error("the zero fault replaced a store")
	}
	for name, err := range map[string]error{
		"AfterMigrate": none.AfterMigrate(t.Context(), nil),
		"AfterDeploy":  none.AfterDeploy(t.Context(), d),
		"AfterRestore": none.AfterRestore(t.Context(), drivers.Target{}, store.UsersStore),
	} {
		if err != nil {
			t.Errorf("%s of the zero fault: %v", name, err)
		}
	}
}

func TestEveryFaultNamesItsClaims(t *testing.T) {
	seen := map[string]bool{}
	for _, fault := range All() {
		if seen[fault.Name] || fault.Says == "" || len(fault.Claims) == 0 {
			t.Errorf("fault %q: name twice, no sentence, or no claim", fault.Name)
		}
		seen[fault.Name] = true
		hooks := 0
		for _, has := range []bool{fault.schema != nil, fault.restore != nil, fault.wrap != nil, fault.tools != nil, fault.start != nil} {
			if has {
				hooks++
			}
		}
		if hooks != 1 {
			t.Errorf("fault %q has %d hooks, wanted one", fault.Name, hooks)
		}
		if found, err := ByName(fault.Name); err != nil || found.Name != fault.Name {
			t.Errorf("ByName(%q) = %q, %v", fault.Name, found.Name, err)
		}
	}
}

// toolbox finds a program that reads everything, complains and fails.
type toolbox struct{ failed *cluster.ToolFailed }

func (b toolbox) Find(_ context.Context, name string) (*cluster.Program, error) {
	program := &cluster.Program{Name: name}
	return program.Through(func(_ context.Context, call cluster.Invocation, _ func(context.Context, cluster.Invocation) error) error {
		_, _ = io.WriteString(call.Err, "pg_restore: error: it broke")
		if b.failed != nil {
			return b.failed
		}
		return errors.New("could not start")
	}), nil
}

// A silent tool hides its own failure, of a restore only, and not that it could not be run.
func TestSilentToolHidesItsFailureOnly(t *testing.T) {
	for _, test := range []struct {
		tool   string
		failed *cluster.ToolFailed
		hidden bool
	}{
		{"pg_restore", &cluster.ToolFailed{Tool: "pg_restore", Exit: 1}, true},
		{"psql", &cluster.ToolFailed{Tool: "psql", Exit: 3}, true},
		{"mongorestore", &cluster.ToolFailed{Tool: "mongorestore", Exit: 1}, true},
		{"pg_dump", &cluster.ToolFailed{Tool: "pg_dump", Exit: 1}, false},
		{"pg_restore", nil, false},
	} {
		program, err := silent{toolbox{test.failed}}.Find(t.Context(), test.tool)
		if err != nil {
			t.Fatal(err)
		}
		var said strings.Builder
		err = program.Run(t.Context(), cluster.Invocation{Err: &said})
		if hidden := err == nil; hidden != test.hidden || test.hidden && said.Len() > 0 {
			t.Errorf("%s %v: error %v, said %q", test.tool, test.failed, err, said.String())
		}
	}
}

func TestUnknownFaultNamesTheNearest(t *testing.T) {
	_, err := ByName("share-ungarded")
	if err == nil || !strings.Contains(err.Error(), "did you mean share-unguarded?") {
		t.Errorf("got %v", err)
	}
}

// mapStore is a guarded permission map in memory.
type mapStore struct {
	store.Permissions
	mu  sync.Mutex
	all map[string]store.Grant
}

func (m *mapStore) WorkspaceByID(context.Context, string) (store.Workspace, store.Outcome) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return store.Workspace{Subject: store.Subject{Permissions: maps.Clone(m.all)}}, store.Done()
}

func (m *mapStore) Share(_ context.Context, _, principal string, grant store.Grant) store.Outcome {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.all[principal] = grant
	return store.Done()
}

func (m *mapStore) Unshare(_ context.Context, _, principal string) store.Outcome {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.all, principal)
	return store.Done()
}

func TestUnguardedShareLosesOneOfTwo(t *testing.T) {
	for range 20 {
		inner := &mapStore{all: map[string]store.Grant{"owner": {Role: "owner"}}}
		broken := newUnguarded(inner)
		var both sync.WaitGroup
		for _, principal := range []string{"a", "b"} {
			both.Go(func() { broken.Share(t.Context(), "w", principal, store.Grant{Role: "editor"}) })
		}
		both.Wait()
		if len(inner.all) != 2 {
			t.Fatalf("map holds %v: wanted the owner and the last share only", inner.all)
		}
	}
}

func TestUnguardedShareAloneIsSound(t *testing.T) {
	inner := &mapStore{all: map[string]store.Grant{}}
	broken := newUnguarded(inner)
	broken.Share(t.Context(), "w", "a", store.Grant{Role: "editor"})
	broken.Share(t.Context(), "w", "b", store.Grant{Role: "editor"})
	broken.Unshare(t.Context(), "w", "a")
	if len(inner.all) != 1 {
		t.Errorf("map holds %v, wanted b only", inner.all)
	}
}
