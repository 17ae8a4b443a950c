package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"tristore/drivers"
	"tristore/drivers/deployment"
	"tristore/drivers/store"
	"tristore/reports/result"
)

// change is what a user may do to the schema files: in one file, new words for old.
type change struct{ file, old, new string }

// ownSchema is a user's folder: the built-in files of an engine, changed.
func ownSchema(t *testing.T, engine drivers.Engine, changes ...change) string {
	t.Helper()
	dir := t.TempDir()
	for _, name := range store.Names() {
		if err := os.CopyFS(filepath.Join(dir, string(name)), deployment.Migrations(drivers.Target{Engine: engine}, name)); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range changes {
		path := filepath.Join(dir, c.file)
		text, err := os.ReadFile(path)
		if err != nil || strings.Count(string(text), c.old) != 1 {
			t.Fatalf("%s does not hold %q once: %v", c.file, c.old, err)
		}
		if err := os.WriteFile(path, []byte(strings.Replace(string(text), c.old, c.new, 1)), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func postgres16() drivers.Engine { return drivers.Engine{Product: drivers.Postgres, Major: 16} }
func ferretdb1() drivers.Engine  { return drivers.Engine{Product: drivers.FerretDB, Major: 1} }

// A user's own files are held to the same promises. What only the server can tell of a
// file is a promise broken on that engine, since another one may take it: FAIL, with the
// file and the line.
func TestOwnSchemaIsJudged(t *testing.T) {
	const indexes = "users/0002_account_indexes.up.sql"
	for name, test := range map[string]struct {
		engine  drivers.Engine
		changes []change
		failed  []string
		says    string // of the first failure, and of what it leaves undecided
	}{
		"as built in": {postgres16(), nil, nil, ""},
		"an index less": {postgres16(), []change{{indexes, `CREATE INDEX "AccessTokens_token_idx" ON "AccessTokens" ("token");`, ""}},
			[]string{"MIG-3"}, "AccessTokens (token)"},
		"unique no more": {postgres16(), []change{{"collections/0001_product_bindings.up.sql", "CREATE UNIQUE INDEX", "CREATE INDEX"}},
			[]string{"MIG-3", "UNIQ-1"}, "product_bindings"},
		"a syntax error": {postgres16(), []change{{indexes, `CREATE INDEX "AccessTokens_token_idx"`, `CREATE INDXE "AccessTokens_token_idx"`}},
			[]string{"MIG-1"}, `the server refuses schema file ` + indexes + `, line 4: ERROR: syntax error at or near "INDXE"`},
		"a name that is not there": {postgres16(), []change{{indexes, `ON "AccessTokens" ("user_id")`, `ON "AccessTokens" ("nobody")`}},
			[]string{"MIG-1"}, `the server refuses schema file ` + indexes + `: ERROR: column "nobody" does not exist`},
		"a command that is none": {ferretdb1(), []change{{"users/0002_account_indexes.up.json", `{"createIndexes": "Users", "indexes": [{"name": "email_1"`, `{"createIndxes": "Users", "indexes": [{"name": "email_1"`}},
			[]string{"MIG-1"}, "the server refuses schema file users/0002_account_indexes.up.json: command 1 (createIndxes)"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, run, _ := certified(t, "--engines", test.engine.String(), "--reach", "embedded", "--gate", "all",
				"--migrations", ownSchema(t, test.engine, test.changes...), "--claims", "MIG-1,MIG-3,UNIQ-1")
			code := 0
			if len(test.failed) > 0 {
				code = 1
			}
			failed := statuses(run, result.Fail)
			if got.code != code || !slices.Equal(failed, test.failed) {
				t.Errorf("exit %d, wanted %d; failed %v, wanted %v: %s\n%s", got.code, code, failed, test.failed, got.out, got.err)
			}
			for _, finding := range run.Findings {
				// What could not be tried for want of a schema says why in the same words.
				undecided := finding.Status != result.Pass && finding.Status != result.Fail
				words := finding.Reason + "\n" + strings.Join(finding.Evidence, "\n")
				if (undecided || slices.Index(test.failed, finding.Claim) == 0) && !strings.Contains(words, test.says) {
					t.Errorf("%s: %q is not in: %s", finding.Claim, test.says, words)
				}
			}
		})
	}
}

// What the files themselves show is said before anything is started.
func TestOwnSchemaIsRefused(t *testing.T) {
	noCollections := ownSchema(t, postgres16())
	if err := os.RemoveAll(filepath.Join(noCollections, "collections")); err != nil {
		t.Fatal(err)
	}
	commits := change{"users/0001_accounts.up.sql", `CREATE TABLE "Users"`, "BEGIN;\nCREATE TABLE \"Users\""}
	misspelt := change{"users/0002_account_indexes.up.json", `{"name": "email_1", "key": {"email": 1}}]},`, `{"name": "email_1", "key": {"email": 1}}]}`}
	for name, test := range map[string]struct {
		engines, dir, says string
	}{
		"a store less":           {"postgres:16", noCollections, `has no folder "collections"`},
		"the folder of a store":  {"postgres:16", filepath.Join(noCollections, "users"), `has no folder "users"`},
		"a file for a folder":    {"postgres:16", filepath.Join(noCollections, "users", "0001_accounts.up.sql"), "is no folder that can be read"},
		"files for MongoDB":      {"postgres:16", ownSchema(t, ferretdb1()), "users/0001_accounts.up.json is not of the engine asked for"},
		"files for PostgreSQL":   {"ferretdb:1", ownSchema(t, postgres16()), "users/0001_accounts.up.sql is not of the engine asked for"},
		"engines of two kinds":   {"postgres:16,ferretdb:1", ownSchema(t, postgres16()), "name engines of one with --engines"},
		"its own transactions":   {"postgres:16", ownSchema(t, postgres16(), commits), `users/0001_accounts.up.sql, line 3 holds "BEGIN;"`},
		"a comma that is absent": {"ferretdb:1", ownSchema(t, ferretdb1(), misspelt), "users/0002_account_indexes.up.json, line 3 is no JSON"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			out := t.TempDir()
			mends(t, tristore(t, "certify", "--out", out, "--reach", "embedded", "--engines", test.engines, "--migrations", test.dir), out, test.says)
		})
	}
}
