package drill

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"time"

	"tristore/drivers"
	"tristore/drivers/backup"
	"tristore/drivers/cluster"
	"tristore/drivers/deployment"
	"tristore/drivers/postgres"
	"tristore/drivers/store"
	"tristore/reports/result"
)

// Own drills somebody's own three databases: they are only read, by an account that need
// not be able to write, and come back on a cluster that is thrown away. No ledger is
// written there, so that what a loss would cost is not known.
type Own struct {
	// Databases say which holds which store; empty goes by the end of their names.
	Databases map[store.Name]string `json:"databases,omitempty"`
	At        string                `json:"at"` // host and port, for the pages
	Into      drivers.Engine        `json:"into"`
	Reach     drivers.Reach         `json:"into_reach"`
	Role      string                `json:"role,omitempty"`       // the application's; empty is the owner of most tables
	Schemas   string                `json:"migrations,omitempty"` // folder of the user's own schema files; empty is built in
}

func (p Plan) ownFacts() *result.DrillOwn {
	if p.Own == nil {
		return nil
	}
	facts := &result.DrillOwn{At: p.Own.At, Into: p.Own.Into.String(), Reach: string(p.Own.Reach), Databases: map[string]string{}}
	for name, database := range p.Own.Databases {
		facts.Databases[string(name)] = database
	}
	return facts
}

// into is the engine that a copy is restored into.
func (p Plan) into() drivers.Engine {
	if p.Own != nil {
		return p.Own.Into
	}
	return p.Engine
}

func (p Plan) options() deployment.Options {
	if p.Own == nil || p.Own.Schemas == "" {
		return deployment.Options{}
	}
	return deployment.Options{Migrations: os.DirFS(p.Own.Schemas)}
}

// emptySpec asks for the cluster of a copy.
func (d *drill) emptySpec() cluster.Spec {
	spec := d.spec("target")
	if own := d.plan.Own; own != nil {
		spec.Engine, spec.Reach, spec.Address = own.Into, own.Reach, cluster.External{}
	}
	return spec
}

// ownDatabase is one of somebody's databases.
type ownDatabase struct {
	at drivers.Target
	postgres.Dumpable
}

// ownRole is the application's role of one database, on the throwaway cluster.
type ownRole struct {
	deployment.Role
	owner string // of the database there; empty is the administrator
	admin bool   // who owns the tables is the administrator there
}

// meet looks at somebody's databases, and refuses what a dump would only fail at later.
func (d *drill) meet(ctx context.Context) (*source, error) {
	s := &source{own: map[store.Name]ownDatabase{}}
	var err error
	if s.Cluster, err = cluster.Start(ctx, d.spec("source")); err != nil {
		return nil, err
	}
	if err := d.lookAt(ctx, s); err != nil {
		return nil, errors.Join(err, s.Close(context.WithoutCancel(ctx)))
	}
	return s, nil
}

func (d *drill) lookAt(ctx context.Context, s *source) error {
	began := time.Now()
	d.meter.tell(0, "looking at the three databases")
	s.Cluster.Admin = s.Cluster.Admin.WithApplication("tristore backup drill")
	if err := backup.Ready(ctx, backup.Place{Cluster: s.Cluster}); err != nil {
		return fmt.Errorf("%w: %w", cluster.ErrUnreachable, err)
	}
	databases, err := d.whichDatabases(ctx, s.Cluster.Admin)
	if err != nil {
		return err
	}
	said := make([]string, 0, len(databases))
	for _, name := range store.Names() {
		one := ownDatabase{at: s.Cluster.Admin.WithDatabase(databases[name])}
		if one.Dumpable, err = postgres.ReadDumpable(ctx, one.at); err != nil {
			return fmt.Errorf("%w: looking at database %s for store %s: %w", cluster.ErrUnreachable, databases[name], name, err)
		}
		if why := one.refusal(); why != "" {
			return fmt.Errorf("%w: %s", cluster.ErrUnreachable, why)
		}
		s.own[name], d.facts.Drill.Own.Databases[string(name)] = one, databases[name]
		said = append(said, fmt.Sprintf("%s in %s, %d tables", name, databases[name], one.Tables))
	}
	d.facts.Environment.InForce[d.plan.Engine.String()] = s.Cluster.InForce
	d.facts.Engines[0].Version, d.facts.Engines[0].ReadySeconds = s.Cluster.Version, s.Cluster.Ready.Seconds()
	if s.asked, err = s.size(ctx); err != nil {
		return err
	}
	d.meter.total = s.asked * passes * int64(d.plan.Rounds)
	d.facts.Steps = append(d.facts.Steps, result.Step{What: "look at the three databases, as " + s.Cluster.Admin.URL.User(), Seconds: time.Since(began).Seconds(), Bytes: s.asked,
		Said: strings.Join(said, "; ") + "; nothing is written there"})
	return nil
}

// refusal says what stands in the way of a dump; empty when nothing does.
func (o ownDatabase) refusal() string {
	database, account := o.at.URL.Database(), o.at.URL.User()
	switch {
	case o.HiddenAll > 0:
		return fmt.Sprintf("role %s may not read %d tables and sequences of database %s, such as %s: a dump would end there; grant it SELECT on them (from 14 on: GRANT pg_read_all_data TO %s) and BYPASSRLS where policies hide rows",
			account, o.HiddenAll, database, strings.Join(o.Hidden, ", "), account)
	case o.Tables == 0:
		return fmt.Sprintf("database %s holds no table: name the databases of the three stores by --stores users=DATABASE,permissions=DATABASE,collections=DATABASE", database)
	}
	return ""
}

