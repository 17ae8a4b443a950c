package faults

import (
	"context"
	"fmt"
	"strings"

	"tristore/drivers"
	"tristore/drivers/cluster"
	"tristore/drivers/deployment"
	"tristore/drivers/mongo"
	"tristore/drivers/postgres"
	"tristore/drivers/store"
)

// Fault is one deliberate damage. The zero value is none: its hooks do nothing.
type Fault struct {
	Name string // as typed after --fault
	Says string // what is broken, in one sentence
	// Claims are the ids that must FAIL under this fault; no other claim may.
	Claims []string

	schema  *damage                           // done to a store's schema once it is migrated
	restore *damage                           // done to a store's content once it is restored
	wrap    func(d *deployment.Deployment)    // replaces stores by wrapped ones
	tools   func(cluster.Tools) cluster.Tools // replaces the client tools
	start   func(*cluster.Spec)               // changes how a check's own cluster is asked for
}

// damage is one statement against the database of one store, in both families' words.
type damage struct {
	store    store.Name
	postgres string // SQL; it must raise an error when it changed nothing
	mongo    string // a database command in extended JSON
}

// All lists every fault, in the order shown to users.
func All() []Fault {
	return []Fault{
		{Name: "unique-index-dropped", Claims: []string{"UNIQ-1", "MIG-3"},
			Says:   "the unique index over workspaces.slug is gone",
			schema: &damage{store.PermissionsStore, dropIndex("workspaces", "(slug)"), `{"dropIndexes": "workspaces", "index": {"slug": 1}}`}},
		{Name: "page-unique-dropped", Claims: []string{"UNIQ-1", "MIG-3", "PLAN-1"},
			Says:   "the unique index over pages (workspaceSlug, slug) is gone",
			schema: &damage{store.PermissionsStore, dropIndex("pages", "(workspace_slug, slug)"), `{"dropIndexes": "pages", "index": {"workspaceSlug": 1, "slug": 1}}`}},
		{Name: "email-index-dropped", Claims: []string{"MIG-3", "PLAN-1"},
			Says:   "the index over the email of Users is gone, so sign-in scans the table",
			schema: &damage{store.UsersStore, dropIndex("Users", "email"), `{"dropIndexes": "Users", "index": {"email": 1}}`}},
		{Name: "row-missing-after-restore", Claims: []string{"BACKUP-1"},
			Says:    "one row of the restored users database is missing",
			restore: &damage{store.UsersStore, loseRow("Users"), `{"delete": "Users", "deletes": [{"q": {}, "limit": 1}]}`}},
		{Name: "index-missing-after-restore", Claims: []string{"BACKUP-1"},
			Says:    "the restored users database lacks the index over email",
			restore: &damage{store.UsersStore, dropIndex("Users", "email"), `{"dropIndexes": "Users", "index": {"email": 1}}`}},
		{Name: "owner-lost-after-restore", Claims: []string{"BACKUP-1", "BACKUP-2"},
			Says:    "a restored table belongs to the administrator who restored it (PostgreSQL only)",
			restore: &damage{store.UsersStore, `ALTER TABLE "Users" OWNER TO CURRENT_USER`, ""}},
		{Name: "times-shifted-after-restore", Claims: []string{"BACKUP-1"},
			Says:    "restored times are an hour off, as when a session's time zone was applied",
			restore: &damage{store.UsersStore, changeRows("Users", `"created_at" = "created_at" + interval '1 hour'`), `{"update": "Users", "updates": [{"q": {}, "u": {"$currentDate": {"createdAt": true}}, "multi": true}]}`}},
		{Name: "types-changed-after-restore", Claims: []string{"BACKUP-1"},
			Says:    "restored whole numbers are floating-point numbers of the same value",
			restore: &damage{store.PermissionsStore, `ALTER TABLE "files" ALTER COLUMN "size" TYPE double precision`, `{"update": "files", "updates": [{"q": {}, "u": {"$mul": {"size": {"$numberDouble": "1.0"}}}, "multi": true}]}`}},
		{Name: "restore-errors-hidden", Claims: []string{"BACKUP-3"},
			Says:  "pg_restore, psql and mongorestore exit 0 and say nothing when they failed",
			tools: func(sound cluster.Tools) cluster.Tools { return silent{sound} }},
		{Name: "recovery-too-late", Claims: []string{"PITR-1"},
			Says:  "a recovery to a point in time takes no notice of the time, and goes on to the end of the WAL",
			start: untimely},
		{Name: "archive-command-true", Claims: []string{"PITR-1"},
			Says:  "the archive command exits 0 and copies nothing",
			start: archivingNothing},
		{Name: "checksum-failures-ignored", Claims: []string{"PAGE-1"},
			Says:  "a server that began from a base backup reads on where a page's checksum is wrong",
			start: ignoringChecksums},
		{Name: "share-unguarded", Claims: []string{"SHARE-1"},
			Says: "share reads the permission map, waits, and writes the whole map back without a guard",
			wrap: func(d *deployment.Deployment) { d.Permissions = newUnguarded(d.Permissions) }},
		{Name: "signup-forgotten", Claims: []string{"UNIQ-2"},
			Says: "every second sign-up is acknowledged and never stored",
			wrap: func(d *deployment.Deployment) { d.Users = &forgetful{Users: d.Users} }},
		{Name: "empty-filter-allowed", Claims: []string{"BULK-1"},
			Says: "update and delete accept an empty filter and change every row",
			wrap: func(d *deployment.Deployment) { d.Collections = &careless{Collections: d.Collections} }},
		{Name: "bulk-not-atomic", Claims: []string{"BULK-1"},
			Says: "a bulk insert is sent in parts, so a bad row leaves the parts before it",
			wrap: func(d *deployment.Deployment) { d.Collections = &piecemeal{Collections: d.Collections} }},
		{Name: "namespace-leak", Claims: []string{"TENANT-1"},
			Says: "find returns the rows of every namespace that has a collection of that name",
			wrap: func(d *deployment.Deployment) { d.Collections = newLeaky(d.Collections) }},
		{Name: "in-empty-flipped", Claims: []string{"DIFF-1"},
			Says: "an empty $in answers the opposite of what the engine's documents say",
			wrap: func(d *deployment.Deployment) { d.Collections = &flipped{Collections: d.Collections} }},
	}
}

