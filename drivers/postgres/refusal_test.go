package postgres_test

import (
	"context"
	"testing"
	"time"

	"tristore/drivers"
	"tristore/drivers/postgres"
	"tristore/drivers/store"
)

// Each reason that a server can be provoked to give, by a real one.

func TestForbidden(t *testing.T) {
	target := migrated(t, store.UsersStore)
	if err := postgres.Exec(t.Context(), target, `REVOKE SELECT, INSERT ON "Users" FROM `+roleName); err != nil {
		t.Fatal(err)
	}
	users := openAs(t, target)
	_, outcome := users.LoadCaller(t.Context(), id(1))
	refused(t, outcome, store.Forbidden)
	refused(t, users.Insert(t.Context(), account(1)), store.Forbidden)
}

func openAs(t *testing.T, target drivers.Target) *postgres.Users {
	t.Helper()
	users, err := postgres.OpenUsers(t.Context(), target)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { closing(t, users.Close) })
	return users
}

func withOption(target drivers.Target, name, value string) drivers.Target {
	target.URL = target.URL.WithOption(name, value)
	return target
}

func TestTimedOutAndReadOnlyAndLocked(t *testing.T) {
	target := migrated(t, store.UsersStore)
	holder := connect(t, target)
	if _, err := holder.Exec(t.Context(), `BEGIN; LOCK "Users" IN ACCESS EXCLUSIVE MODE`); err != nil {
		t.Fatal(err)
	}
	refused(t, openAs(t, withOption(target, "statement_timeout", "50")).Insert(t.Context(), account(1)), store.TimedOut)
	refused(t, openAs(t, withOption(target, "lock_timeout", "50")).Insert(t.Context(), account(1)), store.Conflict)
	if _, err := holder.Exec(t.Context(), `ROLLBACK`); err != nil {
		t.Fatal(err)
	}
	refused(t, openAs(t, withOption(target, "default_transaction_read_only", "on")).Insert(t.Context(), account(1)), store.ReadOnly)
}

func TestAWriteWhoseAnswerNeverCameIsUnknown(t *testing.T) {
	target := migrated(t, store.UsersStore)
	users, holder := openAs(t, target), connect(t, target)
	if _, err := holder.Exec(t.Context(), `BEGIN; LOCK "Users" IN ACCESS EXCLUSIVE MODE`); err != nil {
		t.Fatal(err)
	}
	ended := make(chan store.Outcome, 1)
	go func() { ended <- users.Insert(t.Context(), account(1)) }()
	kill(t, target, `query LIKE 'INSERT INTO "Users"%' AND wait_event_type = 'Lock'`)
	if outcome := <-ended; outcome.Status != store.Unknown {
		t.Errorf("its session was ended: %s", outcome.Detail())
	}
	outcome := store.Outcome{}
	for wait := 200 * time.Millisecond; wait < time.Minute; wait *= 2 {
		brief, cancel := context.WithTimeout(t.Context(), wait)
		if outcome = users.Insert(brief, account(2)); outcome.Is(store.Unavailable) { // over before it was sent
			cancel()
			continue
		}
		if _, outcome := users.LoadCaller(brief, id(1)); !outcome.Is(store.Unavailable) {
			t.Errorf("a read with a context that is over: %s", outcome.Detail())
		}
		cancel()
		break
	}
	if outcome.Status != store.Unknown {
		t.Errorf("its context expired: %s", outcome.Detail())
	}
	if _, err := holder.Exec(t.Context(), `ROLLBACK`); err != nil {
		t.Fatal(err)
	}
	must(t, users.Insert(t.Context(), account(3))) // the pool has recovered
}

func TestNoSlot(t *testing.T) {
	target := migrated(t, store.UsersStore)
	users := openAs(t, target)
	name := target.URL.Database()
	if err := postgres.Exec(t.Context(), admin(), `ALTER DATABASE "`+name+`" CONNECTION LIMIT 0;
		SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '`+name+`'`); err != nil {
		t.Fatal(err)
	}
	var outcome store.Outcome
	for range drivers.DefaultPoolMax + 1 { // the pool's old connections first, each of them once
		if _, outcome = users.LoadCaller(t.Context(), id(1)); outcome.Status != store.Unknown {
			break
		}
	}
	refused(t, outcome, store.Exhausted) // 53300, as when max_connections is reached
	if outcome.Code != "53300" {
		t.Errorf("the code is %q", outcome.Code)
	}
	if _, err := postgres.OpenUsers(t.Context(), target); err == nil {
		t.Error("a store was opened without a slot")
	}
}

func TestADeadlockIsAConflictAndTriedAgain(t *testing.T) {
	target := migrated(t, store.PermissionsStore)
	permissions, err := postgres.OpenPermissions(t.Context(), target)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { closing(t, permissions.Close) })
	role := func(n int) store.Role {
		return store.Role{Subject: subject(n, map[string]store.Grant{}), Type: "role", SubjectType: "workspaces", SubjectID: "w"}
	}
	must(t, permissions.CreateWorkspace(t.Context(), store.Workspace{Subject: subject(1, nil)}, role(11), role(12)))
	holder := connect(t, target)
	run := func(statement string) {
		if _, err := holder.Exec(t.Context(), statement); err != nil {
			t.Error(err)
		}
	}
	run(`BEGIN; UPDATE roles SET name = 'held' WHERE id = '` + role(12).ID + `'`)
	ended := make(chan store.Outcome, 1)
	go func() {
		ended <- permissions.CreateWorkspace(t.Context(), store.Workspace{Subject: subject(2, nil)}, role(12), role(11))
	}()
	eventually(t, target, `wait_event_type = 'Lock' AND query LIKE 'INSERT INTO "roles"%'`)
	run(`UPDATE roles SET name = 'held' WHERE id = '` + role(11).ID + `'; ROLLBACK`) // closes the circle; the store waited longer and is the victim
	must(t, <-ended)
	var deadlocks int
	for t.Context().Err() == nil && deadlocks == 0 { // statistics come a little later
		if err := holder.QueryRow(t.Context(), `SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()`).Scan(&deadlocks); err != nil {
			t.Fatal(err)
		}
	}
}

func TestConnectingIsRefused(t *testing.T) {
	target := emptyDatabase(t)
	wrong := target
	wrong.URL = wrong.URL.WithUser(roleName, drivers.NewSecret("not the password"))
	other := target
	other.CAFile = ""
	nobody := target
	nobody.URL = drivers.Address{Scheme: "postgres", User: roleName, Password: rolePassword, HostPort: "127.0.0.1:1", Database: "x"}.URL()
	for name, target := range map[string]drivers.Target{"a wrong password": wrong, "a CA that is not trusted": other, "no server": nobody, "no database": target.WithDatabase("nowhere")} {
		if users, err := postgres.OpenUsers(t.Context(), target); err == nil {
			t.Errorf("%s: opened", name)
			closing(t, users.Close)
		}
	}
	self := other
	self.SelfSigned = true
	closing(t, openAsNoCleanup(t, self).Close)
}

func openAsNoCleanup(t *testing.T, target drivers.Target) *postgres.Users {
	t.Helper()
	users, err := postgres.OpenUsers(t.Context(), target)
	if err != nil {
		t.Fatal(err)
	}
	return users
}
