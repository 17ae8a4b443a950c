package postgres_test

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"tristore/drivers"
	"tristore/drivers/postgres"
	"tristore/drivers/store"
)

func fingerprint(t *testing.T, target drivers.Target) store.Fingerprint {
	t.Helper()
	print, err := postgres.Fingerprint(t.Context(), target)
	if err != nil {
		t.Fatal(err)
	}
	return print
}

// clone copies a database as a deployment does, for this test.
func clone(t *testing.T, source drivers.Target) drivers.Target {
	t.Helper()
	as, name := openAdmin(t), fmt.Sprintf("pgtest_%d_%d", os.Getpid(), serial.Add(1))
	if err := as.CloneDatabase(t.Context(), source.URL.Database(), name, roleName); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := as.DropDatabase(context.Background(), name); err != nil {
			t.Error(err)
		}
	})
	return source.WithDatabase(name)
}

func TestAFingerprintSeesEveryDamage(t *testing.T) {
	source := migrated(t, store.UsersStore)
	if err := postgres.Exec(t.Context(), source, `CREATE SEQUENCE numbers; SELECT nextval('numbers');
		CREATE TABLE kinds (a int PRIMARY KEY, f double precision, b bytea, s timestamptz, i interval, t text, CHECK (a > 0));
		INSERT INTO kinds VALUES (1, 0.1, '\x00ff', '2024-01-01 00:00:00.000001+02', '1 day 2 hours', ''), (2, 'NaN', NULL, NULL, NULL, NULL);
		INSERT INTO "Users" (_id, email, status) SELECT 'u' || n, 'e' || n, 'validated' FROM generate_series(1, 100) n;
		CREATE FUNCTION nothing() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
		CREATE TRIGGER looks BEFORE INSERT ON kinds FOR EACH ROW EXECUTE FUNCTION nothing(); CREATE VIEW seen AS SELECT a FROM kinds`); err != nil {
		t.Fatal(err)
	}
	want := fingerprint(t, source)
	if got := want.Tables["Users"]; got.Rows != 100 || got.Bytes < 1000 || len(got.Hash) != 32 {
		t.Errorf("digest of Users: %+v", got)
	}
	copied := clone(t, source)
	if diff := want.Diff(fingerprint(t, copied)); diff != nil {
		t.Fatalf("an untouched copy differs: %q", diff)
	}
	for _, c := range []struct{ damage, undo, sees string }{
		{`UPDATE "Users" SET email = 'x' WHERE _id = 'u7'`, `UPDATE "Users" SET email = 'e7' WHERE _id = 'u7'`, "table Users"},
		{`UPDATE kinds SET t = NULL WHERE a = 1`, `UPDATE kinds SET t = '' WHERE a = 1`, "table kinds: "},
		{`UPDATE kinds SET t = '' WHERE a = 2`, `UPDATE kinds SET t = NULL WHERE a = 2`, "table kinds: "},
		{`UPDATE kinds SET s = s + interval '1 microsecond'`, `UPDATE kinds SET s = s - interval '1 microsecond'`, "table kinds: different content"},
		{`UPDATE kinds SET f = 0.1 + 1e-17 WHERE a = 1; UPDATE kinds SET f = 0.30000000000000004 WHERE a = 1`, `UPDATE kinds SET f = 0.1 WHERE a = 1`, "table kinds: "},
		{`ALTER TABLE kinds ALTER f TYPE real`, `ALTER TABLE kinds ALTER f TYPE double precision; UPDATE kinds SET f = 0.1 WHERE a = 1`, "table kinds: "},
		{`INSERT INTO schema_migrations VALUES (99, false)`, `DELETE FROM schema_migrations WHERE version = 99`, "table schema_migrations: 2 rows instead of 1"},
		{`SELECT nextval('numbers')`, `SELECT setval('numbers', 1)`, "new: sequence public.numbers increment 1 type bigint next 3"},
		{`ALTER TABLE kinds DISABLE TRIGGER looks`, `ALTER TABLE kinds ENABLE TRIGGER looks`, "new: trigger public.kinds"},
		{`DROP INDEX "Users_email_idx"`, `CREATE INDEX "Users_email_idx" ON "Users" (lower(email))`, `missing: index public."Users" CREATE INDEX "Users_email_idx"`},
		{`ALTER TABLE kinds DROP CONSTRAINT kinds_a_check; ALTER TABLE kinds ADD CONSTRAINT kinds_a_check CHECK (a > 0) NOT VALID`,
			`ALTER TABLE kinds VALIDATE CONSTRAINT kinds_a_check`, "new: constraint public.kinds kinds_a_check CHECK ((a > 0)) NOT VALID"},
		{`ALTER TABLE "Users" ALTER status DROP DEFAULT`, `ALTER TABLE "Users" ALTER status SET DEFAULT 'pending'`, `new: column public."Users".status text not null`},
		{`ALTER TABLE "Users" ALTER photo DROP NOT NULL`, `ALTER TABLE "Users" ALTER photo SET NOT NULL`, `new: column public."Users".photo text default`},
		{`GRANT SELECT ON "Users" TO PUBLIC`, `REVOKE SELECT ON "Users" FROM PUBLIC`, `new: grant public."Users" SELECT to everybody`},
		{`DROP VIEW seen`, `CREATE VIEW seen AS SELECT a FROM kinds`, "missing: view public.seen"},
	} {
		if err := postgres.Exec(t.Context(), copied, c.damage); err != nil {
			t.Fatalf("%s: %v", c.damage, err)
		}
		diff := want.Diff(fingerprint(t, copied))
		if !slices.ContainsFunc(diff, func(line string) bool { return strings.HasPrefix(line, c.sees) }) {
			t.Errorf("%s: the fingerprint says %q, wanted %q", c.damage, diff, c.sees)
		}
		if err := postgres.Exec(t.Context(), copied, c.undo); err != nil {
			t.Fatalf("%s: %v", c.undo, err)
		}
		if diff := want.Diff(fingerprint(t, copied)); diff != nil {
			t.Fatalf("after %s: %q", c.undo, diff)
		}
	}
	if err := postgres.Exec(t.Context(), admin().WithDatabase(copied.URL.Database()), `ALTER TABLE "Users" OWNER TO CURRENT_USER`); err != nil {
		t.Fatal(err)
	}
	if diff := want.Diff(fingerprint(t, admin().WithDatabase(copied.URL.Database()))); !slices.Contains(diff, `new: owner public."Users" `+admin().URL.User()) {
		t.Errorf("another owner: %q", diff)
	}
}

