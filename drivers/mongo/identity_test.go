package mongo_test

import (
	"fmt"
	"reflect"
	"sync"
	"testing"
	"time"

	"tristore/drivers"
	"tristore/drivers/mongo"
	"tristore/drivers/store"
)

func openUsers(t testing.TB) (*mongo.Users, drivers.Target) {
	t.Helper()
	target := migrated(t, store.UsersStore)
	users, err := mongo.OpenUsers(t.Context(), target)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { closed(t, users.Close) })
	return users, target
}

func openPermissions(t testing.TB) *mongo.Permissions {
	t.Helper()
	permissions, err := mongo.OpenPermissions(t.Context(), migrated(t, store.PermissionsStore))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { closed(t, permissions.Close) })
	return permissions
}

// id is a 24-digit _id.
func id(n int) string { return fmt.Sprintf("%024x", n) }

func moment() time.Time { return time.Date(2024, 3, 1, 12, 0, 0, 123_000_000, time.UTC) }

func TestUsersComeBackAsTheyWentIn(t *testing.T) {
	users, _ := openUsers(t)
	email := "Ann@Example.org"
	ann := store.User{ID: id(1), Email: &email, FirstName: "Ann", Status: "validated", CreatedAt: moment(), UpdatedAt: moment(),
		AuthData: map[string]map[string]any{"azure": {"id": "az-1", "n": int64(7), "list": []any{"a", 1.5, nil, true}}},
		Meta:     map[string]any{"deep": map[string]any{"at": moment()}}, Groups: []string{"g"}, OrgSlugs: []string{}}
	want(t, "inserting", "committed", users.Insert(t.Context(), ann))
	got, outcome := users.LoadCaller(t.Context(), ann.ID)
	want(t, "loading", "committed", outcome)
	lower := "ann@example.org"
	ann.Email = &lower // the platform keeps emails in lower case
	if !reflect.DeepEqual(got, ann) {
		t.Errorf("got  %+v\nwant %+v", got, ann)
	}
	_, outcome = users.LoginByEmail(t.Context(), "ANN@example.ORG")
	want(t, "login in another case", "committed", outcome)
	_, outcome = users.LoadCaller(t.Context(), id(99))
	want(t, "loading nobody", "refused(not found)", outcome)
	want(t, "the same _id again", "refused(unique)", users.Insert(t.Context(), ann))
	want(t, "the same email again", "refused(unique)", users.SignUp(t.Context(), store.User{ID: id(2), Email: &email}))

	after, outcome := users.UpdateSSO(t.Context(), store.SSOLogin{Provider: "okta", ProviderID: "ok-1", Email: lower, Claims: map[string]any{"x": "y"}})
	want(t, "single sign-on by email", "committed", outcome)
	if after.AuthData["okta"]["x"] != "y" || after.AuthData["azure"]["id"] != "az-1" {
		t.Errorf("authData is %v", after.AuthData)
	}
	_, outcome = users.UpdateSSO(t.Context(), store.SSOLogin{Provider: "okta", ProviderID: "ok-2"})
	want(t, "single sign-on of a stranger", "refused(not found)", outcome)
	_, outcome = users.UpdateSSO(t.Context(), store.SSOLogin{Provider: "a.b", ProviderID: "x"})
	want(t, "a provider that is a path", "refused(invalid)", outcome)
}

