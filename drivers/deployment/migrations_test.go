package deployment

import (
	"io"
	"io/fs"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"tristore/drivers"
)

// schemas is a user's folder with one file in each store's.
func schemas(extra ...string) fstest.MapFS {
	files := fstest.MapFS{}
	for _, name := range append([]string{"users/0001_first.up.sql", "permissions/0001_first.up.sql", "collections/0001_first.up.sql"}, extra...) {
		files[name] = &fstest.MapFile{Data: []byte("SELECT 1;")}
	}
	return files
}

func TestCheckMigrationsSpeaksToTheUser(t *testing.T) {
	for name, test := range map[string]struct {
		files  fs.FS
		family drivers.Family
		says   string
	}{
		"built in":          {nil, drivers.FamilyPostgres, ""},
		"sound":             {schemas("users/0002_more.up.sql", "users/0002_more.down.sql"), drivers.FamilyPostgres, ""},
		"no folder":         {fstest.MapFS{"users/0001_a.up.sql": {}}, drivers.FamilyPostgres, `has no folder "permissions"`},
		"no upward file":    {fstest.MapFS{"users/0001_a.down.sql": {}}, drivers.FamilyPostgres, `"users" holds no file that creates anything`},
		"no version":        {schemas("users/first.sql"), drivers.FamilyPostgres, "users/first.sql has no version"},
		"other language":    {schemas(), drivers.FamilyMongo, "users/0001_first.up.sql is not of the engine asked for, whose files are such as 0001_first.up.json"},
		"twice":             {schemas("users/1_again.up.sql"), drivers.FamilyPostgres, "have the same version 1"},
		"version zero":      {schemas("users/0000_zero.up.sql"), drivers.FamilyPostgres, "versions begin at 1"},
		"folder in between": {schemas("users/old/0001_a.up.sql"), drivers.FamilyPostgres, `holds a folder "old"`},
	} {
		err := CheckMigrations(test.files, test.family)
		if (err == nil) != (test.says == "") || err != nil && !strings.Contains(err.Error(), test.says) {
			t.Errorf("%s: got %v, wanted %q", name, err, test.says)
		}
		if err != nil && strings.ContainsAny(err.Error(), "\n") {
			t.Errorf("%s: not one sentence: %v", name, err)
		}
	}
}

func TestOlderAndNextReleases(t *testing.T) {
	files, err := fs.Sub(schemas("users/0002_b.up.sql", "users/0010_c.up.sql", "users/0010_c.down.sql"), "users")
	if err != nil {
		t.Fatal(err)
	}
	versions := func(files fs.FS) []int64 {
		t.Helper()
		all, err := Versions(files)
		if err != nil {
			t.Fatal(err)
		}
		return all
	}
	if got := versions(files); !slices.Equal(got, []int64{1, 2, 10}) {
		t.Errorf("versions %v", got)
	}
	if got := versions(UpTo(files, 2)); !slices.Equal(got, []int64{1, 2}) {
		t.Errorf("older versions %v", got)
	}
	next, err := NextRelease(files, drivers.FamilyPostgres, "Users")
	if err != nil {
		t.Fatal(err)
	}
	if got := versions(next); !slices.Equal(got, []int64{1, 2, 10, 11}) {
		t.Errorf("versions of the next release %v", got)
	}
	file, err := next.Open("0011_next_release.up.sql")
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(file)
	if err != nil || !strings.Contains(string(text), `ON "Users"`) || file.Close() != nil {
		t.Errorf("the new file holds %q, %v", text, err)
	}
}