func TestAFingerprintDoesNotDependOnOrderOrSession(t *testing.T) {
	source := migrated(t, store.UsersStore)
	fill := `INSERT INTO "Users" (_id, expires_at, created_at, updated_at) SELECT 'u' || n, '2030-01-01Z', '2024-01-01Z', '2024-01-01Z' FROM generate_series(1, 50) n ORDER BY `
	other := clone(t, source)
	for target, order := range map[string]string{source.URL.Database(): "n", other.URL.Database(): "n DESC"} {
		if err := postgres.Exec(t.Context(), source.WithDatabase(target), fill+order); err != nil {
			t.Fatal(err)
		}
	}
	want := fingerprint(t, source)
	if diff := want.Diff(fingerprint(t, other)); diff != nil {
		t.Errorf("another order: %q", diff)
	}
	odd := source
	odd.URL = odd.URL.WithOption("TimeZone", "Asia/Tokyo").WithOption("DateStyle", "German").WithOption("extra_float_digits", "0").WithOption("IntervalStyle", "sql_standard")
	if diff := want.Diff(fingerprint(t, odd)); diff != nil {
		t.Errorf("another session: %q", diff)
	}
}

func TestDifferingRowsAreNamed(t *testing.T) {
	source := migrated(t, store.UsersStore)
	if err := postgres.Exec(t.Context(), source, `INSERT INTO "Users" (_id) SELECT 'u' || n FROM generate_series(1, 100) n`); err != nil {
		t.Fatal(err)
	}
	copied := clone(t, source)
	both := postgres.Two{One: source, Other: copied}
	if same, err := postgres.DifferingRows(t.Context(), both, "Users"); err != nil || same != nil {
		t.Errorf("two equal tables: %q, %v", same, err)
	}
	if err := postgres.Exec(t.Context(), copied, `DELETE FROM "Users" WHERE _id = 'u5'; UPDATE "Users" SET photo = 'x' WHERE _id = 'u50'; INSERT INTO "Users" (_id) VALUES ('v')`); err != nil {
		t.Fatal(err)
	}
	got, err := postgres.DifferingRows(t.Context(), both, "Users")
	want := []string{"(u5): only in " + source.URL.Database(), "(u50): different", "(v): only in " + copied.URL.Database()}
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("%q, %v; wanted %q", got, err, want)
	}
	if err := postgres.Exec(t.Context(), copied, `DELETE FROM "Users"`); err != nil {
		t.Fatal(err)
	}
	if got, err := postgres.DifferingRows(t.Context(), both, "Users"); err != nil || len(got) != postgres.DifferingMax {
		t.Errorf("%d rows named, %v", len(got), err)
	}
	if _, err := postgres.DifferingRows(t.Context(), both, "nowhere"); err == nil {
		t.Error("a table that is not there has no difference")
	}
}
