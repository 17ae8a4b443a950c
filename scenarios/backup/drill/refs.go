package drill

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"tristore/drivers"
	"tristore/drivers/backup"
	"tristore/drivers/deployment"
	"tristore/drivers/store"
	"tristore/reports/result"
	life "tristore/scenarios/backup"
)

// across looks for users that permissions and collections name and users lacks, in the
// copy, and in copies of the dumps that were taken in other orders meanwhile.
func (r *round) across(ctx context.Context) error {
	for _, other := range r.others {
		if err := r.elsewhere(ctx, other); err != nil {
			return fmt.Errorf("order %s: %w", other.order, err)
		}
	}
	return nil
}

// elsewhere restores dumps of another order, only to look at their references.
func (r *round) elsewhere(ctx context.Context, of *dumps) error {
	again := life.Restored{Host: r.host, Collections: r.from.set.Collections, Saw: &result.Observation{}}
	if err := r.empty(ctx, &again); err != nil {
		return err
	}
	if backup.LeavesIndexesOut(r.plan.Engine) {
		if err := again.MakeIndexes(ctx); err != nil {
			return err
		}
	}
	for i, name := range store.Names() {
		r.meter.tell(0, fmt.Sprintf("restoring %s, dumped in the order %s", name, of.order))
		report, err := backup.Restore(ctx, backup.Place{Cluster: r.target, Database: again.Copies[i].Target.URL.Database()}, of.of[name].archive, again.Without...)
		if err != nil {
			return r.broke(report, err)
		}
	}
	return r.references(ctx, r.targetsOf(again.Copies), &of.facts)
}

// targets are where the three databases of one side are read.
type targets func(store.Name) drivers.Target

func (r *round) targetsOf(copies []*deployment.Blank) targets {
	return func(name store.Name) drivers.Target {
		at := slices.IndexFunc(copies, func(b *deployment.Blank) bool { return b.Store == name })
		return r.owning(copies[at])
	}
}

// usersOf are the ids of all accounts.
func usersOf(ctx context.Context, at targets) (map[string]bool, error) {
	return idsOf(ctx, at(store.UsersStore), store.User{}.Table())
}

// idsOf are the _ids of one table: 24 letters each.
func idsOf(ctx context.Context, at drivers.Target, table string) (ids map[string]bool, err error) {
	reader, err := deployment.OpenReader(ctx, at)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, reader.Close(context.WithoutCancel(ctx))) }()
	ids = map[string]bool{}
	if outcome := reader.EachID(ctx, table, func(id string) { ids[id] = true }); !outcome.OK() {
		return nil, fmt.Errorf("reading the ids of %s: %s", table, outcome.Detail())
	}
	return ids, nil
}

// lookup counts references to users.
type lookup struct {
	copied, source map[string]bool // ids of the users of the copy, and of the source at the loss
	facts          *result.DrillDumps
}

// see looks one reference up. What names a user that the source does not have either is no
// fault of the dumps: a guest, or somebody deleted.
func (l lookup) see(id, where string) {
	if id == "" {
		return
	}
	l.facts.References++
	switch {
	case l.copied[id]:
	case !l.source[id]:
		l.facts.Strangers++
	default:
		l.facts.Dangling++
		if len(l.facts.Shown) < result.DanglingShown {
			l.facts.Shown = append(l.facts.Shown, where+" names user "+id)
		}
	}
}

// subject looks up who made a subject and who stands in its map.
func (l lookup) subject(table string, s store.Subject) {
	l.see(s.CreatedBy, table+" "+s.ID+": createdBy")
	l.see(s.UpdatedBy, table+" "+s.ID+": updatedBy")
	for principal := range s.Permissions {
		if principal != store.Everybody && !strings.HasPrefix(principal, store.RolePrefix) {
			l.see(principal, table+" "+s.ID+": permission map")
		}
	}
}

func (l lookup) record(row store.Record) {
	switch one := row.(type) {
	case store.Workspace:
		l.subject(one.Table(), one.Subject)
	case store.Page:
		l.subject(one.Table(), one.Subject)
	case store.File:
		l.subject(one.Table(), one.Subject)
	case store.AppSecret:
		l.subject(one.Table(), one.Subject)
	case store.Role:
		l.subject(one.Table(), one.Subject)
	case store.Binding:
		if one.PrincipalType == "user" {
			l.see(one.PrincipalID, one.Table()+" "+one.MongoID+": principal")
		}
		l.see(one.GrantedBy, one.Table()+" "+one.MongoID+": grantedBy")
	}
}

// references reads every row that names users.
func (r *round) references(ctx context.Context, copied targets, facts *result.DrillDumps) error {
	users, err := usersOf(ctx, copied)
	if err != nil {
		return err
	}
	look := lookup{users, r.users, facts}
	for _, place := range []struct {
		in     store.Name
		tables []store.Record
	}{
		{store.PermissionsStore, []store.Record{store.Workspace{}, store.Page{}, store.File{}, store.AppSecret{}, store.Role{}}},
		{store.CollectionsStore, []store.Record{store.Binding{}}},
	} {
		reader, err := deployment.OpenReader(ctx, copied(place.in))
		if err != nil {
			return err
		}
		for _, like := range place.tables {
			if outcome := reader.EachRecord(ctx, like, look.record); !outcome.OK() {
				return errors.Join(fmt.Errorf("reading %s of the copy: %s", like.Table(), outcome.Detail()), reader.Close(context.WithoutCancel(ctx)))
			}
		}
		if err := reader.Close(ctx); err != nil {
			return err
		}
	}
	return nil
}
