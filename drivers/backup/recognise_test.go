package backup

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"tristore/drivers"
	"tristore/drivers/cluster"
)

func TestRecogniseTellsFormatsApart(t *testing.T) {
	folder := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(folder, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	folderDump := filepath.Dir(write("dir/toc.dat", "PGDMP"))
	for path, want := range map[string]Format{write("c", "PGDMP\x01\x10"): Custom, folderDump: Directory, write("p", "--\n-- PostgreSQL database dump\n--\n"): Plain} {
		got, err := Recognise(path)
		if err != nil || got.Format != want || got.SHA256 == "" || got.Bytes == 0 {
			t.Errorf("%s: %+v, %v", path, got, err)
		}
	}
	for _, path := range []string{write("e", ""), write("g", "\x1f\x8bxx"), write("a", "-- PostgreSQL database cluster dump"), write("o", "SELECT 1;"), filepath.Join(folder, "none"), folder} {
		if got, err := Recognise(path); err == nil || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s was taken for %s: %v", path, got.Format, err)
		}
	}
}

// A client that is too old for an archive is missing; it says nothing about the archive.
func TestArchiveNewerThanItsReaderIsNotBroken(t *testing.T) {
	path := filepath.Join(t.TempDir(), "d")
	for _, test := range []struct {
		head   string
		client string
		broken bool // the reader goes on, and fails to run
	}{{"PGDMP\x01\x10", "15.18", false}, {"PGDMP\x01\x0f", "15.18", false}, {"PGDMP\x01\x0e", "15.18", true}, {"PGDMP\x01\x10", "17.1", true}, {"PG", "15.18", true}} {
		if err := os.WriteFile(path, []byte(test.head), 0o600); err != nil {
			t.Fatal(err)
		}
		at := Place{&cluster.Cluster{Engine: drivers.Engine{Product: drivers.Postgres, Major: 12}, Tools: toolbox("pg_restore (PostgreSQL) " + test.client), CAFile: "x"}, "x"}
		at.Cluster.Admin.SelfSigned = true
		_, _, err := restorer(t.Context(), at, Archive{Path: path, Format: Custom})
		var missing *cluster.ToolMissing
		if test.broken != (err == nil) || err != nil && (!errors.As(err, &missing) || Broke(err)) {
			t.Errorf("%q by %s: %v", test.head, test.client, err)
		}
	}
}

// What stands in rows is not read as a statement.
func TestRolesAreReadFromStatementsOnly(t *testing.T) {
	read := &roleReader{tables: map[string]int{}}
	err := read.all(strings.NewReader(`ALTER TABLE public.a OWNER TO app;
ALTER TABLE public.b OWNER TO app;
ALTER TABLE public.c OWNER TO "Some ""Body""";
ALTER FUNCTION public.f() OWNER TO maker;
COPY public.a (id) FROM stdin;
ALTER TABLE public.a OWNER TO intruder;
\.
GRANT SELECT ON TABLE public.a TO reader WITH GRANT OPTION;
GRANT ALL ON SCHEMA public TO PUBLIC;
GRANT ALL ON SCHEMA public TO pg_database_owner;
REVOKE ALL ON TABLE public.a FROM former;
ALTER DEFAULT PRIVILEGES FOR ROLE giver IN SCHEMA public GRANT SELECT ON TABLES TO taker;
INSERT INTO t VALUES ('GRANT x TO y;');
`))
	got := read.roles()
	want := []string{`Some "Body"`, "app", "former", "giver", "maker", "reader", "taker"}
	if err != nil || !slices.Equal(got.Named, want) || got.Owner != "app" {
		t.Errorf("named %q, owner %q: %v", got.Named, got.Owner, err)
	}
}