// whichDatabases are those of the plan, else by the end of their names.
func (d *drill) whichDatabases(ctx context.Context, at drivers.Target) (map[store.Name]string, error) {
	if len(d.plan.Own.Databases) > 0 {
		return d.plan.Own.Databases, nil
	}
	names, err := postgres.Databases(ctx, at)
	if err != nil {
		return nil, err
	}
	found := map[store.Name]string{}
	for _, name := range store.Names() {
		fit := slices.DeleteFunc(slices.Clone(names), func(database string) bool { return store.ByDatabase(database) != name })
		if len(fit) != 1 {
			return nil, fmt.Errorf("%w: %d databases there end in %s (%s): say which by --stores users=DATABASE,permissions=DATABASE,collections=DATABASE",
				cluster.ErrUnreachable, len(fit), name, strings.Join(fit[:min(len(fit), postgres.HiddenShown)], ", "))
		}
		found[name] = fit[0]
	}
	return found, nil
}

// fits tells whether the throwaway cluster can hold what the databases need of a server.
func (r *round) fits(ctx context.Context) error {
	if r.plan.Own == nil {
		return nil
	}
	var needs []string
	for _, name := range store.Names() {
		needs = append(needs, r.from.own[name].Extensions...)
	}
	lacks, err := postgres.LacksExtensions(ctx, r.target.Admin, slices.Compact(slices.Sorted(slices.Values(needs))))
	if err == nil && len(lacks) > 0 {
		return fmt.Errorf("%w: the databases use extensions that the throwaway %s (%s) does not have: %s; name an image that has them by --image %s=IMAGE",
			cluster.ErrUnreachable, r.plan.Own.Into.Title(), r.plan.Own.Reach, strings.Join(lacks, ", "), r.plan.Own.Into)
	}
	return err
}

// takeOwn dumps somebody's databases, each with a fingerprint of the same moment.
func (r *round) takeOwn(ctx context.Context) (err error) {
	if r.facts.Bytes, err = r.from.size(ctx); err != nil {
		return err
	}
	if r.main, err = r.dump(ctx, r.plan.Order, false); err != nil {
		return err
	}
	r.loss = time.Now()
	if err := r.dumpOthers(ctx); err != nil {
		return err
	}
	for _, name := range store.Names() {
		if why := foreignTo(name, r.from.own[name], r.main.of[name].promised); why != "" {
			r.foreign = why
			return nil
		}
	}
	r.users, err = usersOf(ctx, r.from.at)
	return err
}

// foreignTo says why a database is not one of the platform's for a store; empty when it is.
func foreignTo(name store.Name, of ownDatabase, print store.Fingerprint) string {
	if _, versioned := print.Tables[deployment.VersionTable]; !versioned {
		return fmt.Sprintf("database %s has no table %s, so that how an application starts on it is not known", of.at.URL.Database(), deployment.VersionTable)
	}
	promised := map[string]bool{}
	for _, index := range deployment.ExpectedIndexes(of.at, name) {
		promised[index.Table] = true
	}
	there := 0
	for table := range promised {
		if _, is := print.Tables[table]; is {
			there++
		}
	}
	if 2*there < len(promised) {
		return fmt.Sprintf("database %s has %d of the %d tables of store %s, so that nobody knows what to ask it for", of.at.URL.Database(), there, len(promised), name)
	}
	return ""
}

// ownBlanks makes the roles that the dumps name, which stand in no dump of a database, and
// three empty databases like the lost ones.
func (r *round) ownBlanks(ctx context.Context, fetched map[store.Name]backup.Archive) error {
	admin, made := r.target.Admin.URL.User(), map[string]deployment.Role{}
	r.apps = map[store.Name]ownRole{}
	for _, name := range store.Names() {
		roles, err := backup.RolesOf(ctx, backup.Place{Cluster: r.target, Database: "postgres"}, fetched[name])
		if err != nil {
			return err
		}
		for _, role := range append(roles.Named, r.from.own[name].Like.Owner) {
			if _, is := made[role]; is || role == admin {
				continue
			}
			if made[role], err = r.host.AddRole(ctx, role); err != nil {
				return err
			}
		}
		wanted := roles.Owner
		if r.plan.Own.Role != "" {
			wanted = r.plan.Own.Role
		}
		app := ownRole{Role: made[wanted], owner: r.from.own[name].Like.Owner, admin: wanted == admin}
		if app.owner == admin {
			app.owner = ""
		}
		if _, is := made[wanted]; !is && !app.admin {
			return fmt.Errorf("%w: the dump of store %s names no role %q: it names %s; say which is the application's by --role", cluster.ErrUnreachable, name, wanted, strings.Join(roles.Named, ", "))
		}
		r.apps[name] = app
	}
	r.saw[ClaimCopy].See("roles stand in no dump of a database; made here by their names: %s", strings.Join(slices.Sorted(maps.Keys(made)), ", "))
	return r.empty(ctx, &r.copy)
}

func (r *round) ownBlank(ctx context.Context, name store.Name) (*deployment.Blank, error) {
	like := r.from.own[name].Like
	like.Owner = r.apps[name].owner
	blank, alike, err := r.host.BlankLike(ctx, name, r.apps[name].Role, like)
	if err != nil {
		return nil, err
	}
	if r.apps[name].admin {
		blank.Target = blank.Admin
	}
	if !alike {
		r.saw[ClaimCopy].Add("locales_missing", 1)
		r.saw[ClaimCopy].See("%s: the throwaway cluster has no locale %s, so that text sorts by its bytes there: how the restored database is sorted was not compared", name, like.Collate)
		r.unlike = append(r.unlike, name)
	}
	return blank, nil
}
