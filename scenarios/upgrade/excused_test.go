package upgrade

import (
	"testing"

	"tristore/drivers"
)

// Only what the new major writes for every table by itself is excused, and only across
// the major that began to.
func TestExcused(t *testing.T) {
	pair := func(from, to int) Pair {
		return Pair{drivers.Engine{Product: drivers.Postgres, Major: from}, drivers.Engine{Product: drivers.Postgres, Major: to}}
	}
	for _, test := range []struct {
		line string
		pair Pair
		want bool
	}{
		{`grant public."Users" MAINTAIN to app by app`, pair(12, 17), true},
		{`grant public."Users" MAINTAIN to app by app`, pair(16, 18), true},
		{`grant public."Users" MAINTAIN to app by app`, pair(12, 16), false},
		{`grant public."Users" MAINTAIN to app by app`, pair(17, 18), false},
		{`grant public."Users" MAINTAIN to everybody by app`, pair(12, 17), false},
		{`grant public."Users" SELECT to app by app`, pair(12, 17), false},
		{`index public."Users" CREATE INDEX x ON y (not valid)`, pair(12, 17), false},
	} {
		if got := excused(test.line, test.pair); got != test.want {
			t.Errorf("%s, %s: %t", test.pair, test.line, got)
		}
	}
}
