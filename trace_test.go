package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const oneStatement = "2024-05-06 12:00:00.000 UTC [7] me@shop LOG:  statement: SELECT 1\n"

// Bad input of traces: one sentence, exit 2, and nothing is left.
func TestBadTraceInput(t *testing.T) {
	folder := t.TempDir()
	log := filepath.Join(folder, "log")
	if err := os.WriteFile(log, []byte(oneStatement), 0o600); err != nil {
		t.Fatal(err)
	}
	into := filepath.Join(folder, "trace")
	for name, test := range map[string]struct {
		args []string
		says string
	}{
		"no log":          {[]string{"trace", "import"}, "name its files"},
		"another format":  {[]string{"trace", "import", log, "-o", into}, "is it a csvlog?"},
		"no format":       {[]string{"trace", "import", log, "--format", "xml", "-o", into}, "csvlog, jsonlog or stderr"},
		"an absent log":   {[]string{"trace", "import", "/nowhere/log", "-o", into}, "/nowhere/log"},
		"no place":        {[]string{"trace", "import", log}, "-o TRACE"},
		"a place nowhere": {[]string{"trace", "import", log, "-o", "/nowhere/trace"}, "/nowhere/trace"},
		"a folder":        {[]string{"trace", "import", log, "-o", folder}, "is no file"},
		"a wrong prefix":  {[]string{"trace", "import", log, "--format", "stderr", "--prefix", "%m %c ", "-o", into}, "--prefix"},
		"no profile":      {[]string{"trace", "import", log, "--format", "profiler", "-o", into}, "system.profile"},
		"a wrong word":    {[]string{"trace", "improt", log}, "improt"},
	} {
		got := tristore(t, test.args...)
		if got.code != exitUsage || !strings.Contains(got.err, test.says) || strings.Count(got.err, "\n") != 1 {
			t.Errorf("%s: exit %d: %s", name, got.code, got.err)
		}
	}
	if left, _ := os.ReadDir(folder); len(left) != 1 {
		t.Errorf("left behind: %v", left)
	}
}

func TestTraceImportCounts(t *testing.T) {
	folder := t.TempDir()
	log, into := filepath.Join(folder, "log"), filepath.Join(folder, "trace")
	if err := os.WriteFile(log, []byte(oneStatement+strings.Replace(oneStatement, "SELECT 1", "VACUUM", 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	got := tristore(t, "trace", "import", log, "--format", "stderr", "--prefix", "%m [%p] %q%u@%d ", "-o", into)
	if got.code != 0 || !strings.Contains(got.out, "1 of 2 statements") || !strings.Contains(got.out, "1  not replayable: maintenance") {
		t.Errorf("exit %d: %s%s", got.code, got.out, got.err)
	}
	if info, err := os.Stat(into); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v: a trace holds what users wrote, and is for its owner", err)
	}
}
