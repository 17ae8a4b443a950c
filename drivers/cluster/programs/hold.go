package programs

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
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
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	release, err = c.Hold(ctx, key)
	if errors.Is(err, context.Canceled) {
		return nil, false, nil
	}
	return release, err == nil, err
}
