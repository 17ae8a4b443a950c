package cluster

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"

	"golang.org/x/sys/unix"

	"tristore/drivers"
	"tristore/drivers/cluster/programs"
)

// template is a data folder that initdb made once and every cluster of that version
// copies: initdb takes half a second, the copy a tenth of that.
type template struct {
	data     string
	password drivers.Secret // of the superuser, replaced in a copy before anybody is told its port
}

// superuser of every embedded PostgreSQL.
const superuser = "postgres"

// made is how a template comes about.
type made struct {
	build  string   // folder of the server programs
	as     *account // who will run servers, and owns it
	initdb []string // further arguments
}

// key names the template after what makes it differ from others.
func (m made) key() string {
	owner := os.Geteuid()
	if m.as != nil {
		owner = m.as.uid
	}
	words := ""
	for _, argument := range m.initdb {
		words += "-" + strings.Trim(safeName(argument), "-")
	}
	return fmt.Sprintf("template/%s%s-uid%d", filepath.Base(m.build), words, owner)
}

// openTemplate returns a template, made first where there is none.
func openTemplate(ctx context.Context, cache programs.Cache, from made) (template, error) {
	entry, err := cache.Private(ctx, from.key(), func(ctx context.Context, dir string) error { return initialise(ctx, from, dir) })
	if err != nil {
		return template{}, err
	}
	password, err := os.ReadFile(filepath.Join(entry, "password"))
	if err != nil {
		return template{}, fmt.Errorf("reading the template's password: %w", err)
	}
	return template{filepath.Join(entry, "data"), drivers.NewSecret(string(password))}, nil
}

// initialise runs initdb into dir/data. The password is kept beside it, for us only.
func initialise(ctx context.Context, from made, dir string) error {
	data, kept, told := filepath.Join(dir, "data"), filepath.Join(dir, "password"), filepath.Join(dir, "told")
	password := []byte(rand.Text())
	err := errors.Join(os.Mkdir(data, 0o700), os.WriteFile(kept, password, 0o600), os.WriteFile(told, password, 0o600), from.as.give(data, told))
	if err != nil {
		return err
	}
	args := append([]string{"--pgdata=" + data, "--username=" + superuser,
		"--auth=scram-sha-256", "--pwfile=" + told, "--encoding=UTF8", "--locale=" + serverLocale, "--no-sync"}, from.initdb...)
	command := programs.Command(ctx, filepath.Join(from.build, "bin", "initdb"), args...)
	command.Env, command.Dir = serverEnvironment(), "/"
	command.SysProcAttr.Credential = from.as.credential()
	var said programs.Tail
	command.Stdout, command.Stderr = &said, &said
	if err := programs.Run(command); err != nil {
		return fmt.Errorf("initdb: %s: %w", said.Line(), err)
	}
	return os.Remove(told)
}

// copyTo makes a data folder of PostgreSQL out of the template, with an identity of its own.
func (t template) copyTo(data string, as *account) error {
	if err := t.copyFolder(data, as); err != nil {
		return err
	}
	if err := newIdentity(data); err != nil {
		return fmt.Errorf("copying the template: %w", err)
	}
	return nil
}

// copyFolder makes a data folder out of the template, owned by the account.
func (t template) copyFolder(data string, as *account) error {
	var folders, files []string
	err := filepath.WalkDir(t.data, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		relative, err := filepath.Rel(t.data, path)
		switch {
		case err != nil:
			return err
		case entry.IsDir():
			folders = append(folders, relative)
		case entry.Type().IsRegular():
			files = append(files, relative)
		default:
			return fmt.Errorf("%s is neither file nor folder", relative)
		}
		return nil
	})
	for _, folder := range folders {
		if err == nil {
			err = errors.Join(os.Mkdir(filepath.Join(data, folder), 0o700), as.give(filepath.Join(data, folder)))
		}
	}
	if err == nil {
		err = t.copyFiles(files, data, as)
	}
	if err != nil {
		return fmt.Errorf("copying the template: %w", err)
	}
	return nil
}

// copiers share the files of one copy: most are small, so that the calls cost, not the bytes.
const copiers = 4

func (t template) copyFiles(files []string, data string, as *account) error {
	var next atomic.Int64
	var group sync.WaitGroup
	failed := make([]error, copiers)
	for worker := range copiers {
		group.Go(func() {
			for {
				at := int(next.Add(1)) - 1
				if at >= len(files) || failed[worker] != nil {
					return
				}
				failed[worker] = copyFile(filepath.Join(t.data, files[at]), filepath.Join(data, files[at]), as)
			}
		})
	}
	group.Wait()
	return errors.Join(failed...)
}

