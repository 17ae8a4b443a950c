package programs

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
)

func TestEntryIsWholeOrAbsent(t *testing.T) {
	cache := Cache{Dir: filepath.Join(t.TempDir(), "cache")}
	failure := errors.New("half way")
	_, err := cache.Entry(t.Context(), "thing/1", func(_ context.Context, dir string) error {
		return errors.Join(os.WriteFile(filepath.Join(dir, "part"), nil, 0o644), failure)
	})
	if !errors.Is(err, failure) {
		t.Fatalf("got %v", err)
	}
	var installs atomic.Int32
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			dir, err := cache.Entry(t.Context(), "thing/1", func(_ context.Context, dir string) error {
				installs.Add(1)
				return os.WriteFile(filepath.Join(dir, "whole"), nil, 0o644)
			})
			if err != nil {
				t.Error(err)
				return
			}
			if _, err := os.Stat(filepath.Join(dir, "whole")); err != nil {
				t.Error(err)
			}
			if _, err := os.Stat(filepath.Join(dir, "part")); err == nil {
				t.Error("what failed is in the entry")
			}
		})
	}
	group.Wait()
	if installs.Load() != 1 {
		t.Errorf("%d at once installed it", installs.Load())
	}
}

func TestWaitingForAnotherRunIsBounded(t *testing.T) {
	cache := Cache{Dir: t.TempDir()}
	unlock, err := lock(t.Context(), filepath.Join(cache.Dir, "thing.lock"))
	if err != nil {
		t.Fatal(err)
	}
	defer unlock()
	ctx, cancel := context.WithTimeout(t.Context(), 3*lockPoll)
	defer cancel()
	if _, err := cache.Entry(ctx, "thing", func(context.Context, string) error { return nil }); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
}

// TestModes: a tight umask does not lock out the account that runs servers, and does not
// loosen what is private.
func TestModes(t *testing.T) {
	old := syscall.Umask(0o077)
	defer syscall.Umask(old)
	cache := Cache{Dir: filepath.Join(t.TempDir(), "a", "b")}
	install := func(_ context.Context, dir string) error {
		return errors.Join(os.Mkdir(filepath.Join(dir, "bin"), 0o700),
			os.WriteFile(filepath.Join(dir, "bin", "run"), nil, 0o700), os.WriteFile(filepath.Join(dir, "secret"), nil, 0o600))
	}
	for name, test := range map[string]struct {
		make        func(context.Context, string, func(context.Context, string) error) (string, error)
		run, secret os.FileMode
	}{
		"open":    {cache.Entry, 0o755, 0o644},
		"private": {cache.Private, 0o700, 0o600},
	} {
		dir, err := test.make(t.Context(), name, install)
		if err != nil {
			t.Fatal(err)
		}
		for path, want := range map[string]os.FileMode{"bin/run": test.run, "bin": test.run, "secret": test.secret, ".": 0o755, "..": 0o755} {
			info, err := os.Stat(filepath.Join(dir, path))
			if err != nil || info.Mode().Perm() != want {
				t.Errorf("%s %s: %v, %v", name, path, info.Mode(), err)
			}
		}
	}
}
