package programs

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"syscall"
	"time"
)

// Cache is the per-user folder of fetched programs. The zero value is not usable.
type Cache struct {
	// Dir is made when the first entry is installed.
	Dir string
	// Log hears of every fetch; nil discards.
	Log *slog.Logger
}

// lockPoll is how often a waiting run asks for the lock of an entry.
const lockPoll = 100 * time.Millisecond

// Entry returns the folder of one entry, named by key (which holds the pinned version),
// and installs it first where it is absent. install fills an empty folder that becomes
// the entry only when it returns nil; a run that dies half way leaves nothing that is
// taken for an entry. Of several runs at once one installs and the others wait for it,
// as long as ctx lasts. Everybody may read an entry, whatever the umask: what root
// fetches, nobody runs.
func (c Cache) Entry(ctx context.Context, key string, install func(ctx context.Context, dir string) error) (string, error) {
	return c.Private(ctx, key, func(ctx context.Context, dir string) error {
		if err := install(ctx, dir); err != nil {
			return err
		}
		return openToAll(dir)
	})
}

// Private is Entry for what keeps the modes that install gave it.
func (c Cache) Private(ctx context.Context, key string, install func(ctx context.Context, dir string) error) (string, error) {
	entry := filepath.Join(c.Dir, key)
	if whole(entry) {
		return entry, nil
	}
	if err := MakeDir(filepath.Dir(entry)); err != nil {
		return "", fmt.Errorf("the cache folder %s cannot be written; name another with --cache: %w", c.Dir, err)
	}
	unlock, err := lock(ctx, entry+".lock")
	if err != nil {
		return "", fmt.Errorf("locking %s in the cache; name another cache folder with --cache: %w", key, err)
	}
	defer unlock()
	if whole(entry) {
		return entry, nil
	}
	if c.Log != nil {
		c.Log.Info("fetching", "what", key)
	}
	half := entry + ".half"
	if err := errors.Join(os.RemoveAll(half), MakeDir(half)); err != nil {
		return "", fmt.Errorf("making room for %s: %w", key, err)
	}
	if err := install(ctx, half); err != nil {
		return "", errors.Join(fmt.Errorf("fetching %s: %w", key, err), os.RemoveAll(half))
	}
	if err := os.Rename(half, entry); err != nil {
		return "", errors.Join(fmt.Errorf("finishing %s: %w", key, err), os.RemoveAll(half))
	}
	return entry, nil
}

// MakeDir makes a folder and those above it that are missing, for everybody to enter
// whatever the umask.
func MakeDir(path string) error {
	var missing []string
	for at := path; ; at = filepath.Dir(at) {
		if _, err := os.Stat(at); err == nil || at == filepath.Dir(at) {
			break
		}
		missing = append(missing, at)
	}
	err := os.MkdirAll(path, 0o755)
	for _, made := range missing {
		if err == nil {
			err = os.Chmod(made, 0o755)
		}
	}
	return err
}

// openToAll lets everybody do with files and folders what their owner may, but for writing.
func openToAll(dir string) error {
	return filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.Type()&fs.ModeSymlink != 0 {
			return err
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		mode := info.Mode().Perm()
		if open := mode | mode>>3&0o050 | mode>>6&0o005; open != mode {
			return os.Chmod(path, open)
		}
		return nil
	})
}

// whole: an entry appears by rename only, so that being there is being whole.
func whole(entry string) bool {
	info, err := os.Stat(entry)
	return err == nil && info.IsDir()
}

// lock takes an advisory lock that the kernel drops when its holder dies.
func lock(ctx context.Context, path string) (unlock func(), err error) {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return nil, err
	}
	for {
		err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if err == nil {
			return func() { _ = file.Close() }, nil // closing drops the lock
		}
		if !errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, errors.Join(err, file.Close())
		}
		select {
		case <-ctx.Done():
			return nil, errors.Join(fmt.Errorf("another run holds it: %w", ctx.Err()), file.Close())
		case <-time.After(lockPoll):
		}
	}
}
