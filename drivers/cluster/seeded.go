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

// Seeded asks for a cluster that begins with content: a copy of data that was filled in
// once, is kept, and is copied from then on. What an embedded server is copied from is a
// folder of the cache; what a container is copied from is a volume of its daemon.
type Seeded struct {
	// Key names the content: letters, digits and dashes. Two contents never share one.
	Key string
	// Fill writes the content as administrator of a fresh cluster, which ends afterwards.
	Fill func(ctx context.Context, on *Cluster) error
}

// CanSeed tells whether clusters of an engine in a reach can begin with content.
func CanSeed(engine drivers.Engine, reach drivers.Reach) bool {
	is := engine.Product == drivers.Postgres || engine == drivers.Engine{Product: drivers.FerretDB, Major: 1}
	return is && (reach == drivers.Embedded || reach == drivers.Container)
}

// seedable is a server program whose data folder can be kept and copied.
type seedable interface {
	serverProgram
	// source names the program and its version.
	source() string
	data(e *embedded) string
	// settle makes a filled data folder fit to be copied, when its server has ended. It
	// gives the password that a copy begins with; zero where a copy makes its account anew.
	settle(data string) (drivers.Secret, error)
	// filling are the settings under which content is filled in.
	filling() map[string]string
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
	Volume string            `json:"volume,omitempty"` // that holds the data instead, where a container runs
	Sums   string            `json:"sums,omitempty"`   // SHA-256 of the file in it that holds those of the others
}

const manifestName = "manifest.json"

// openSeeded makes the kept data where there is none, and lets take copy it while nobody
// else changes it. A kept folder whose files are not those that were written is made anew.
func openSeeded(ctx context.Context, e *embedded, from seedable, take func(template) error) error {
	key, err := seededKey(e, from.source())
	if err != nil {
		return err
	}
	release, err := e.cache.Hold(ctx, key)
	if err != nil {
		return err
	}
	defer release()
	entry := filepath.Join(e.cache.Dir, key)
	if why := damaged(entry); why != nil {
		tellDamage(e.spec, key, why)
		if err := os.RemoveAll(entry); err != nil {
			return fmt.Errorf("removing a damaged data folder: %w", err)
		}
	}
	if _, err := e.cache.Private(ctx, key, func(ctx context.Context, dir string) error { return fillSeeded(ctx, e, dir) }); err != nil {
		return err
	}
	password, err := useSeeded(entry)
	if err != nil {
		return err
	}
	if err := take(template{filepath.Join(entry, "data"), password}); err != nil {
		return err
	}
	return trimSeeded(ctx, e.cache, key)
}

func tellDamage(spec Spec, key string, why error) {
	if !errors.Is(why, fs.ErrNotExist) && spec.Log != nil {
		spec.Log.Warn("kept data is damaged and is made anew", "what", key, "why", why)
	}
}

// useSeeded notes that an entry is used now, and gives the password in it.
func useSeeded(entry string) (drivers.Secret, error) {
	now := time.Now()
	if err := os.Chtimes(entry, now, now); err != nil {
		return drivers.Secret{}, err
	}
	password, err := os.ReadFile(filepath.Join(entry, "password"))
	if err != nil {
		return drivers.Secret{}, fmt.Errorf("reading the password of kept data: %w", err)
	}
	return drivers.NewSecret(string(password)), nil
}

func keepPassword(dir string, password drivers.Secret) error {
	return os.WriteFile(filepath.Join(dir, "password"), []byte(password.Reveal()), 0o600)
}

func checkKey(key string) error {
	if key == "" || safeName(key) != key {
		return fmt.Errorf("%q names no content: letters, digits and dashes, at most 40", key)
	}
	return nil
}

func seededKey(e *embedded, build string) (string, error) {
	owner := os.Geteuid()
	if e.as != nil {
		owner = e.as.uid
	}
	return filepath.Join(seededFolder, fmt.Sprintf("%s-%s-uid%d", filepath.Base(build), e.spec.Seeded.Key, owner)), checkKey(e.spec.Seeded.Key)
}

// fillSeeded runs a cluster of its own until it was filled, and keeps its data.
func fillSeeded(ctx context.Context, outer *embedded, dir string) (err error) {
	made, err := programFor(outer.spec.Engine)
	if err != nil {
		return err
	}
	program := made.(seedable) //nolint:forcetypeassert // the outer one is of the same engine
	inner := &embedded{spec: unlimited(outer.spec), as: outer.as, cache: outer.cache, program: program}
	inner.spec.Settings = program.filling()
	defer func() { err = errors.Join(err, inner.close(context.WithoutCancel(ctx))) }()
	on, err := inner.start(ctx)
	if err != nil {
		return err
	}
	on.Engine, on.Reach, on.Dir = inner.spec.Engine, drivers.Embedded, inner.spec.Dir
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
	password, err := program.settle(data)
	if err = errors.Join(err, keepPassword(dir, password)); err != nil {
		return fmt.Errorf("keeping a filled data folder: %w", err)
	}
	m := manifest{Format: seededFormat}
	if m.Files, m.Bytes, err = sums(dir); err != nil {
		return fmt.Errorf("summing a data folder: %w", err)
	}
	return writeManifest(dir, m)
}

// unlimited asks for the cluster that content is filled into: fast, and with nothing of
// its own to keep.
func unlimited(spec Spec) Spec {
	spec.Seeded, spec.Limits, spec.Durability, spec.Settings, spec.Dir = nil, Limits{}, Relaxed, nil, filepath.Join(spec.Dir, "filling")
	return spec
}

func writeManifest(dir string, m manifest) error {
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
