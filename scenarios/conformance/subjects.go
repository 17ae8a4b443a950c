package conformance

import (
	"context"
	"fmt"

	"tristore/drivers/deployment"
	"tristore/drivers/store"
)

// subjects is the permissions side of the same tenants: each workspace has a page, a
// file, a secret, a custom role and an API key, all named alike. What the first is asked
// for must be its own; once it is deleted nothing of it may be left, and all of its
// neighbours. A secret has no read in the contract, so the tables are counted too.
func (t tenants) subjects(ctx context.Context) error {
	if err := t.fillSubjects(ctx); err != nil {
		return err
	}
	before, err := t.subjectRows(ctx)
	if err != nil {
		return err
	}
	t.saw.Set("subject_rows", float64(before))
	for i := range t.all {
		t.askSubjects(ctx, i, true, "of "+t.all[i])
	}
	if outcome := t.permissions.DeleteWorkspace(ctx, t.all[0]); !outcome.OK() {
		return errorOf("deleting the workspace "+t.all[0], outcome)
	}
	for i := range t.all {
		t.askSubjects(ctx, i, i != 0, "of "+t.all[i]+" after the first was deleted")
	}
	after, err := t.subjectRows(ctx)
	t.saw.Set("subject_rows_after_delete", float64(after))
	return err
}

func (t tenants) fillSubjects(ctx context.Context) error {
	for i, namespace := range t.all {
		slug, page := "slug-"+namespace, "home"
		subject := func(kind int) store.Subject {
			return store.Subject{MongoID: fmt.Sprintf("%016x%08x", kind, i), ID: t.subjectID(kind, i), CreatedBy: "somebody", UpdatedBy: "somebody",
				CreatedAt: longAgo(), UpdatedAt: longAgo(), Permissions: map[string]store.Grant{}}
		}
		role := func(kind int, as string) store.Role {
			return store.Role{Subject: subject(kind), Name: "editors", Type: as, SubjectType: "workspaces", SubjectID: namespace, Rules: "[]"}
		}
		key := role(5, "apiKey")
		key.Auth.APIKey = &store.APIKey{Value: t.key(i)}
		workspace := store.Workspace{Subject: subject(0), Name: "Shop", Slug: &slug, Labels: []string{}, Config: map[string]any{}}
		if outcome := t.permissions.CreateWorkspace(ctx, workspace, role(4, "role"), key); !outcome.OK() {
			return errorOf("creating the workspace "+namespace, outcome)
		}
		for _, record := range []store.Record{
			store.Page{Subject: subject(1), WorkspaceID: namespace, WorkspaceSlug: &slug, Slug: &page, Name: map[string]string{"en": "Home"}, Labels: []string{}},
			store.File{Subject: subject(2), WorkspaceID: namespace, Name: "logo.png", MimeType: "image/png", Metadata: map[string]any{}},
			store.AppSecret{Subject: subject(3), WorkspaceID: namespace, Name: "token", Type: "text", Value: "x"},
		} {
			if outcome := t.permissions.Insert(ctx, record); !outcome.OK() {
				return errorOf("filling "+record.Table()+" of "+namespace, outcome)
			}
		}
	}
	return nil
}

// subjectID is the workspace's own id for kind 0; others begin with it.
func (t tenants) subjectID(kind, i int) string {
	if kind == 0 {
		return t.all[i]
	}
	return fmt.Sprintf("%s-%d", t.all[i], kind)
}

// key differs from its neighbours' in one letter's case, or in what follows.
func (t tenants) key(i int) string { return []string{"key-a", "key-A", "key-a1"}[i] }

// askSubjects compares every read of one workspace with its own rows, or with none.
func (t tenants) askSubjects(ctx context.Context, i int, there bool, suffix string) {
	namespace, in := t.all[i], t.permissions
	one := func(what string, outcome store.Outcome, got, want string) {
		if !there {
			want = store.Refuse(store.NotFound, "").String()
		}
		t.saw.Compare(what+" "+suffix, want, answer(outcome, got))
	}
	workspace, outcome := in.WorkspaceByID(ctx, namespace)
	one("the workspace", outcome, workspace.ID, namespace)
	page, outcome := in.PageBySlug(ctx, "slug-"+namespace, "home")
	one("the page", outcome, page.ID, t.subjectID(1, i))
	role, outcome := in.RoleByAPIKey(ctx, t.key(i))
	one("the API key", outcome, role.SubjectID, namespace)
	list := func(what string, outcome store.Outcome, got []string, own string) {
		want := []string{}
		if there {
			want = append(want, own)
		}
		t.saw.Compare(what+" "+suffix, fmt.Sprint(want), answer(outcome, got))
	}
	files, outcome := in.Files(ctx, namespace, len(t.all)+1)
	list("the files", outcome, idsOf(files, func(f store.File) string { return f.ID }), t.subjectID(2, i))
	roles, outcome := in.CustomRoles(ctx, "workspaces", namespace)
	list("the custom roles", outcome, idsOf(roles, func(r store.Role) string { return r.ID }), t.subjectID(4, i))
}

func idsOf[T any](all []T, id func(T) string) []string {
	ids := []string{}
	for _, one := range all {
		ids = append(ids, id(one))
	}
	return ids
}

// subjectRows counts the rows of the permissions store's five tables.
func (t tenants) subjectRows(ctx context.Context) (rows int64, err error) {
	counted, err := deployment.Fingerprint(ctx, t.admin(store.PermissionsStore))
	for _, record := range []store.Record{store.Workspace{}, store.Page{}, store.File{}, store.AppSecret{}, store.Role{}} {
		rows += counted.Tables[record.Table()].Rows
	}
	return rows, err
}