func TestExpiredDoNotLive(t *testing.T) {
	users, _ := openUsers(t)
	past, future := time.Now().Add(-time.Minute), time.Now().Add(time.Hour)
	want(t, "a visitor", "committed", users.InsertAnonymous(t.Context(), id(1), future))
	want(t, "a visitor of yesterday", "committed", users.InsertAnonymous(t.Context(), id(2), past))
	want(t, "tokens", "committed", users.Insert(t.Context(), store.AccessToken{ID: id(3), Token: "at:new", ExpiresAt: future}, store.AccessToken{ID: id(4), Token: "at:old", ExpiresAt: past}))
	want(t, "keys", "committed", users.Insert(t.Context(), store.OrgAPIKey{ID: id(5), OrgSlug: "o", Hash: "new", ExpiresAt: future}, store.OrgAPIKey{ID: id(6), OrgSlug: "o", Hash: "old", ExpiresAt: past}))
	for what, ask := range map[string]func(living bool) store.Outcome{
		"visitor": func(living bool) store.Outcome {
			_, outcome := users.LoadCaller(t.Context(), map[bool]string{true: id(1), false: id(2)}[living])
			return outcome
		},
		"token": func(living bool) store.Outcome {
			_, outcome := users.AccessTokenByToken(t.Context(), map[bool]string{true: "at:new", false: "at:old"}[living])
			return outcome
		},
		"key": func(living bool) store.Outcome {
			_, outcome := users.OrgAPIKeyByHash(t.Context(), "o", map[bool]string{true: "new", false: "old"}[living])
			return outcome
		},
	} {
		want(t, "a living "+what, "committed", ask(true))
		want(t, "an expired "+what, "refused(not found)", ask(false))
	}
}

func TestOrgContextAndBulkOfRecords(t *testing.T) {
	users, target := openUsers(t)
	for _, records := range [][]store.Record{
		// Another organisation, older, in which the same person is somebody else.
		{store.Organisation{ID: id(40), Slug: "other"}}, {store.OrgMembership{ID: id(40), OrgSlug: "other", UserID: "u", RoleSlug: "owner"}},
		{store.OrgRole{ID: id(40), OrgSlug: "other", Slug: "admin"}}, {store.OrgGroupMember{ID: id(40), OrgSlug: "other", GroupSlug: "m", UserID: "u"}},
		{store.Organisation{ID: id(1), Slug: "acme"}}, {store.OrgMembership{ID: id(1), OrgSlug: "acme", UserID: "u", RoleSlug: "admin"}},
		{store.OrgRole{ID: id(1), OrgSlug: "acme", Slug: "admin"}},
		{store.OrgGroupMember{ID: id(1), OrgSlug: "acme", GroupSlug: "z", UserID: "u"}, store.OrgGroupMember{ID: id(2), OrgSlug: "acme", GroupSlug: "a", UserID: "u"}},
	} {
		want(t, records[0].Table(), "committed", users.Insert(t.Context(), records...))
	}
	got, outcome := users.OrgContext(t.Context(), "acme", "u")
	want(t, "organisation", "committed", outcome)
	if !reflect.DeepEqual(got.Groups, []string{"a", "z"}) || got.Role.Slug != "admin" || got.Role.OrgSlug != "acme" {
		t.Errorf("got %+v", got)
	}
	_, outcome = users.OrgContext(t.Context(), "acme", "stranger")
	want(t, "a stranger", "refused(not found)", outcome)

	// All or none: the third has the slug of the one that is there.
	want(t, "a bulk with one taken slug", "refused(unique)", users.Insert(t.Context(),
		store.Organisation{ID: id(11), Slug: "one"}, store.Organisation{ID: id(12), Slug: "two"}, store.Organisation{ID: id(13), Slug: "acme"}, store.Organisation{ID: id(14), Slug: "four"}))
	for _, slug := range []string{"one", "two", "four"} {
		_, outcome := users.OrgContext(t.Context(), slug, "u")
		want(t, "organisation "+slug+" of a refused bulk", "refused(not found)", outcome)
		if err := mongo.Exec(t.Context(), target, `{"delete": "Organizations", "deletes": [{"q": {"slug": "`+slug+`"}, "limit": 1}]}`); err == nil {
			t.Errorf("organisation %s of a refused bulk was there", slug)
		}
	}
	want(t, "records of two types", "refused(invalid)", users.Insert(t.Context(), store.Organisation{ID: id(21)}, store.OrgRole{ID: id(22)}))
	want(t, "a record of another store", "refused(invalid)", users.Insert(t.Context(), store.Workspace{}))
}

