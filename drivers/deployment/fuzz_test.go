package deployment

import (
	"regexp"
	"testing"
	"testing/fstest"

	"tristore/drivers"
	"tristore/drivers/store"
)

// A schema folder of the user's with one more file is refused, or that file has a
// version of its own that starts can be ordered by.
func FuzzMigrationNames(f *testing.F) {
	f.Add("0002_more.up.sql", "CREATE TABLE b (c int)")
	f.Add("0001_again.up.sql", "CREATE TABLE b (c int)")
	f.Add("1_first.down.sql", "DROP TABLE b")
	f.Add("000000000000000000_x.up.sql", "")
	f.Add("0002_x.up.json", `[{"create": "b"}]`)
	f.Add("notes.txt", "")
	ordered := regexp.MustCompile(`(?s)^0*[1-9][0-9]*_.+\.up\.(sql|json)$|^[0-9]+_.+\.down\.(sql|json)$`)
	f.Fuzz(func(t *testing.T, name, content string) {
		for family, first := range map[drivers.Family]string{drivers.FamilyPostgres: "0001_first.up.sql", drivers.FamilyMongo: "0001_first.up.json"} {
			plain := map[drivers.Family]string{drivers.FamilyPostgres: "CREATE TABLE a (b int)", drivers.FamilyMongo: `[{"create": "a"}]`}[family]
			files := fstest.MapFS{}
			for _, of := range store.Names() {
				files[string(of)+"/"+first] = &fstest.MapFile{Data: []byte(plain)}
			}
			more := string(store.UsersStore) + "/" + name
			if _, there := files[more]; there {
				return
			}
			files[more] = &fstest.MapFile{Data: []byte(content)}
			if CheckMigrations(files, family) == nil && name != "" && !ordered.MatchString(name) {
				t.Errorf("%q is taken for a migration of %s", name, family)
			}
		}
	})
}
