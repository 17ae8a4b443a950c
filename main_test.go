package main

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"tristore/reports/result"
)

// TestMain lets this test binary be tristore: with a first argument that is no test
// flag it runs the command line, so that tests start real parents and real lanes.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && !strings.HasPrefix(os.Args[1], "-") {
		ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
		code := run(ctx, os.Args[1:], streams{os.Stdin, os.Stdout, os.Stderr})
		stop()
		os.Exit(code)
	}
	os.Exit(m.Run())
}

// said is what one command line printed and returned.
type said struct {
	code     int
	out, err string
}

// tristore runs one command line as a process of its own.
func tristore(t *testing.T, args ...string) said {
	t.Helper()
	command := exec.CommandContext(t.Context(), os.Args[0], args...)
	var out, errs bytes.Buffer
	command.Stdout, command.Stderr = &out, &errs
	if err := command.Run(); err != nil && command.ProcessState == nil {
		t.Fatal(err)
	}
	return said{command.ProcessState.ExitCode(), out.String(), errs.String()}
}

// certified runs certify into a folder of the test's own and reads the saved run.
func certified(t *testing.T, args ...string) (said, *result.Run, string) {
	t.Helper()
	out := t.TempDir()
	got := tristore(t, append([]string{"certify", "--out", out}, args...)...)
	saved, err := result.Read(filepath.Join(out, "latest"))
	if err != nil {
		t.Fatalf("%v\nexit %d\n%s\n%s", err, got.code, got.out, got.err)
	}
	return got, saved, filepath.Join(out, "latest")
}

// statuses are the claims of a run that have one status, on any engine.
func statuses(run *result.Run, status result.Status) []string {
	var claims []string
	for _, finding := range run.Findings {
		if finding.Status == status {
			claims = append(claims, finding.Claim)
		}
	}
	return claims
}
