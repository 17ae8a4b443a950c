package postgres_test

import (
	"fmt"
	"reflect"
	"sync"
	"testing"

	"tristore/drivers/postgres"
	"tristore/drivers/store"
)

func openPermissions(t *testing.T) *postgres.Permissions {
	t.Helper()
	permissions, err := postgres.OpenPermissions(t.Context(), migrated(t, store.PermissionsStore))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { closing(t, permissions.Close) })
	return permissions
}

func subject(n int, grants map[string]store.Grant) store.Subject {
	return store.Subject{MongoID: id(n), ID: fmt.Sprintf("s%06d", n), CreatedBy: "c", UpdatedBy: "u", CreatedAt: day(n), UpdatedAt: day(n), Permissions: grants}
}

func reader() store.Grant { return store.Grant{Policies: map[string]bool{"read": true}} }

func TestSubjectsComeBackAsTheyWentIn(t *testing.T) {
	p := openPermissions(t)
	w := store.Workspace{Subject: subject(1, map[string]store.Grant{"u": {Role: "owner", Policies: map[string]bool{"read": true}}}), Name: "W", Slug: to("w"),
		Labels: []string{"a"}, Config: map[string]any{"n": int64(3), "f": 1.5}}
	bare := store.Workspace{Subject: subject(2, map[string]store.Grant{})}
	must(t, p.CreateWorkspace(t.Context(), w))
	must(t, p.CreateWorkspace(t.Context(), bare))
	for _, want := range []store.Workspace{w, bare} {
		got, outcome := p.WorkspaceByID(t.Context(), want.ID)
		must(t, outcome)
		if !reflect.DeepEqual(got, want) {
			t.Errorf("got  %+v\nwant %+v", got, want)
		}
	}
	page := store.Page{Subject: subject(3, map[string]store.Grant{}), WorkspaceID: w.ID, WorkspaceSlug: to("w"), Slug: to("home"), Name: map[string]string{"en": "Home"}, Labels: []string{}}
	must(t, p.Insert(t.Context(), page))
	got, outcome := p.PageBySlug(t.Context(), "w", "home")
	must(t, outcome)
	if !reflect.DeepEqual(got, page) {
		t.Errorf("got  %+v\nwant %+v", got, page)
	}
	page.MongoID, page.ID = id(4), "other"
	refused(t, p.Insert(t.Context(), page), store.Unique)
	_, outcome = p.PageBySlug(t.Context(), "w", "nowhere")
	refused(t, outcome, store.NotFound)
	slugTwice := store.Workspace{Subject: subject(5, nil), Slug: to("w")}
	refused(t, p.CreateWorkspace(t.Context(), slugTwice), store.Unique)
}

func TestListMyWorkspaces(t *testing.T) {
	p := openPermissions(t)
	for n, grants := range []map[string]store.Grant{
		{"me": reader()}, {"me": {Role: "editor"}}, {"me": {Role: "guest"}}, {store.Everybody: reader()}, {store.RolePrefix + "editor": reader()},
		{"other": reader()}, {"me": {Policies: map[string]bool{"read": false}}}, {`q"u\o` + "'\u20ac": reader()}, nil,
	} {
		must(t, p.CreateWorkspace(t.Context(), store.Workspace{Subject: subject(n+1, grants)}))
	}
	for _, c := range []struct {
		list store.WorkspaceList
		want []int
	}{
		{store.WorkspaceList{UserID: "me"}, []int{4, 1}},
		{store.WorkspaceList{UserID: "me", Roles: []string{"editor"}}, []int{5, 4, 2, 1}},
		{store.WorkspaceList{UserID: "me", Roles: []string{"editor", "guest", "none"}}, []int{5, 4, 3, 2, 1}},
		{store.WorkspaceList{UserID: "me", Roles: []string{"editor"}, Limit: 2}, []int{5, 4}},
		{store.WorkspaceList{UserID: `q"u\o` + "'\u20ac"}, []int{8, 4}},
		{store.WorkspaceList{UserID: `me" == 1 || true || "`}, []int{4}},
		{store.WorkspaceList{}, []int{4}},
	} {
		got, outcome := p.ListMyWorkspaces(t.Context(), c.list)
		must(t, outcome)
		var numbers []int
		for _, w := range got {
			numbers = append(numbers, w.CreatedAt.Day())
		}
		if !reflect.DeepEqual(numbers, c.want) {
			t.Errorf("%+v: %v, wanted %v", c.list, numbers, c.want)
		}
	}
	_, outcome := p.ListMyWorkspaces(t.Context(), store.WorkspaceList{Limit: -1})
	refused(t, outcome, store.Invalid)
}

