package cluster

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"tristore/drivers/cluster/programs"
)

// keptSeeded is one kept data folder.
type keptSeeded struct {
	key    string // in the cache
	bytes  int64  // zero when it does not say so itself
	volume string // that holds the data; empty where the folder does
	sound  bool   // it is whole, and of this format
	used   time.Time
}

// listSeeded gives the kept data folders, the last used first.
func listSeeded(cache programs.Cache) ([]keptSeeded, error) {
	entries, err := os.ReadDir(filepath.Join(cache.Dir, seededFolder))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("listing kept data folders: %w", err)
	}
	var all []keptSeeded
	for _, entry := range entries {
		info, err := entry.Info()
		if err != nil || !entry.IsDir() {
			continue // a lock, or gone meanwhile
		}
		key := filepath.Join(seededFolder, entry.Name())
		m, err := readManifest(filepath.Join(cache.Dir, key))
		sound := err == nil && m.Format == seededFormat && !strings.HasSuffix(key, halfSuffix)
		all = append(all, keptSeeded{key, m.Bytes, m.Volume, sound, info.ModTime()})
	}
	slices.SortFunc(all, func(a, b keptSeeded) int { return b.used.Compare(a.used) })
	return all, nil
}

// halfSuffix ends the name of an entry that is being made.
const halfSuffix = ".half"

// trimSeeded removes the data folders that exceed what is kept, those not used for the
// longest time first. What somebody holds stays, and so does the one of the given key.
func trimSeeded(ctx context.Context, cache programs.Cache, key string) error {
	all, err := listSeeded(cache)
	if err != nil {
		return err
	}
	count, bytes := 0, int64(0)
	for _, one := range all {
		if one.key == key {
			count, bytes = count+1, bytes+one.bytes
		}
	}
	for _, one := range all {
		if one.key == key || !one.sound {
			continue
		}
		if count+1 <= seededMax && bytes+one.bytes <= seededBytes {
			count, bytes = count+1, bytes+one.bytes
			continue
		}
		if _, err := removeSeeded(ctx, cache, one); err != nil {
			return err
		}
	}
	return nil
}

// sweepSeeded removes what no run will use: data folders that were not finished, are of
// another format, or were not used for seededStale.
func sweepSeeded(ctx context.Context, cache programs.Cache) (removed []string, err error) {
	all, err := listSeeded(cache)
	if err != nil {
		return nil, err
	}
	for _, one := range all {
		if one.sound && time.Since(one.used) < seededStale {
			continue
		}
		gone, err := removeSeeded(ctx, cache, one)
		if err != nil {
			return removed, err
		}
		if gone {
			removed = append(removed, "kept data folder "+filepath.Base(one.key))
		}
	}
	return removed, nil
}

func removeSeeded(ctx context.Context, cache programs.Cache, one keptSeeded) (gone bool, err error) {
	release, held, err := cache.TryHold(strings.TrimSuffix(one.key, halfSuffix))
	if err != nil || !held {
		return false, err
	}
	defer release()
	if one.volume != "" {
		if gone, err := removeVolume(ctx, one.volume); err != nil || !gone {
			return false, err
		}
	}
	if err := os.RemoveAll(filepath.Join(cache.Dir, one.key)); err != nil {
		return false, fmt.Errorf("removing a kept data folder: %w", err)
	}
	return true, nil
}

// SeededSize tells how many filled data folders a cache keeps, and their bytes.
func SeededSize(cache string) (count int, bytes int64, err error) {
	all, err := listSeeded(programs.Cache{Dir: cache})
	for _, one := range all {
		bytes += one.bytes
	}
	return len(all), bytes, err
}
