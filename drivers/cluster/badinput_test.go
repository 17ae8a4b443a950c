package cluster

import (
	"errors"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"tristore/drivers"
)

// TestBadInput: one sentence that can be acted on, ErrUnreachable, and nothing left.
func TestBadInput(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		change func(*testing.T, *Spec)
		says   string
	}{
		"cache that cannot be written": {func(_ *testing.T, s *Spec) { s.Cache = "/proc/tristore" }, "name another with --cache"},
		"cache that is a file":         {func(_ *testing.T, s *Spec) { s.Cache = file }, "name another with --cache"},
		"no npm": {func(t *testing.T, s *Spec) {
			s.Cache = emptyCache(t)
			t.Setenv("PATH", t.TempDir())
		}, "npm is needed"},
		"no network": {func(t *testing.T, s *Spec) {
			s.Cache = emptyCache(t)
			t.Setenv("npm_config_registry", "http://127.0.0.1:1/")
			t.Setenv("npm_config_cache", t.TempDir())
		}, "is there a network"},
		"unknown setting":          {func(_ *testing.T, s *Spec) { s.Settings = map[string]string{"no_such_setting": "1"} }, `unrecognized configuration parameter "no_such_setting"`},
		"setting that is no name":  {func(_ *testing.T, s *Spec) { s.Settings = map[string]string{"a = 1\nfsync": "1"} }, "no name of a PostgreSQL setting"},
		"folder that cannot exist": {func(_ *testing.T, s *Spec) { s.Dir = filepath.Join(file, "logs") }, "folder for logs"},
		"engine of containers":     {func(_ *testing.T, s *Spec) { s.Engine = drivers.Engine{Product: drivers.Mongo, Major: 7} }, "MongoDB 7"},
		"setting of FerretDB": {func(_ *testing.T, s *Spec) {
			s.Engine, s.Settings = drivers.Engine{Product: drivers.FerretDB, Major: 1}, map[string]string{"fsync": "on"}
		}, "fsync"},
		"no patience": {func(_ *testing.T, s *Spec) { s.Patience = time.Nanosecond }, "not ready within 1ns"},
	} {
		t.Run(name, func(t *testing.T) {
			spec := embeddedSpec(t, drivers.Engine{Product: drivers.Postgres, Major: 16})
			spec.RunID = "bad-input"
			test.change(t, &spec)
			before := len(descendants(os.Getpid()))
			started, err := Start(t.Context(), spec)
			if err == nil {
				t.Fatal("it started", started.Close(t.Context()))
			}
			if !errors.Is(err, ErrUnreachable) || !strings.Contains(err.Error(), test.says) {
				t.Errorf("got %v", err)
			}
			t.Log(err)
			if left, _ := filepath.Glob(filepath.Join(spec.Cache, runsFolder, "bad-input*")); len(left) > 0 {
				t.Errorf("left behind: %v", left)
			}
			if now := len(descendants(os.Getpid())); now > before {
				t.Errorf("%d processes before and %d after", before, now)
			}
		})
	}
}

// emptyCache is a folder that the servers' account may enter.
func emptyCache(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.Chmod(filepath.Dir(dir), 0o711); err != nil {
		t.Fatal(err)
	}
	return dir
}

// TestFullDisk has a disk of its own, which only root can make.
func TestFullDisk(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("NOT_APPLICABLE: mounting a small disk needs root")
	}
	small := emptyCache(t)
	if err := syscall.Mount("tmpfs", small, "tmpfs", 0, "size=8m,mode=755"); err != nil {
		t.Skip("NOT_APPLICABLE: this machine lets nobody mount:", err)
	}
	defer func() {
		if err := syscall.Unmount(small, 0); err != nil {
			t.Error(err)
		}
	}()
	spec := embeddedSpec(t, drivers.Engine{Product: drivers.Postgres, Major: 16})
	spec.Cache = small
	if started, err := Start(t.Context(), spec); !errors.Is(err, ErrUnreachable) || !strings.Contains(err.Error(), "not enough room") {
		t.Errorf("got %v: %v", started, err)
	}
}

// TestPortTaken: a server whose port another program took in between is started again.
func TestPortTaken(t *testing.T) {
	spec := embeddedSpec(t, drivers.Engine{Product: drivers.Postgres, Major: 16})
	theft := &thief{t: t, serverProgram: &postgresProgram{password: drivers.GenerateSecret()}, times: 2}
	started, err := startProgram(t.Context(), spec, theft)
	if err != nil {
		t.Fatal(err)
	}
	if err := started.Close(t.Context()); err != nil {
		t.Error(err)
	}
	if theft.launched != 3 {
		t.Errorf("launched %d times", theft.launched)
	}
	theft = &thief{t: t, serverProgram: &postgresProgram{password: drivers.GenerateSecret()}, times: 100}
	_, err = startProgram(t.Context(), spec, theft)
	if !errors.Is(err, ErrUnreachable) || !strings.Contains(err.Error(), "taken by other programs") || theft.launched != portTries {
		t.Errorf("launched %d times: %v", theft.launched, err)
	}
}

// thief takes the port of a real server just before it is launched, so many times. It
// lets clients connect and never answers them.
type thief struct {
	t *testing.T
	serverProgram
	times, launched int
}

func (p *thief) launch(e *embedded, port int) (launch, error) {
	p.launched++
	if p.launched <= p.times {
		listener, err := net.Listen("tcp4", net.JoinHostPort(loopback, strconv.Itoa(port)))
		if err != nil {
			return launch{}, err
		}
		p.t.Cleanup(func() { _ = listener.Close() })
	}
	return p.serverProgram.launch(e, port)
}
