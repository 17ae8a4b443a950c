package migrations

import (
	"strings"
	"testing"

	"tristore/drivers"
	"tristore/scenarios"
)

// The platform's own newest versions leave rows as they were, and keep no reader out.
func TestNewestVersionOverRows(t *testing.T) {
	on := stage(t, "")
	want{exact: map[string]float64{"stores": 3, "changed": 0, "invented": 0}, floor: map[string]float64{"rows": 300, "compared": 10}}.compare(t, run(t, OverRows, on))
	saw := run(t, UnderReaders, on)
	if on.Engine.Family() != drivers.FamilyPostgres {
		if saw.Probe == "" {
			t.Errorf("asked an engine that cannot tell: %v", saw.Facts)
		}
		return
	}
	want{exact: map[string]float64{"stores": 3, "kept_out": 0, "rewritten": 0, "kept_out_ms": 0, "untold": 0}, floor: map[string]float64{"tables": 10, "writers_kept_out": 3}}.compare(t, saw)
}

// A next version that does something to rows that are there, or to those who read them.
func TestNextVersionsThatHarm(t *testing.T) {
	on := stage(t, "")
	for name, test := range map[string]struct {
		file  string
		check scenarios.Check
		facts map[string]float64
		says  string
	}{
		"a backfill over what is there": {`ALTER TABLE "Users" ADD COLUMN "own" text DEFAULT 'x'; UPDATE "Users" SET "status" = 'validated';`, OverRows,
			map[string]float64{"changed": 1, "invented": 0}, "Users status"},
		"a default for rows that are there": {`ALTER TABLE "OrgMemberships" DROP COLUMN "role_slug"; ALTER TABLE "OrgMemberships" ADD COLUMN "role_slug" text NOT NULL DEFAULT 'owner';`, OverRows,
			map[string]float64{"changed": 1, "invented": 0}, "OrgMemberships role_slug"},
		"another type, the same values":  {`ALTER TABLE "Users" ALTER COLUMN "language" TYPE varchar(20);`, OverRows, map[string]float64{"changed": 0, "invented": 0}, ""},
		"a table written anew":           {`ALTER TABLE "Users" ALTER COLUMN "language" TYPE text COLLATE "C", ALTER COLUMN "created_at" TYPE timestamptz(0);`, UnderReaders, map[string]float64{"kept_out": 1, "rewritten": 1, "untold": 0}, "writes it anew"},
		"a lock for as long as it takes": {`LOCK TABLE "Users" IN ACCESS EXCLUSIVE MODE; SELECT pg_sleep(1.1);`, UnderReaders, map[string]float64{"kept_out": 1, "rewritten": 0, "untold": 1}, "nobody may read Users"},
	} {
		t.Run(name, func(t *testing.T) {
			saw := run(t, test.check, migratedBy(t, on, map[string]string{"users/0100_next.up.sql": test.file}))
			want{exact: test.facts}.compare(t, saw)
			if said := strings.Join(saw.Witness, "\n"); !strings.Contains(said, test.says) {
				t.Errorf("said %q", said)
			}
			if long := strings.Contains(test.file, "pg_sleep"); long != (saw.Facts["kept_out_ms"] > 1000) && test.facts["rewritten"] == 0 && test.facts["kept_out"] > 0 {
				t.Errorf("kept out for %g ms", saw.Facts["kept_out_ms"])
			}
		})
	}
}

// A column of the contract that an older release lacked says nothing of older rows.
func TestColumnThatComesLater(t *testing.T) {
	on := stage(t, "")
	const before = `ALTER TABLE "OrgMemberships" DROP COLUMN "role_slug";`
	for name, test := range map[string]struct {
		file     string
		invented float64
	}{
		"says nothing":   {`ALTER TABLE "OrgMemberships" ADD COLUMN "role_slug" text NOT NULL DEFAULT '';`, 0},
		"makes all boss": {`ALTER TABLE "OrgMemberships" ADD COLUMN "role_slug" text NOT NULL DEFAULT 'owner';`, 1},
	} {
		saw := run(t, OverRows, migratedBy(t, on, map[string]string{"users/0099_before.up.sql": before, "users/0100_next.up.sql": test.file}))
		if saw.Facts["invented"] != test.invented || saw.Facts["changed"] != 0 || saw.Trouble != "" {
			t.Errorf("%s: %v %q %q", name, saw.Facts, saw.Witness, saw.Trouble)
		}
	}
}
