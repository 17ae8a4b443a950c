package dataset

import (
	"context"
	"errors"
	"fmt"

	"tristore/drivers/deployment"
	"tristore/drivers/store"
)

// LoadInto inserts the whole identity data set into empty users and permissions
// stores, in batches, user 0 first. A batch that was not acknowledged is an error that
// names its rows; what was inserted before it stays.
func (d Identity) LoadInto(ctx context.Context, into *deployment.Deployment) error {
	if err := d.Sizes.check(); err != nil {
		return err
	}
	for _, t := range d.tables() {
		loader := store.Loader(into.Users)
		if t.permissions {
			loader = into.Permissions
		}
		if err := t.insert(ctx, loader); err != nil {
			return fmt.Errorf("loading the identity data set: %w", err)
		}
	}
	return nil
}

// Rows is how many rows of each table LoadInto inserts, by table name.
func (d Identity) Rows() map[string]int {
	counts := map[string]int{}
	for _, t := range d.tables() {
		counts[t.row(0).Table()] += t.rows
	}
	return counts
}

// table is one kind of record: how many, and row i.
type table struct {
	permissions bool // otherwise users
	rows        int
	row         func(i int) store.Record
}

// tables lists the kinds in the order they are inserted.
func (d Identity) tables() []table {
	s, roles := d.Sizes, len(orgRoles())
	all := []table{
		{rows: s.Users, row: func(i int) store.Record { return d.User(i) }},
		{rows: s.Users, row: func(i int) store.Record { return d.AccessToken(i) }},
		{rows: s.Orgs, row: func(i int) store.Record { return d.Organisation(i) }},
		{rows: s.Orgs * roles, row: func(i int) store.Record { return d.OrgRole(i/roles, i%roles) }},
		{rows: s.Users, row: func(i int) store.Record { return d.Membership(i) }},
		{rows: s.Orgs * s.KeysPerOrg, row: func(i int) store.Record { return d.OrgKey(i/s.KeysPerOrg, i%s.KeysPerOrg) }},
		{permissions: true, rows: s.Workspaces, row: func(i int) store.Record { return d.Workspace(i) }},
		{permissions: true, rows: s.Workspaces * s.PagesPerWorkspace, row: func(i int) store.Record { return d.Page(i/s.PagesPerWorkspace, i%s.PagesPerWorkspace) }},
		{permissions: true, rows: s.Workspaces, row: func(i int) store.Record { return d.KeyRole(i) }},
	}
	if s.GroupsPerUser > 0 {
		all = append(all, table{rows: s.Users * s.GroupsPerUser, row: func(i int) store.Record { return d.GroupMember(i/s.GroupsPerUser, i%s.GroupsPerUser) }})
	}
	if s.FilesPerWorkspace > 0 {
		all = append(all, table{permissions: true, rows: s.Workspaces * s.FilesPerWorkspace, row: func(i int) store.Record { return d.File(i/s.FilesPerWorkspace, i%s.FilesPerWorkspace) }})
	}
	if s.RolesPerWorkspace > 0 {
		all = append(all, table{permissions: true, rows: s.Workspaces * s.RolesPerWorkspace, row: func(i int) store.Record { return d.Role(i/s.RolesPerWorkspace, i%s.RolesPerWorkspace) }})
	}
	return all
}

// batchRows keeps one insert below a megabyte or so at the sizes above.
const batchRows = 250

func (t table) insert(ctx context.Context, into store.Loader) error {
	batch := make([]store.Record, 0, batchRows)
	for i := range t.rows {
		batch = append(batch, t.row(i))
		if len(batch) < batchRows && i+1 < t.rows {
			continue
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		if outcome := into.Insert(ctx, batch...); !outcome.OK() {
			return notDone(outcome, "inserting rows %d to %d of %s", i+1-len(batch), i, batch[0].Table())
		}
		batch = batch[:0]
	}
	return nil
}

// notDone is the error of a step of preparation that the store did not acknowledge.
func notDone(outcome store.Outcome, step string, args ...any) error {
	return fmt.Errorf("%s: %w", fmt.Sprintf(step, args...), errors.New(outcome.Detail()))
}
