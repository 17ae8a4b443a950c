package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"tristore/reports/result"
)

// From an export of MongoDB's profiler to a judged replay, by the command line alone: reads
// are sent, writes are counted and not sent, and with --writes sent as well.
func TestAProfileIsImportedAndReplayed(t *testing.T) {
	if testing.Short() {
		t.Skip("-short: this test starts a real server")
	}
	folder := t.TempDir()
	var log, goods strings.Builder
	for i := range 100 {
		op, command := "query", `{"find":"goods","filter":{"sold":{"$gte":{"$numberInt":"1"}}},"limit":{"$numberInt":"5"}}`
		if i%10 == 9 {
			op, command = "insert", fmt.Sprintf(`{"insert":"goods","documents":[{"_id":{"$numberInt":"%d"}}],"ordered":true}`, 1000+i)
		}
		fmt.Fprintf(&log, `{"op":%q,"ns":"shop.goods","command":%s,"millis":0,"ts":{"$date":{"$numberLong":"%d"}},"client":"10.0.0.%d"}`+"\n", op, command, 1714996800000+i*20, i%3)
		fmt.Fprintf(&goods, `{"insert":"goods","documents":[{"_id":%d,"sold":%d}]}`+"\n", i, i)
	}
	profile, trace, prepare := filepath.Join(folder, "system.profile.json"), filepath.Join(folder, "trace"), filepath.Join(folder, "prepare.json")
	for path, text := range map[string]string{profile: log.String(), prepare: goods.String()} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if got := tristore(t, "trace", "import", "--format", "profiler", profile, "-o", trace); got.code != 0 || !strings.Contains(got.out, "100 of 100 statements") {
		t.Fatalf("exit %d: %s%s", got.code, got.out, got.err)
	}
	for name, test := range map[string]struct {
		args []string
		due  int64
		says string
	}{
		"read-only":   {[]string{"--speed", "2"}, 90, "Not run: 10 statements: not replayed: changes or locks rows"},
		"with writes": {[]string{"--speed", "max", "--writes"}, 100, "with writes"},
	} {
		out := t.TempDir()
		got := tristore(t, append([]string{"replay", trace, "--engine", "ferretdb:1", "--reach", "embedded", "--prepare", prepare, "--connections", "4", "--out", out}, test.args...)...)
		saved, err := result.Read(filepath.Join(out, "latest"))
		if err != nil {
			t.Fatalf("%s: %v\n%s\n%s", name, err, got.out, got.err)
		}
		c := saved.Measurements[0].Counts
		if got.code != saved.Verdict.ExitCode() || saved.Verdict.Status != result.Pass && !restless(saved) || c.Due != test.due || c.Committed != test.due || !strings.Contains(got.out, test.says) {
			t.Errorf("%s: exit %d, %v, %+v\n%s", name, got.code, saved.Verdict, c, got.out)
		}
	}
}
