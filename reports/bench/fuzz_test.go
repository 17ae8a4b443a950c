package bench

import (
	"math"
	"strings"
	"testing"
)

// No line of go test's output makes a target held that compares nothing.
func FuzzRead(f *testing.F) {
	f.Add("BenchmarkReady-2 1 5 ns/op 10.0 ours-ms 12.0 theirs-ms 1.2 target-at-most\n")
	f.Add("BenchmarkReady-2 1 NaN ours-ms 12.0 theirs-ms 1.2 target-at-most\n")
	f.Add("BenchmarkReady-2 1 1 ours-ms +Inf theirs-ms 1.2 target-at-most\n")
	f.Add("BenchmarkReady 1 1 ours-ms 2 ours-s 1.2 target-at-least\n")
	f.Fuzz(func(t *testing.T, text string) {
		rows, err := Read(strings.NewReader(text))
		if err != nil {
			return
		}
		for _, row := range rows {
			if row.Held && (math.IsNaN(row.Ratio) || math.IsInf(row.Ratio, 0) || row.Theirs <= 0 || row.Target <= 0 || row.Unit == "") {
				t.Errorf("%q is held: %+v", text, row)
			}
		}
	})
}
