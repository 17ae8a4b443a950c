package trace

import (
	"strings"
	"testing"
)

func TestTemplateKeepsNothingOfTheRows(t *testing.T) {
	for statement, want := range map[string]string{
		`SELECT a FROM t WHERE b = 'secret' AND c = 17 -- secret`:          `SELECT a FROM t WHERE b = ? AND c = ?`,
		`/* secret */ UPDATE "T" SET x = $1, y = E'se\'cret' WHERE z = $2`: `UPDATE "T" SET x = $1, y = ? WHERE z = $2`,
		`INSERT INTO t VALUES ($$secret$$, U&'secret', X'5ec7e7')`:         `INSERT INTO t VALUES (?, ?, ?)`,
		`CREATE ROLE r PASSWORD 'secret'`:                                  `CREATE …`,
		`create role secret`:                                               `CREATE …`,
		`COPY t FROM '/secret/path'`:                                       `COPY …`,
		`SET application_name = secret`:                                    `SET …`,
		`SELECT 'it\' secret'`:                                             `(not shown: its text ends inside a literal or a comment)`,
		`SELECT 'secret\' || 'x'`:                                          `(not shown: nobody can tell where its literals end)`,
		`SELECT 'secret`:                                                   `(not shown: its text ends inside a literal or a comment)`,
		`'secret'`:                                                         `(not shown: it begins with no keyword)`,
		``:                                                                 `(empty)`,
	} {
		if got := Template(statement); got != want {
			t.Errorf("%s\n gives %s\nwanted %s", statement, got, want)
		}
	}
	if long := Template("SELECT " + strings.Repeat("a, ", 1000) + "b"); len(long) > templateMax+10 {
		t.Errorf("%d bytes", len(long))
	}
}
