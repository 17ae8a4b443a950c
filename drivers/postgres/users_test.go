package postgres_test

import (
	"context"
	"fmt"
	"reflect"
	"sync"
	"testing"
	"time"

	"tristore/drivers/postgres"
	"tristore/drivers/store"
)

func openUsers(t *testing.T) *postgres.Users {
	t.Helper()
	users, err := postgres.OpenUsers(t.Context(), migrated(t, store.UsersStore))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { closing(t, users.Close) })
	return users
}

func closing(t *testing.T, end func(context.Context) error) {
	t.Helper()
	if err := end(context.Background()); err != nil {
		t.Error(err)
	}
}

func day(n int) time.Time { return time.Date(2024, 3, n, 12, 0, 0, 0, time.UTC) }

func id(n int) string { return fmt.Sprintf("%024x", n) }

func to[T any](value T) *T { return &value }

func account(n int) store.User {
	return store.User{ID: id(n), Email: to(fmt.Sprintf("user%d@example.org", n)), Password: "$2a$10$x", FirstName: "Ada", LastName: "L.", Language: "en",
		Status: "validated", AuthData: map[string]map[string]any{"azure": {"id": fmt.Sprint("az-", n)}, "github": {"id": fmt.Sprint("gh-", n)}},
		Meta: map[string]any{"pins": []any{"a"}, "big": int64(1)<<53 + 1}, Groups: []string{"g"}, OrgSlugs: []string{}, CreatedAt: day(1), UpdatedAt: day(2)}
}

func TestAccountsComeBackAsTheyWentIn(t *testing.T) {
	users := openUsers(t)
	bare := store.User{ID: id(2), Status: "pending", CreatedAt: day(1), UpdatedAt: day(1)}
	must(t, users.Insert(t.Context(), account(1), bare))
	for _, want := range []store.User{account(1), bare} {
		got, outcome := users.LoadCaller(t.Context(), want.ID)
		must(t, outcome)
		if !reflect.DeepEqual(got, want) {
			t.Errorf("got  %+v\nwant %+v", got, want)
		}
	}
	_, outcome := users.LoadCaller(t.Context(), id(3))
	refused(t, outcome, store.NotFound)
	refused(t, users.Insert(t.Context(), account(1)), store.Unique)
	refused(t, users.Insert(t.Context(), account(9), account(1)), store.Unique)
	_, outcome = users.LoadCaller(t.Context(), id(9))
	refused(t, outcome, store.NotFound)
	refused(t, users.Insert(t.Context(), account(9), store.OrgRole{ID: id(1)}), store.Invalid)
	refused(t, users.Insert(t.Context(), store.Page{}), store.Invalid)
	must(t, users.Insert(t.Context()))
}

func TestSignIn(t *testing.T) {
	users := openUsers(t)
	must(t, users.Insert(t.Context(), account(1)))
	for _, spelling := range []string{"user1@example.org", "User1@EXAMPLE.org"} {
		if got, outcome := users.LoginByEmail(t.Context(), spelling); got.ID != id(1) {
			t.Errorf("sign-in as %s: %s", spelling, outcome.Detail())
		}
	}
	for _, login := range []store.SSOLogin{
		{Provider: "azure", ProviderID: "az-1", Email: "other@example.org", Claims: map[string]any{"name": "A"}},
		{Provider: "github", ProviderID: "gh-1", Claims: map[string]any{"name": "B"}},
		{Provider: "x'y", ProviderID: "new", Email: "USER1@example.org", Claims: map[string]any{"name": "C"}},
	} {
		got, outcome := users.UpdateSSO(t.Context(), login)
		must(t, outcome)
		if got.ID != id(1) || got.AuthData[login.Provider]["id"] != login.ProviderID || got.AuthData[login.Provider]["name"] != login.Claims["name"] {
			t.Errorf("%+v gave %+v", login, got.AuthData)
		}
		if !got.UpdatedAt.After(day(2)) || len(got.AuthData) < 2 {
			t.Errorf("updated at %s, providers %v", got.UpdatedAt, got.AuthData)
		}
	}
	_, outcome := users.UpdateSSO(t.Context(), store.SSOLogin{Provider: "azure", ProviderID: "nobody", Email: "nobody@example.org"})
	refused(t, outcome, store.NotFound)
	refused(t, users.SignUp(t.Context(), store.User{ID: id(5), Email: to("USER1@example.org")}), store.Unique)
	must(t, users.SignUp(t.Context(), store.User{ID: id(5), Email: to("New@Example.org"), Status: "pending"}))
	if got, outcome := users.LoadCaller(t.Context(), id(5)); got.Email == nil || *got.Email != "new@example.org" || got.CreatedAt.IsZero() {
		t.Errorf("after sign-up: %+v, %s", got, outcome.Detail())
	}
}

