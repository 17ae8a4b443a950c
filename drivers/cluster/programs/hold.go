package programs

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
)

// Hold keeps an entry to the caller alone, so that nobody changes or removes it while it
// is being used, and waits for whoever holds it, as long as ctx lasts. A holder that dies
// has let go.
func (c Cache) Hold(ctx context.Context, key string) (release func(), err error) {
	path := filepath.Join(c.Dir, key) + ".use"
	if err := MakeDir(filepath.Dir(path)); err != nil {
		return nil, fmt.Errorf("the cache folder %s cannot be written; name another with --cache: %w", c.Dir, err)
	}
	release, err = lock(ctx, path)
	if err != nil {
		return nil, fmt.Errorf("waiting for %s in the cache: %w", key, err)
	}
	return release, nil
}

// TryHold is Hold that does not wait: held tells whether nobody else has it.
func (c Cache) TryHold(key string) (release func(), held bool, err error) {
	file, err := os.OpenFile(filepath.Join(c.Dir, key)+".use", os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return nil, false, fmt.Errorf("opening the lock of %s in the cache: %w", key, err)
	}
	err = syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if err == nil {
		return func() { _ = file.Close() }, true, nil // closing drops the lock
	}
	if errors.Is(err, syscall.EWOULDBLOCK) {
		err = nil
	}
	return nil, false, errors.Join(err, file.Close())
}
