package backup

import (
	"testing"

	"tristore/drivers"
)

// Only what the new major writes for every table by itself is excused, and only across
// the major that began to.
func TestByMajor(t *testing.T) {
	postgres := func(major int) drivers.Engine { return drivers.Engine{Product: drivers.Postgres, Major: major} }
	for _, test := range []struct {
		line     string
		from, to int
		want     bool
	}{
		{`grant public."Users" MAINTAIN to app by app`, 12, 17, true},
		{`grant public."Users" MAINTAIN to app by app`, 16, 18, true},
		{`grant public."Users" MAINTAIN to app by app`, 12, 16, false},
		{`grant public."Users" MAINTAIN to app by app`, 17, 18, false},
		{`grant public."Users" MAINTAIN to everybody by app`, 12, 17, false},
		{`grant public."Users" SELECT to app by app`, 12, 17, false},
		{`index public."Users" CREATE INDEX x ON y (not valid)`, 12, 17, false},
	} {
		if got := ByMajor(test.line, postgres(test.from), postgres(test.to)); got != test.want {
			t.Errorf("%d to %d, %s: %t", test.from, test.to, test.line, got)
		}
	}
}
