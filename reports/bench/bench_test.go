package bench

import (
	"strings"
	"testing"
)

func TestRead(t *testing.T) {
	rows, err := Read(strings.NewReader(`goos: linux
BenchmarkReady/postgres:16-2   1   1000 ns/op   24 ours-ms   20 theirs-ms   1.2 target-at-most
BenchmarkSelect-2              1   9 ours-op/s  10 theirs-op/s  0.92 target-at-least
BenchmarkPlain-2               1   1000 ns/op
ok  	tristore	1s
`))
	if err != nil {
		t.Fatal(err)
	}
	want := []Row{
		{"Ready/postgres:16", 24, 20, "ms", 1.2, 1.2, "lower", true},
		{"Select", 9, 10, "op/s", 0.9, 0.92, "higher", false},
	}
	if len(rows) != 2 || rows[0] != want[0] || rows[1] != want[1] {
		t.Errorf("got %+v", rows)
	}
	var page strings.Builder
	if err := Table(&page, rows); err != nil || !strings.Contains(page.String(), "NOT HELD") {
		t.Errorf("%v\n%s", err, page.String())
	}
}

func TestATargetThatComparesNothingIsAnError(t *testing.T) {
	for _, line := range []string{
		"BenchmarkX-2 1 5 ours-ms 1.2 target-at-most",
		"BenchmarkX-2 1 5 ours-ms 0 theirs-ms 1.2 target-at-most",
		"BenchmarkX-2 1 five ours-ms 1 theirs-ms 1.2 target-at-most",
	} {
		if rows, err := Read(strings.NewReader(line)); err == nil {
			t.Errorf("%q gave %+v", line, rows)
		}
	}
}
