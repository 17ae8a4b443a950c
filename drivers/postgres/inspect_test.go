package postgres_test

import (
	"slices"
	"strings"
	"testing"

	"tristore/drivers"
	"tristore/drivers/postgres"
	"tristore/drivers/store"
)

// missing lists the promised indexes that the database has not, or not valid.
func missing(t *testing.T, target drivers.Target, name store.Name) (all []string) {
	t.Helper()
	found, err := postgres.Indexes(t.Context(), target)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range postgres.ExpectedIndexes(name) {
		if !slices.ContainsFunc(found, func(has store.IndexInfo) bool {
			return has.Table == want.Table && slices.Equal(has.Fields, want.Fields) && has.Unique == want.Unique && has.Valid
		}) {
			all = append(all, want.Table+" ("+strings.Join(want.Fields, ", ")+")")
		}
	}
	return all
}

func scans(t *testing.T, target drivers.Target, name store.Name) (all []string) {
	t.Helper()
	plans, err := postgres.HotPlans(t.Context(), target, name)
	if err != nil {
		t.Fatal(err)
	}
	for _, hot := range plans {
		if hot.Plan.FullScan || len(hot.Plan.Indexes) == 0 {
			all = append(all, hot.Operation)
		}
	}
	if len(plans) == 0 {
		t.Errorf("no hot plans of %s", name)
	}
	return all
}

func TestPromisedIndexesExistAndServe(t *testing.T) {
	for _, name := range store.Names() {
		target := migrated(t, name)
		if gone := missing(t, target, name); gone != nil || len(postgres.ExpectedIndexes(name)) == 0 {
			t.Errorf("%s lacks %v", name, gone)
		}
		if slow := scans(t, target, name); slow != nil {
			t.Errorf("%s scans for %v", name, slow)
		}
	}
}

// Every index that a request path needs, dropped: it must be missed, and the path must scan.
func TestDroppedIndexesAreSeen(t *testing.T) {
	for _, c := range []struct {
		store               store.Name
		index, lacks, scans string
	}{
		{store.UsersStore, `"Users_email_idx"`, "Users (lower(email))", "LoginByEmail"},
		{store.UsersStore, `"Users_auth_data_azure_id_idx"`, "Users (((auth_data -> 'azure'::text) ->> 'id'::text))", "UpdateSSO"},
		{store.UsersStore, `"AccessTokens_token_idx"`, "AccessTokens (token)", "AccessTokenByToken"},
		{store.UsersStore, `"OrgMemberships_org_slug_user_id_key"`, "OrgMemberships (org_slug, user_id)", "OrgContext"},
		{store.PermissionsStore, "workspaces_id_key", "workspaces (id)", "WorkspaceByID,Share"},
		{store.PermissionsStore, "pages_workspace_slug_slug_key", "pages (workspace_slug, slug)", "PageBySlug"},
		{store.PermissionsStore, "workspaces_permissions_idx", "workspaces (permissions)", "ListMyWorkspaces"},
		{store.PermissionsStore, "files_workspace_id_created_at_idx", "files (workspace_id, created_at)", "Files"},
		{store.PermissionsStore, "roles_subject_type_subject_id_idx", "roles (subject_type, subject_id)", "CustomRoles"},
		{store.PermissionsStore, "roles_auth_api_key_value_key", "roles (((auth -> 'apiKey'::text) ->> 'value'::text))", "RoleByAPIKey"},
		{store.CollectionsStore, "product_bindings_tuple_key", "product_bindings (workspace_id, resource_type, resource_id, principal_type, principal_id)", ""}, // the one by principal serves
	} {
		target := migrated(t, c.store)
		if err := postgres.Exec(t.Context(), target, "DROP INDEX "+c.index); err != nil {
			t.Fatal(err)
		}
		if gone := missing(t, target, c.store); !slices.Equal(gone, []string{c.lacks}) {
			t.Errorf("without %s these are missed: %v", c.index, gone)
		}
		if slow := strings.Join(scans(t, target, c.store), ","); slow != c.scans {
			t.Errorf("without %s these scan: %q, wanted %q", c.index, slow, c.scans)
		}
	}
}

func TestAnInvalidIndexIsNotValid(t *testing.T) {
	target := migrated(t, store.UsersStore)
	users, err := postgres.OpenUsers(t.Context(), target)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { closing(t, users.Close) })
	twice := []store.Record{store.User{ID: id(1), Photo: "same"}, store.User{ID: id(2), Photo: "same"}}
	must(t, users.Insert(t.Context(), twice...))
	if err := postgres.Exec(t.Context(), target, `CREATE UNIQUE INDEX CONCURRENTLY broken ON "Users" (photo)`); err == nil {
		t.Fatal("a unique index over duplicates was built")
	}
	found, err := postgres.Indexes(t.Context(), target)
	if err != nil {
		t.Fatal(err)
	}
	at := slices.IndexFunc(found, func(has store.IndexInfo) bool { return has.Name == "broken" })
	if at < 0 || found[at].Valid {
		t.Errorf("the failed index: %+v", found)
	}
}

func TestServerInfoAndIdentity(t *testing.T) {
	version, settings, err := postgres.ServerInfo(t.Context(), admin())
	if err != nil || !strings.HasPrefix(version, settings["server_version"]) || settings["ssl"] != "on" {
		t.Errorf("%q, %v, %v", version, settings, err)
	}
	for _, name := range []string{"fsync", "synchronous_commit", "full_page_writes", "shared_buffers", "max_connections", "password_encryption", "wal_level", "shared_preload_libraries", "work_mem"} {
		if _, told := settings[name]; !told {
			t.Errorf("setting %s is not told", name)
		}
	}
	first, second := emptyDatabase(t), emptyDatabase(t)
	one, err := postgres.Identity(t.Context(), first)
	if err != nil {
		t.Fatal(err)
	}
	again, _ := postgres.Identity(t.Context(), first)
	other, _ := postgres.Identity(t.Context(), second)
	if one != again || one == other || one == "" {
		t.Errorf("identities %q, %q and %q", one, again, other)
	}
	if _, _, err := postgres.ServerInfo(t.Context(), drivers.Target{URL: admin().URL.WithUser("postgres", drivers.NewSecret("wr0ng")), CAFile: admin().CAFile}); err == nil || strings.Contains(err.Error(), "wr0ng") {
		t.Errorf("a wrong password: %v", err)
	}
}
