package migrations

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"tristore/drivers/deployment"
	"tristore/drivers/store"
	"tristore/reports/result"
	"tristore/scenarios"
)

// FirstStart migrates three empty databases as the application role, which has the
// documented grants and nothing else, asks the server what that role may do, and then
// writes and reads through the stores as that role.
//
// Cases: the start on each store, "comes up", or what stopped it; one per table of the
// contract, "there"; and on each store one write and one read as the role, "committed".
// A sound check compares at least 23.
// Facts:
//   - stores = 3: databases started on
//   - start_errors = 0: starts that failed; each is a broken case that says why
//   - versions: applied in all; at least 3
//   - objects: tables, columns, constraints and indexes found afterwards; at least 50 on
//     PostgreSQL, and more than the tables of the contract everywhere
//   - roles_asked: databases whose server told what the role may do; 3
//   - powers = 0: attributes of the role beyond its grants, such as superuser
//
// Where the engine cannot restrict a role, objects are checked all the same, and unless
// one is missing the claim is not applicable, by the probe that the host made.
func FirstStart(ctx context.Context, on scenarios.Stage, saw *result.Observation) {
	record(saw, "stores", "start_errors", "versions", "objects", "roles_asked", "powers")
	var blanks []*deployment.Blank
	defer func() {
		for _, blank := range blanks {
			saw.Stop(blank.Drop(context.WithoutCancel(ctx)))
		}
	}()
	for _, name := range store.Names() {
		blank, err := on.Host.Blank(ctx, name)
		if err != nil {
			saw.Stop(err)
			return
		}
		blanks = append(blanks, blank)
		if err := firstStart(ctx, on, blank, saw); err != nil {
			saw.Stop(err)
			return
		}
	}
	if saw.Facts["start_errors"] > 0 {
		return // nothing to open
	}
	if err := firstUse(ctx, on, blanks, saw); err != nil {
		saw.Stop(err)
		return
	}
	if !on.Host.Role.Restricted && sound(saw) {
		saw.Probe = "every object is there, but the role is not restricted: " + on.Host.Role.Why
	}
}

// sound tells whether nothing seen so far is other than promised.
func sound(saw *result.Observation) bool {
	return saw.Trouble == "" && !slices.ContainsFunc(saw.Cases, func(c result.Case) bool { return c.Want != c.Got })
}

func firstStart(ctx context.Context, on scenarios.Stage, blank *deployment.Blank, saw *result.Observation) error {
	powers, asked, err := on.Host.Powers(ctx, blank.Target)
	if err != nil {
		return err
	}
	if asked {
		saw.Add("roles_asked", 1)
	}
	for _, power := range powers {
		saw.Add("powers", 1)
		saw.See("%s: the role has %s", blank.Store, power)
	}
	saw.Add("stores", 1)
	done, err := deployment.Migrate(ctx, blank.Target, blank.Store, on.Host.Files(blank.Store))
	saw.Compare(fmt.Sprintf("a first start on %s", blank.Store), comesUp, startOutcome(err))
	if err != nil {
		saw.Add("start_errors", 1)
		saw.See("%s: %v", blank.Store, err)
		return nil
	}
	saw.Add("versions", float64(len(done.Applied)))
	made, err := deployment.Fingerprint(ctx, blank.Admin)
	if err != nil {
		return err
	}
	saw.Add("objects", float64(len(made.Objects)))
	for _, table := range tablesOf(blank.Store) {
		_, there := made.Tables[table]
		saw.Compare(fmt.Sprintf("table %s of %s", table, blank.Store), "there", map[bool]string{true: "there", false: "missing"}[there])
	}
	return nil
}

const comesUp = "comes up"

// startOutcome is a start as a case shows it. A refused schema file is sentence enough.
func startOutcome(err error) string {
	var refused *store.Unapplied
	switch {
	case err == nil:
		return comesUp
	case errors.As(err, &refused):
		return refused.Error()
	default:
		return err.Error()
	}
}

// tablesOf are the tables that the contract needs of a store.
func tablesOf(name store.Name) []string {
	var tables []string
	for _, record := range recordsOf(name) {
		tables = append(tables, record.Table())
	}
	return tables
}

// recordsOf is one of each record that a store holds.
func recordsOf(name store.Name) []store.Record {
	return map[store.Name][]store.Record{
		store.UsersStore: {store.User{}, store.AccessToken{}, store.Organisation{}, store.OrgMembership{}, store.OrgRole{},
			store.OrgGroupMember{}, store.OrgAPIKey{}},
		store.PermissionsStore: {store.Workspace{}, store.Page{}, store.File{}, store.AppSecret{}, store.Role{}},
		store.CollectionsStore: {store.Binding{}},
	}[name]
}

// firstUse writes and reads once through each store, which the grants must allow on
// what the role itself has just made.
func firstUse(ctx context.Context, on scenarios.Stage, blanks []*deployment.Blank, saw *result.Observation) (err error) {
	opened, err := on.Host.OpenOn(ctx, blanks)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, opened.Close(context.WithoutCancel(ctx))) }()
	compare := func(name string, outcome store.Outcome) {
		saw.Compare(name, store.Committed, outcome)
		if !outcome.OK() {
			saw.See("%s: %s", name, outcome.Detail())
		}
	}
	const id, workspace = "65f1a2b3c4d5e6f708192a3b", "first01"
	compare("users: sign up as the role", opened.Users.SignUp(ctx, store.User{ID: id, Status: "validated"}))
	_, outcome := opened.Users.LoadCaller(ctx, id)
	compare("users: load the caller", outcome)
	slug := "first-workspace"
	compare("permissions: create a workspace", opened.Permissions.CreateWorkspace(ctx, store.Workspace{
		Subject: store.Subject{MongoID: id, ID: workspace, CreatedBy: id, Permissions: map[string]store.Grant{id: {Role: "owner"}}}, Name: "First", Slug: &slug}))
	_, outcome = opened.Permissions.WorkspaceByID(ctx, workspace)
	compare("permissions: read the workspace", outcome)
	at := store.Collection{Namespace: workspace, Name: "notes"}
	compare("collections: declare a collection", opened.Collections.UpdateSchema(ctx, store.Schema{Collection: at,
		Properties: []store.Property{{Name: "key", Type: store.Text, Required: true}}, Indexes: []store.Index{{Fields: []string{"key"}, Unique: true}}}))
	_, outcome = opened.Collections.Create(ctx, at, store.Document{"key": "one"})
	compare("collections: create a row", outcome)
	rows, outcome := opened.Collections.Find(ctx, at, store.Query{})
	if outcome.OK() && (len(rows) != 1 || rows[0]["key"] != "one") {
		outcome = store.Refuse(store.NotFound, "the row just created is not what is found: %v", rows)
	}
	compare("collections: read the row", outcome)
	return nil
}