func TestSharesAreNotLost(t *testing.T) {
	p := openPermissions(t)
	w := store.Workspace{Subject: subject(1, map[string]store.Grant{"owner": {Role: "owner"}, "gone": {Role: "editor"}})}
	must(t, p.CreateWorkspace(t.Context(), w))
	var all sync.WaitGroup
	for i := range 20 {
		all.Go(func() {
			if outcome := p.Share(t.Context(), w.ID, fmt.Sprint("u", i), reader()); !outcome.OK() {
				t.Error(outcome.Detail())
			}
		})
	}
	all.Go(func() {
		if outcome := p.Unshare(t.Context(), w.ID, "gone"); !outcome.OK() {
			t.Error(outcome.Detail())
		}
	})
	all.Wait()
	got, outcome := p.WorkspaceByID(t.Context(), w.ID)
	must(t, outcome)
	if _, there := got.Permissions["gone"]; len(got.Permissions) != 21 || there || got.Permissions["owner"].Role != "owner" {
		t.Errorf("%d principals: %v", len(got.Permissions), got.Permissions)
	}
	must(t, p.Share(t.Context(), w.ID, "u1", store.Grant{Role: "viewer"}))
	if got, _ := p.WorkspaceByID(t.Context(), w.ID); !reflect.DeepEqual(got.Permissions["u1"], store.Grant{Role: "viewer"}) {
		t.Errorf("an entry shared again is %+v", got.Permissions["u1"])
	}
	refused(t, p.Share(t.Context(), "nowhere", "u", reader()), store.NotFound)
	refused(t, p.Unshare(t.Context(), "nowhere", "u"), store.NotFound)
	must(t, p.Unshare(t.Context(), w.ID, "never there"))
}

func TestWorkspacesComeAndGoWhole(t *testing.T) {
	p := openPermissions(t)
	w := store.Workspace{Subject: subject(1, nil), Slug: to("w")}
	key := func(n int, value string) store.Role {
		role := store.Role{Subject: subject(n, map[string]store.Grant{}), Name: "key", Type: "apiKey", SubjectType: "workspaces", SubjectID: w.ID, Rules: "[]"}
		role.Auth.APIKey = &store.APIKey{Value: value}
		return role
	}
	rule := store.Role{Subject: subject(11, map[string]store.Grant{}), Name: "rule", Type: "casl", SubjectType: "workspaces", SubjectID: w.ID, Rules: "[]"}
	must(t, p.CreateWorkspace(t.Context(), w, key(10, "k1"), rule))
	other := store.Workspace{Subject: subject(2, nil)}
	refused(t, p.CreateWorkspace(t.Context(), other, key(12, "k1")), store.Unique)
	_, outcome := p.WorkspaceByID(t.Context(), other.ID)
	refused(t, outcome, store.NotFound)

	rule.Name = "renamed"
	must(t, p.CreateWorkspace(t.Context(), other, rule)) // an upsert: the role is there already
	roles, outcome := p.CustomRoles(t.Context(), "workspaces", w.ID)
	must(t, outcome)
	if len(roles) != 1 || !reflect.DeepEqual(roles[0], rule) {
		t.Errorf("custom roles: %+v", roles)
	}
	if got, outcome := p.RoleByAPIKey(t.Context(), "k1"); got.ID != key(10, "").ID {
		t.Errorf("role by key: %+v, %s", got, outcome.Detail())
	}
	off := key(13, "k2")
	off.Disabled = true
	must(t, p.Insert(t.Context(), off))
	_, outcome = p.RoleByAPIKey(t.Context(), "k2")
	refused(t, outcome, store.NotFound)

	file := func(n int, of string) store.File {
		return store.File{Subject: subject(n, nil), WorkspaceID: of, Name: "f"}
	}
	must(t, p.Insert(t.Context(), file(20, w.ID), file(22, w.ID), file(21, w.ID), file(23, other.ID)))
	files, outcome := p.Files(t.Context(), w.ID, 2)
	must(t, outcome)
	if len(files) != 2 || files[0].ID != "s000022" || files[1].ID != "s000021" {
		t.Errorf("files: %+v", files)
	}
	must(t, p.Insert(t.Context(), store.AppSecret{Subject: subject(25, nil), WorkspaceID: w.ID, Name: "n", Value: "v"}))
	must(t, p.DeleteWorkspace(t.Context(), w.ID))
	refused(t, p.DeleteWorkspace(t.Context(), w.ID), store.NotFound)
	files, _ = p.Files(t.Context(), w.ID, 9)
	left, _ := p.Files(t.Context(), other.ID, 9)
	roles, _ = p.CustomRoles(t.Context(), "workspaces", w.ID)
	if len(files) != 0 || len(left) != 1 || len(roles) != 0 {
		t.Errorf("after deletion: %d files, %d of the other, %d roles", len(files), len(left), len(roles))
	}
}
