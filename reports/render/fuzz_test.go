package render

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"tristore/reports/result"
)

// FuzzPages draws whatever a damaged or hostile run file holds: no page may panic, the
// JUnit file stays XML, and the HTML holds no script.
func FuzzPages(f *testing.F) {
	for _, name := range []string{"interrupted", "empty"} { // every-status is too large to mutate well
		data, err := os.ReadFile(filepath.Join("testdata", name, result.FileName))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Add([]byte(`{"schema":1,"split":{"windows":[{"cell":"auth alone","auth":{"latency":{"p99_ms":-1}}}]},"measurements":[{"timeline":[{"second":-5,"count":1,"p50_ms":1e300,"p99_ms":1e-300}],"latency":{"hdr_v2":"HISTFAAA"}}]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		run, err := result.Decode(data, "fuzzed")
		if err != nil {
			return
		}
		if err := wellFormed(draw(t, JUnit, run)); err != nil {
			t.Errorf("the JUnit file is not XML: %v", err)
		}
		if html := draw(t, HTML, run); strings.Contains(html, "<script") || strings.Contains(html, "NaN") && !strings.Contains(string(data), "NaN") {
			t.Error("the page holds a script, or a coordinate that is no number")
		}
		if err := Markdown(io.Discard, run); err != nil {
			t.Error(err)
		}
	})
}