// ByName finds a fault. Its error is a sentence for the user with the nearest known name.
func ByName(name string) (Fault, error) {
	var known []string
	for _, fault := range All() {
		if fault.Name == name {
			return fault, nil
		}
		known = append(known, fault.Name)
	}
	return Fault{}, fmt.Errorf("fault %q is not known; did you mean %s? known: %s", name, drivers.Nearest(name, known), strings.Join(known, ", "))
}

// AfterMigrate damages the migrated template from which a PostgreSQL host clones
// every deployment, and replaces the client tools. MongoDB hosts migrate each deployment
// afresh and so have no such template: there AfterDeploy does it.
func (f Fault) AfterMigrate(ctx context.Context, host *deployment.Host) error {
	if f.tools != nil {
		host.Cluster.Tools = f.tools(host.Cluster.Tools)
	}
	if f.schema == nil || host.Cluster.Engine.Family() != drivers.FamilyPostgres {
		return nil
	}
	return f.do(ctx, host.TemplateTarget(f.schema.store), f.schema)
}

// AfterDeploy damages the schema of one deployment on MongoDB, and nothing elsewhere.
func (f Fault) AfterDeploy(ctx context.Context, d *deployment.Deployment) error {
	if f.schema == nil || d.Engine.Family() != drivers.FamilyMongo {
		return nil
	}
	return f.do(ctx, d.AdminTarget(f.schema.store), f.schema)
}

// AfterRestore damages the restored database of one store; target signs in as administrator.
func (f Fault) AfterRestore(ctx context.Context, target drivers.Target, name store.Name) error {
	if f.restore == nil || f.restore.store != name {
		return nil
	}
	return f.do(ctx, target, f.restore)
}

// BeforeStart changes how a check's own cluster is asked for.
func (f Fault) BeforeStart(spec *cluster.Spec) {
	if f.start != nil {
		f.start(spec)
	}
}

// Wrap replaces stores of the deployment by wrapped ones.
func (f Fault) Wrap(d *deployment.Deployment) {
	if f.wrap != nil {
		f.wrap(d)
	}
}

func (f Fault) do(ctx context.Context, target drivers.Target, what *damage) error {
	exec, statement := postgres.Exec, what.postgres
	if target.Engine.Family() == drivers.FamilyMongo {
		exec, statement = mongo.Exec, what.mongo
	}
	if statement == "" {
		return fmt.Errorf("injecting fault %s: there is no such damage on %s", f.Name, target.Engine.Title())
	}
	if err := exec(ctx, target, statement); err != nil {
		return fmt.Errorf("injecting fault %s: %w", f.Name, err)
	}
	return nil
}

// dropIndex is SQL that drops every index of a table, its primary key aside, whose
// definition ends in or holds the given words, whatever its name. It raises when there is none.
func dropIndex(table, holds string) string {
	return `DO $$ DECLARE found record; dropped int := 0; BEGIN
	FOR found IN SELECT i.indexrelid::regclass AS name, c.conname, i.indrelid::regclass AS home
		FROM pg_index i LEFT JOIN pg_constraint c ON c.conindid = i.indexrelid AND c.contype = 'u'
		WHERE i.indrelid = '"` + table + `"'::regclass AND NOT i.indisprimary
		AND position('` + holds + `' in pg_get_indexdef(i.indexrelid)) > 0
	LOOP
		IF found.conname IS NULL THEN EXECUTE 'DROP INDEX ' || found.name;
		ELSE EXECUTE format('ALTER TABLE %s DROP CONSTRAINT %I', found.home, found.conname); END IF;
		dropped := dropped + 1;
	END LOOP;
	IF dropped = 0 THEN RAISE EXCEPTION 'no index of ` + table + ` over ` + holds + `'; END IF;
END $$`
}

// changeRows is SQL that changes every row, and raises when there is none.
func changeRows(table, set string) string {
	return `DO $$ DECLARE changed int; BEGIN
	UPDATE "` + table + `" SET ` + set + `;
	GET DIAGNOSTICS changed = ROW_COUNT;
	IF changed = 0 THEN RAISE EXCEPTION '` + table + ` holds no row to change'; END IF;
END $$`
}

// loseRow is SQL that deletes one row, and raises when there is none.
func loseRow(table string) string {
	return `DO $$ DECLARE gone int; BEGIN
	DELETE FROM "` + table + `" WHERE ctid = (SELECT ctid FROM "` + table + `" LIMIT 1);
	GET DIAGNOSTICS gone = ROW_COUNT;
	IF gone = 0 THEN RAISE EXCEPTION '` + table + ` holds no row to lose'; END IF;
END $$`
}
