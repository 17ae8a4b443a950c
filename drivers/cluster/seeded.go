package cluster

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"time"

	"tristore/drivers"
)

// Seeded asks for a cluster that begins with content: a copy of a data folder that was
// filled once, is kept in the cache and is copied from then on. For embedded PostgreSQL.
type Seeded struct {
	// Key names the content: letters, digits and dashes. Two contents never share one.
	Key string
	// Fill writes the content as administrator of a fresh cluster, which ends afterwards.
	Fill func(ctx context.Context, on *Cluster) error
}

// CanSeed tells whether clusters of an engine in a reach can begin with content.
func CanSeed(engine drivers.Engine, reach drivers.Reach) bool {
	return engine.Family() == drivers.FamilyPostgres && reach == drivers.Embedded
}

// What is kept of filled data folders: so many, and so many bytes; those not used for the
// longest time go first. A folder that nobody used for seededStale is swept.
const (
	seededFolder = "seeded"
	seededFormat = "1" // raise it when what lies in an entry changes
	seededMax    = 4
	seededBytes  = 4 << 30
	seededStale  = 30 * 24 * time.Hour
)

// manifest describes an entry. It is written last, so that an entry without one is no entry.
type manifest struct {
	Format string            `json:"format"`
	Files  map[string]uint32 `json:"files"` // CRC-32C by relative path
	Bytes  int64             `json:"bytes"`
}

const manifestName = "manifest.json"

// openSeeded copies the filled data folder to where a cluster will run, making it first
// where there is none. A kept folder whose files are not those that were written is made
// anew. It returns the template that was copied.
func openSeeded(ctx context.Context, e *embedded, from *postgresProgram, data string) (template, error) {
	key, err := seededKey(e, from.build)
	if err != nil {
		return template{}, err
	}
	release, err := e.cache.Hold(ctx, key)
	if err != nil {
		return template{}, err
	}
	defer release()
	entry := filepath.Join(e.cache.Dir, key)
	if why := damaged(entry); why != nil {
		if !errors.Is(why, fs.ErrNotExist) && e.spec.Log != nil {
			e.spec.Log.Warn("a kept data folder is damaged and is made anew", "what", key, "why", why)
		}
		if err := os.RemoveAll(entry); err != nil {
			return template{}, fmt.Errorf("removing a damaged data folder: %w", err)
		}
	}
	if _, err := e.cache.Private(ctx, key, func(ctx context.Context, dir string) error { return fillSeeded(ctx, e, dir) }); err != nil {
		return template{}, err
	}
	now := time.Now()
	if err := os.Chtimes(entry, now, now); err != nil { // when it was last used
		return template{}, err
	}
	password, err := os.ReadFile(filepath.Join(entry, "password"))
	if err != nil {
		return template{}, fmt.Errorf("reading a kept data folder's password: %w", err)
	}
	kept := template{filepath.Join(entry, "data"), drivers.NewSecret(string(password))}
	if err := kept.copyTo(data, e.as); err != nil {
		return template{}, err
	}
	return kept, trimSeeded(e.cache, key)
}

func seededKey(e *embedded, build string) (string, error) {
	if content := e.spec.Seeded.Key; content == "" || safeName(content) != content {
		return "", fmt.Errorf("%q names no content: letters, digits and dashes, at most 40", content)
	}
	owner := os.Geteuid()
	if e.as != nil {
		owner = e.as.uid
	}
	return filepath.Join(seededFolder, fmt.Sprintf("%s-%s-uid%d", filepath.Base(build), e.spec.Seeded.Key, owner)), nil
}

// fillSeeded runs a cluster of its own until it was filled, and keeps its data.
func fillSeeded(ctx context.Context, outer *embedded, dir string) (err error) {
	spec := outer.spec
	spec.Seeded, spec.Limits, spec.Durability, spec.Dir = nil, Limits{}, Relaxed, filepath.Join(spec.Dir, "filling")
	spec.Settings = map[string]string{"max_wal_size": "96MB", "min_wal_size": "32MB"} // so that little log is kept with the data
	program := &postgresProgram{password: drivers.GenerateSecret()}
	inner := &embedded{spec: spec, as: outer.as, cache: outer.cache, program: program}
	defer func() { err = errors.Join(err, inner.close(context.WithoutCancel(ctx))) }()
	on, err := inner.start(ctx)
	if err != nil {
		return err
	}
	on.Engine, on.Reach, on.Dir = spec.Engine, drivers.Embedded, spec.Dir
	on.CAFile, on.OtherCAFile = inner.tls.CAFile, inner.tls.OtherCAFile
	if err := outer.spec.Seeded.Fill(ctx, on); err != nil {
		return fmt.Errorf("filling a cluster: %w", err)
	}
	server := inner.server
	inner.server = nil
	if err := server.end(ctx, program.signals()...); err != nil {
		return err
	}
	data := filepath.Join(dir, "data")
	if err := os.Rename(program.data(inner), data); err != nil {
		return fmt.Errorf("keeping a filled data folder: %w", err)
	}
	if _, err := os.Stat(filepath.Join(data, "postmaster.pid")); err == nil {
		return errors.New("the filled cluster did not end in order")
	}
	settings, err := os.ReadFile(filepath.Join(program.template.data, "postgresql.conf")) // those of initdb alone
	if err == nil {
		err = os.WriteFile(filepath.Join(data, "postgresql.conf"), settings, 0o600)
	}
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, "password"), []byte(program.password.Reveal()), 0o600)
	}
	if err != nil {
		return fmt.Errorf("keeping a filled data folder: %w", err)
	}
	return writeManifest(dir)
}

func writeManifest(dir string) error {
	m := manifest{Format: seededFormat}
	var err error
	if m.Files, m.Bytes, err = sums(dir); err != nil {
		return fmt.Errorf("summing a data folder: %w", err)
	}
	text, err := json.Marshal(m)
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, manifestName), text, 0o600)
}

// sums reads every file but the manifest.
func sums(dir string) (files map[string]uint32, bytes int64, err error) {
	files = map[string]uint32{}
	err = filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || path == filepath.Join(dir, manifestName) {
			return err
		}
		file, err := os.Open(path)
		if err != nil {
			return err
		}
		defer func() { _ = file.Close() }()
		sum := crc32.New(crc32.MakeTable(crc32.Castagnoli))
		n, err := io.Copy(sum, file)
		if err != nil {
			return err
		}
		relative, err := filepath.Rel(dir, path)
		files[relative], bytes = sum.Sum32(), bytes+n
		return err
	})
	return files, bytes, err
}

// damaged says why an entry cannot be used: fs.ErrNotExist when there is none.
func damaged(entry string) error {
	if _, err := os.Stat(entry); err != nil {
		return err
	}
	said, err := readManifest(entry)
	if err != nil {
		return fmt.Errorf("no manifest that can be read: %s", err.Error()) // there is an entry, so this is no ErrNotExist
	}
	files, _, err := sums(entry)
	switch {
	case err != nil:
		return err
	case said.Format != seededFormat:
		return fmt.Errorf("it has format %q, not %q", said.Format, seededFormat)
	case !maps.Equal(files, said.Files):
		return errors.New("its files are not those that were written")
	}
	return nil
}

func readManifest(entry string) (m manifest, err error) {
	text, err := os.ReadFile(filepath.Join(entry, manifestName))
	if err == nil {
		err = json.Unmarshal(text, &m)
	}
	return m, err
}