func TestConcurrentSSOKeepsEveryProvider(t *testing.T) {
	users := openUsers(t)
	must(t, users.Insert(t.Context(), account(1)))
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			_, outcome := users.UpdateSSO(t.Context(), store.SSOLogin{Provider: fmt.Sprint("p", i), ProviderID: "x", Email: "user1@example.org"})
			if !outcome.OK() {
				t.Error(outcome.Detail())
			}
		})
	}
	all.Wait()
	if got, _ := users.LoadCaller(t.Context(), id(1)); len(got.AuthData) != 10 {
		t.Errorf("providers: %v", got.AuthData)
	}
}

func TestWhatExpiredIsNotFound(t *testing.T) {
	users := openUsers(t)
	past, future := time.Now().Add(-time.Minute), time.Now().Add(time.Hour)
	for i, at := range []time.Time{past, future} {
		must(t, users.InsertAnonymous(t.Context(), id(10+i), at))
		must(t, users.Insert(t.Context(), store.AccessToken{ID: id(20 + i), UserID: id(10), Token: fmt.Sprint("at:", i), ExpiresAt: at}))
		must(t, users.Insert(t.Context(), store.OrgAPIKey{ID: id(30 + i), OrgSlug: "acme", Hash: fmt.Sprint("h", i), ExpiresAt: at}))
	}
	_, visitor := users.LoadCaller(t.Context(), id(10))
	_, token := users.AccessTokenByToken(t.Context(), "at:0")
	_, key := users.OrgAPIKeyByHash(t.Context(), "acme", "h0")
	for _, outcome := range []store.Outcome{visitor, token, key} {
		refused(t, outcome, store.NotFound)
	}
	_, visitor = users.LoadCaller(t.Context(), id(11))
	_, token = users.AccessTokenByToken(t.Context(), "at:1")
	_, key = users.OrgAPIKeyByHash(t.Context(), "acme", "h1")
	for _, outcome := range []store.Outcome{visitor, token, key} {
		must(t, outcome)
	}
	_, key = users.OrgAPIKeyByHash(t.Context(), "other", "h1")
	refused(t, key, store.NotFound)
}

func TestOrgContext(t *testing.T) {
	users := openUsers(t)
	org := store.Organisation{ID: id(1), Slug: "acme", Name: "Acme", Domains: []string{"acme.org"}, Branding: map[string]any{"c": "red"}, CreatedAt: day(1)}
	member := store.OrgMembership{ID: id(2), OrgSlug: "acme", UserID: id(9), RoleSlug: "editor", Status: "active", JoinedAt: day(1)}
	role := store.OrgRole{ID: id(3), OrgSlug: "acme", Slug: "editor", Permissions: []string{"p"}, Scopes: []string{}}
	must(t, users.Insert(t.Context(), org))
	// Another organisation, older, in which the same person is somebody else.
	must(t, users.Insert(t.Context(), store.Organisation{ID: id(40), Slug: "other"}))
	must(t, users.Insert(t.Context(), store.OrgMembership{ID: id(41), OrgSlug: "other", UserID: id(9), RoleSlug: "owner"}))
	must(t, users.Insert(t.Context(), store.OrgRole{ID: id(42), OrgSlug: "other", Slug: "editor", Permissions: []string{"all"}}))
	_, outcome := users.OrgContext(t.Context(), "acme", id(9))
	refused(t, outcome, store.NotFound)
	must(t, users.Insert(t.Context(), member))
	must(t, users.Insert(t.Context(), role))
	must(t, users.Insert(t.Context(), store.OrgGroupMember{ID: id(4), OrgSlug: "acme", GroupSlug: "z", UserID: id(9)},
		store.OrgGroupMember{ID: id(5), OrgSlug: "acme", GroupSlug: "a", UserID: id(9)}, store.OrgGroupMember{ID: id(6), OrgSlug: "other", GroupSlug: "b", UserID: id(9)}))
	got, outcome := users.OrgContext(t.Context(), "acme", id(9))
	must(t, outcome)
	if want := (store.OrgContext{Organisation: org, Membership: member, Role: role, Groups: []string{"a", "z"}}); !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
	for _, again := range []store.Record{
		store.Organisation{ID: id(90), Slug: "acme"}, store.OrgMembership{ID: id(91), OrgSlug: "acme", UserID: id(9)}, store.OrgRole{ID: id(92), OrgSlug: "acme", Slug: "editor"},
	} {
		refused(t, users.Insert(t.Context(), again), store.Unique)
	}
}