// copyFile shares blocks where the file system can, since io.Copy asks the kernel for that.
func copyFile(from, to string, as *account) (err error) {
	source, err := os.Open(from)
	if err != nil {
		return err
	}
	defer func() { _ = source.Close() }()
	target, err := os.OpenFile(to, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, target.Close()) }()
	if as != nil {
		if err := target.Chown(as.uid, as.gid); err != nil {
			return err
		}
	}
	_, err = io.Copy(target, source)
	return err
}

// newIdentity gives a copied data folder a system identifier of its own, as initdb would
// have: two copies of one template must not look like one cluster, neither to replication
// nor to the guard that lets us write (a sandbox mark is bound to the identity). The
// identifier stands in pg_control, below a checksum, and in the head of each WAL segment.
func newIdentity(data string) error {
	fresh := make([]byte, 8)
	_, _ = rand.Read(fresh) // never fails
	fresh[7] &= 0x7f        // SQL shows it as a signed number
	control := filepath.Join(data, "global", "pg_control")
	content, err := os.ReadFile(control)
	if err != nil {
		return err
	}
	at, err := checksumOffset(content)
	if err != nil {
		return err
	}
	old := string(content[:8])
	copy(content, fresh)
	binary.NativeEndian.PutUint32(content[at:], crc32.Checksum(content[:at], crc32.MakeTable(crc32.Castagnoli)))
	if err := overwrite(control, 0, content); err != nil {
		return err
	}
	segments, err := filepath.Glob(filepath.Join(data, "pg_wal", "0000*"))
	if err != nil || len(segments) == 0 {
		return errors.Join(errors.New("no WAL segment in the template"), err)
	}
	for _, segment := range segments {
		if err := identify(segment, old, fresh); err != nil {
			return err
		}
	}
	return nil
}

// walIdentity is where the identifier stands in a segment's first page header:
// XLogLongPageHeaderData, after 24 bytes of XLogPageHeaderData.
const walIdentity = 24

func identify(segment, old string, fresh []byte) error {
	file, err := os.Open(segment)
	if err != nil {
		return err
	}
	head := make([]byte, walIdentity+8)
	_, err = io.ReadFull(file, head)
	if err := errors.Join(err, file.Close()); err != nil {
		return fmt.Errorf("reading the head of %s: %w", filepath.Base(segment), err)
	}
	switch string(head[walIdentity:]) {
	case old:
		return overwrite(segment, walIdentity, fresh)
	case string(make([]byte, 8)):
		return nil // prepared and not used yet
	}
	return fmt.Errorf("%s does not belong to its data folder", filepath.Base(segment))
}

// checksumOffset finds the CRC-32C in pg_control: it is the last field of a structure
// whose length differs between versions, and covers all before it.
func checksumOffset(control []byte) (int, error) {
	castagnoli := crc32.MakeTable(crc32.Castagnoli)
	sum := uint32(0)
	const longest = 512 // the structure never exceeds a disk sector
	for at := 0; at+4 <= min(len(control), longest); at += 4 {
		if at >= 64 && binary.NativeEndian.Uint32(control[at:]) == sum {
			return at, nil
		}
		sum = crc32.Update(sum, castagnoli, control[at:at+4])
	}
	return 0, errors.New("pg_control has no checksum where one is expected")
}

func overwrite(path string, offset int64, content []byte) error {
	file, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	_, err = file.WriteAt(content, offset)
	return errors.Join(err, file.Close())
}

// serverLocale sorts by code point and knows UTF-8, alike on every machine.
const serverLocale = "C.UTF-8"

// serverEnvironment is all that a server process sees of ours: nothing.
func serverEnvironment() []string {
	return []string{"PATH=/usr/bin:/bin", "LC_ALL=" + serverLocale, "TZ=UTC", "HOME=/nonexistent"}
}

// freeBytes is the room that an ordinary user has on the file system of path.
func freeBytes(path string) (int64, error) {
	var stat unix.Statfs_t
	if err := unix.Statfs(path, &stat); err != nil {
		return 0, fmt.Errorf("asking for the room in %s: %w", path, err)
	}
	return int64(stat.Bavail) * stat.Bsize, nil
}

// megabytes writes a size for a sentence.
func megabytes(bytes int64) string { return strconv.FormatInt(bytes>>20, 10) + " MiB" }
