package bench

import (
	"slices"
	"strings"
	"testing"
)

func TestRead(t *testing.T) {
	rows, err := Read(strings.NewReader(`goos: linux
BenchmarkReady/postgres:16-2   1   1000 ns/op   24 ours-ms   20 theirs-ms   1.2 target-at-most
BenchmarkSelect-2              1   9 ours-op/s  10 theirs-op/s  0.92 target-at-least  0.8 lowest-ratio  1.1 highest-ratio
BenchmarkPlain-2               1   1000 ns/op
ok  	tristore	1s
`))
	if err != nil {
		t.Fatal(err)
	}
	want := []Row{
		{"Ready/postgres:16", 24, 20, "ms", 1.2, 0, 0, 1.2, "lower", true, ""},
		{"Select", 9, 10, "op/s", 0.9, 0.8, 1.1, 0.92, "higher", false, ""},
	}
	if len(rows) != 2 || rows[0] != want[0] || rows[1] != want[1] {
		t.Errorf("got %+v", rows)
	}
	var page strings.Builder
	if err := Table(&page, rows); err != nil || !strings.Contains(page.String(), "NOT HELD (0.8–1.1 by round)") {
		t.Errorf("%v\n%s", err, page.String())
	}
}

func TestATargetThatComparesNothingIsAnError(t *testing.T) {
	for _, line := range []string{
		"BenchmarkX-2 1 5 ours-ms 1.2 target-at-most",
		"BenchmarkX-2 1 5 ours-ms 0 theirs-ms 1.2 target-at-most",
		"BenchmarkX-2 1 NaN ours-ms 1 theirs-ms 1.2 target-at-most",
		"BenchmarkX-2 1 5 ours-ms +Inf theirs-ms 1.2 target-at-most",
		"BenchmarkX-2 1 five ours-ms 1 theirs-ms 1.2 target-at-most",
	} {
		if rows, err := Read(strings.NewReader(line)); err == nil {
			t.Errorf("%q gave %+v", line, rows)
		}
	}
}

// As go test -v prints a skip, a failure, a dirty end after the measurement, a panic and
// a package that does not compile.
func TestWhatDidNotRunIsARow(t *testing.T) {
	rows, err := Read(strings.NewReader(`goos: linux
BenchmarkSkips
    a_test.go:3: no psql on this machine: install it
--- SKIP: BenchmarkSkips
BenchmarkBeside/other
    a_test.go:7: not built here: its licence
--- SKIP: BenchmarkBeside/other
BenchmarkFails
    a_test.go:4: the server
        ended
--- FAIL: BenchmarkFails
BenchmarkFine
BenchmarkFine-2    1   9 ours-ms  10 theirs-ms  1 target-at-most
FAIL
exit status 1
FAIL	tristore/a	0.1s
BenchmarkPanics
BenchmarkPanics-2    	       1
FAIL
exit status 2
FAIL	tristore/b	0.1s
FAIL	tristore/c [build failed]
FAIL
`))
	want := []Row{
		{Name: "Skips", NotRun: "skipped: a_test.go:3: no psql on this machine: install it"},
		{Name: "Beside/other", NotRun: "not built here: its licence"},
		{Name: "Fails", NotRun: "failed: a_test.go:4: the server ended"},
		{Name: "Fine", Ours: 9, Theirs: 10, Unit: "ms", Ratio: 0.9, Target: 1, Better: "lower", Held: true},
		{Name: "tristore/b", NotRun: "failed: 0.1s"},
		{Name: "tristore/c", NotRun: "failed: [build failed]"},
	}
	if err != nil || !slices.Equal(rows, want) {
		t.Errorf("got %+v, %v", rows, err)
	}
	var page strings.Builder
	if err := Table(&page, rows); err != nil || strings.Count(page.String(), "NOT RUN") != 4 || !strings.Contains(page.String(), " not built here: its licence\n") {
		t.Errorf("%v\n%s", err, page.String())
	}
	for _, row := range rows {
		if wanted := row.NotRun != "" && row.Name != "Beside/other"; row.Unmeasured() != wanted {
			t.Errorf("%s is unmeasured: %t", row.Name, row.Unmeasured())
		}
	}
}