func TestPermissionMaps(t *testing.T) {
	permissions := openPermissions(t)
	slug, other := "s", "t"
	one := store.Workspace{Subject: store.Subject{MongoID: id(1), ID: "w1", CreatedAt: moment(), UpdatedAt: moment()}, Slug: &slug, Labels: []string{}}
	role := store.Role{Subject: store.Subject{MongoID: id(2), ID: "workspaces/w1/role/editor"}, Type: "role", SubjectType: "workspaces", SubjectID: "w1"}
	want(t, "creating", "committed", permissions.CreateWorkspace(t.Context(), one, role))
	two := one
	two.MongoID, two.ID = id(3), "w2"
	want(t, "a taken slug", "refused(unique)", permissions.CreateWorkspace(t.Context(), two, role))
	two.Slug, two.Permissions = &other, map[string]store.Grant{"role:dev": {Policies: map[string]bool{"read": true}}}
	taken := role
	taken.MongoID, taken.ID = role.MongoID, "workspaces/w2/role/editor" // its _id is taken
	want(t, "a role that is refused", "refused(unique)", permissions.CreateWorkspace(t.Context(), two, taken))
	_, outcome := permissions.WorkspaceByID(t.Context(), "w2")
	want(t, "the workspace of a refused creation", "refused(not found)", outcome)
	want(t, "creating the second", "committed", permissions.CreateWorkspace(t.Context(), two))

	grant := store.Grant{Role: "editor", Policies: map[string]bool{"read": true}}
	for _, principal := range []string{"u", store.Everybody, store.RolePrefix + "x"} {
		want(t, "sharing with "+principal, "committed", permissions.Share(t.Context(), "w1", principal, grant))
	}
	for _, principal := range []string{"", "a.b", "$x", "a\x00"} {
		want(t, fmt.Sprintf("sharing with %q", principal), "refused(invalid)", permissions.Share(t.Context(), "w1", principal, grant))
	}
	want(t, "sharing nothing", "refused(not found)", permissions.Share(t.Context(), "w9", "u", grant))
	want(t, "unsharing", "committed", permissions.Unshare(t.Context(), "w1", store.Everybody))
	want(t, "unsharing somebody who is not there", "committed", permissions.Unshare(t.Context(), "w1", "nobody"))
	found, _ := permissions.WorkspaceByID(t.Context(), "w1")
	if len(found.Permissions) != 2 || !reflect.DeepEqual(found.Permissions["u"], grant) {
		t.Errorf("the map is %+v", found.Permissions)
	}
	for _, c := range []struct {
		list store.WorkspaceList
		want int
	}{{store.WorkspaceList{UserID: "u"}, 1}, {store.WorkspaceList{UserID: "v"}, 0}, {store.WorkspaceList{UserID: "v", Roles: []string{"dev"}}, 1},
		{store.WorkspaceList{UserID: "u", Roles: []string{"dev", "editor"}}, 2}} {
		list, outcome := permissions.ListMyWorkspaces(t.Context(), c.list)
		if want(t, "listing", "committed", outcome); len(list) != c.want {
			t.Errorf("%+v: %d workspaces, want %d", c.list, len(list), c.want)
		}
	}
	roles, outcome := permissions.CustomRoles(t.Context(), "workspaces", "w1")
	if want(t, "roles", "committed", outcome); len(roles) != 1 || roles[0].MongoID != role.MongoID {
		t.Errorf("roles are %+v", roles)
	}
	want(t, "deleting", "committed", permissions.DeleteWorkspace(t.Context(), "w1"))
	want(t, "deleting again", "refused(not found)", permissions.DeleteWorkspace(t.Context(), "w1"))
	if roles, _ := permissions.CustomRoles(t.Context(), "workspaces", "w1"); len(roles) != 0 {
		t.Errorf("roles are left: %+v", roles)
	}
}

func TestOneWinnerOfAWorkspace(t *testing.T) {
	permissions := openPermissions(t)
	var racing sync.WaitGroup
	outcomes := make([]store.Outcome, 8)
	slug := "same"
	for i := range outcomes {
		racing.Go(func() {
			outcomes[i] = permissions.CreateWorkspace(t.Context(), store.Workspace{Subject: store.Subject{MongoID: id(i), ID: fmt.Sprint(i)}, Slug: &slug})
		})
	}
	racing.Wait()
	won := 0
	for _, outcome := range outcomes {
		if outcome.OK() {
			won++
		} else {
			want(t, "a loser", "refused(unique)", outcome)
		}
	}
	if won != 1 {
		t.Errorf("%d winners", won)
	}
}
