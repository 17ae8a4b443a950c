package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Bad input gets one sentence that says what, where and what to do, and exit code 2;
// a password is never repeated, and nothing is made.
func TestBadInput(t *testing.T) {
	file := filepath.Join(t.TempDir(), "url")
	if err := os.WriteFile(file, []byte("postgres://app:hunter2@127.0.0.1:1/db\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		args []string
		says []string
	}{
		"unknown engine":        {[]string{"certify", "--engines", "postgrse:16"}, []string{`"postgrse:16"`, "did you mean postgres:16?"}},
		"engine below minimum":  {[]string{"certify", "--engines", "postgres:11"}, []string{"below the minimum", "postgres:12"}},
		"unknown major":         {[]string{"certify", "--engines", "postgres:99"}, []string{"is not known", "postgres:18"}},
		"engine twice":          {[]string{"certify", "--engines", "postgres:16,postgres:16"}, []string{"named twice"}},
		"unknown reach":         {[]string{"certify", "--reach", "containr"}, []string{"did you mean container?"}},
		"embedded mongo":        {[]string{"certify", "--engines", "mongo:7", "--reach", "embedded"}, []string{"MongoDB 7", "--reach container"}},
		"unknown depth":         {[]string{"certify", "--depth", "deep"}, []string{"smoke, nightly or release"}},
		"unknown claim":         {[]string{"certify", "--claims", "UNIQ-9"}, []string{"did you mean UNIQ-"}},
		"unknown fault":         {[]string{"certify", "--fault", "share-ungarded"}, []string{"did you mean share-unguarded?"}},
		"unknown gate":          {[]string{"certify", "--gate", "none"}, []string{"choose supported or all"}},
		"unknown flag":          {[]string{"certify", "--enginse", "postgres:16"}, []string{"--enginse"}},
		"unknown command":       {[]string{"certfy"}, []string{"certfy", "certify"}},
		"a bare word":           {[]string{"certify", "postgres:16"}, []string{"postgres:16"}},
		"external without URL":  {[]string{"certify", "--reach", "external", "--engines", "postgres:16"}, []string{"--url-file"}},
		"a CA without a URL":    {[]string{"certify", "--ca-file", file, "--engines", "postgres:16"}, []string{"--url-file"}},
		"external two engines":  {[]string{"certify", "--url", "postgres://h/db", "--engines", "postgres:16,postgres:15"}, []string{"one URL is one engine"}},
		"no URL at all":         {[]string{"certify", "--url", "hunter2", "--engines", "postgres:16"}, []string{"is not a URL"}},
		"a URL of the other":    {[]string{"certify", "--url", "mongodb://app:hunter2@127.0.0.1:1/db", "--engines", "postgres:16"}, []string{"mongodb", "postgres:16"}},
		"nobody at the URL":     {[]string{"certify", "--url-file", file, "--engines", "postgres:16"}, []string{"127.0.0.1:1"}},
		"no URL file":           {[]string{"certify", "--url-file", filepath.Join(t.TempDir(), "no"), "--engines", "postgres:16"}, []string{"cannot be read"}},
		"no migrations":         {[]string{"certify", "--migrations", "/nowhere/at/all", "--engines", "postgres:16"}, []string{"/nowhere/at/all"}},
		"empty migrations":      {[]string{"certify", "--migrations", t.TempDir(), "--engines", "postgres:16"}, []string{"users"}},
		"an image of nothing":   {[]string{"certify", "--image", "postgres:16", "--engines", "postgres:16"}, []string{"ENGINE=IMAGE"}},
		"a split of MongoDB":    {[]string{"capacity", "--engine", "mongo:7"}, []string{"on PostgreSQL", "postgres:16"}},
		"a split of a stranger": {[]string{"capacity", "--reach", "external"}, []string{"--reach embedded or container"}},
		"no saved run":          {[]string{"judge", "/nowhere"}, []string{"/nowhere", "run.json"}},
		"a run file of nothing": {[]string{"judge", file}, []string{"is not a saved run"}},
		"an out of nowhere":     {[]string{"certify", "--engines", "postgres:16", "--out", "/proc/nowhere"}, []string{"/proc/nowhere", "--out"}},
		"a store never asked":   {[]string{"load", "auth", "--slo", "collections.p99=20ms"}, []string{"collections.p99", "it asks users and permissions"}},
		"a closed loop's slo":   {[]string{"load", "auth", "--closed", "--slo", "p99=20ms"}, []string{"no promise on latency can be judged"}},
		"a store of no name":    {[]string{"load", "auth", "--slo", ".p99=20ms"}, []string{"is no promise", "users.p99=20ms"}},
		"lane by hand":          {[]string{"lane"}, []string{"tristore certify"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			args := test.args
			out := t.TempDir()
			if (args[0] == "certify" || args[0] == "capacity") && !strings.Contains(strings.Join(args, " "), "--out") {
				args = append(args, "--out", out)
			}
			got := tristore(t, args...)
			if got.code != exitUsage {
				t.Errorf("exit %d, wanted %d\n%s\n%s", got.code, exitUsage, got.out, got.err)
			}
			for _, words := range test.says {
				if !strings.Contains(got.err, words) {
					t.Errorf("%q is not in: %s", words, got.err)
				}
			}
			if lines := strings.Count(strings.TrimSpace(got.err), "\n"); lines > 0 {
				t.Errorf("%d lines, wanted one sentence: %s", lines+1, got.err)
			}
			if strings.Contains(got.out+got.err, "hunter2") {
				t.Errorf("the password is repeated: %s %s", got.out, got.err)
			}
			if left, _ := os.ReadDir(out); len(left) > 0 {
				t.Errorf("left behind: %v", left)
			}
		})
	}
}
