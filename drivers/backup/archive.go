package backup

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"tristore/drivers"
	"tristore/drivers/cluster"
)

// Format is how a dump is written. The empty one is what the platform's page shows.
type Format string

// The formats of pg_dump; MongoDB's tools know their archive only.
const (
	Custom    Format = "custom"
	Directory Format = "directory"
	Plain     Format = "plain"
	Stream    Format = "archive"
)

// Formats are those that an engine's tools know; the first is what the platform's page shows.
func Formats(engine drivers.Engine) []Format {
	if engine.Family() == drivers.FamilyPostgres {
		return []Format{Custom, Directory, Plain}
	}
	return []Format{Stream}
}

// How shapes a dump or a restore. The zero value is what the platform's page shows.
type How struct {
	Format  Format
	Jobs    int      // of the directory format, where zero is one; collections that mongodump reads at once, where zero is its own choice
	Without []string // tables or collections left out
	Only    string   // the one table or collection that is dumped; empty is all
	// SchemaOnly dumps no rows; PostgreSQL only.
	SchemaOnly bool
	// Ownerless restores without owners and grants, as is often done where a role is missing.
	Ownerless bool
	// Snapshot is an exported snapshot of PostgreSQL to dump; empty is one of the dump's own.
	Snapshot string

	folder  string  // of a dump in the directory format
	section section // of a restore; empty is all
}

// Archive is one dumped database: a file, or a folder. It stays its caller's.
type Archive struct {
	Path   string
	Engine drivers.Engine // it came from
	Format Format
	From   string // name of the dumped database
	Bytes  int64
	SHA256 string // of what was dumped, hex; a folder's is over its files by name
}

// Dump writes one database into a file in folder, as the platform's page shows. A
// missing tool is a *cluster.ToolMissing; one that failed is a *cluster.ToolFailed or a
// *Complained, and its report is returned all the same.
func Dump(ctx context.Context, from Place, folder string) (Archive, Report, error) {
	return DumpAs(ctx, from, folder, How{})
}

// DumpAs is Dump in a format, or without some tables.
func DumpAs(ctx context.Context, from Place, folder string, how How) (archive Archive, report Report, err error) {
	archive = Archive{Engine: from.Cluster.Engine, From: from.Database, Format: how.Format}
	dump := mongodump
	if archive.Engine.Family() == drivers.FamilyPostgres {
		dump = pgDump
	}
	if archive.Format == "" {
		archive.Format = Formats(archive.Engine)[0]
	}
	archive.Path = filepath.Join(folder, from.Database+"."+string(archive.Format))
	how.Format, how.folder = archive.Format, UnfinishedPath(archive.Path)
	var file *os.File // nil for a folder, which the tool makes
	if how.Format != Directory {
		if file, err = os.OpenFile(how.folder, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600); err != nil {
			return archive, report, fmt.Errorf("making the archive of %s: %w", from.Database, err)
		}
	}
	report, err = dump(ctx, from, how, file)
	if file != nil {
		err = errors.Join(err, file.Close())
	}
	if err == nil {
		err = os.Rename(how.folder, archive.Path)
	}
	if err == nil {
		archive, err = Sealed(archive)
		report.Bytes = archive.Bytes
	}
	if err == nil && archive.Bytes == 0 {
		err = &Complained{report.Tool, []string{"the archive is empty"}}
	}
	if err != nil {
		err = fmt.Errorf("dumping %s: %w", from.Database, err)
	}
	return archive, report, err
}

// UnfinishedPath is where a dump lies while it is written, so that one that was cut off
// does not look whole.
func UnfinishedPath(path string) string { return path + ".unfinished" }

// Restore reads an archive into an empty database, as the platform's page shows.
// Collections named by without are left out (MongoDB only). Its errors are those of Dump,
// an *Altered and an *Unfinished.
func Restore(ctx context.Context, to Place, archive Archive, without ...string) (Report, error) {
	return RestoreAs(ctx, to, archive, How{Without: without})
}

// RestoreAs is Restore with jobs, or without owners.
func RestoreAs(ctx context.Context, to Place, archive Archive, how How) (report Report, err error) {
	if err := errors.Join(Unaltered(archive), whole(archive)); err != nil {
		return report, err
	}
	return restore(ctx, to, archive, how)
}

func restore(ctx context.Context, to Place, archive Archive, how How) (report Report, err error) {
	from := source{archive: archive, how: how}
	if archive.Format != Directory {
		file, err := os.Open(archive.Path)
		if err != nil {
			return report, fmt.Errorf("reading the archive of %s: %w", archive.From, err)
		}
		defer func() { _ = file.Close() }() // read only
		from.stream = file
	}
	if to.Cluster.Engine.Family() == drivers.FamilyPostgres {
		report, err = pgRestore(ctx, to, from)
	} else {
		report, err = mongorestore(ctx, to, renaming{from.stream, archive.From, how.Without})
	}
	report.Bytes = archive.Bytes
	if err != nil {
		err = fmt.Errorf("restoring %s: %w", to.Database, err)
	}
	return report, err
}

// source is an archive on its way into a restore.
type source struct {
	archive Archive
	how     How
	stream  io.Reader // nil for a folder
}

// arguments are pg_restore's, as the platform's page has them, and an end at the first error.
func (s source) arguments() []string {
	args := []string{"--clean", "--if-exists", "--exit-on-error"}
	if s.how.Ownerless {
		args = append(args, "--no-owner", "--no-privileges")
	}
	if s.how.section != "" {
		args = append(args, "--section="+string(s.how.section))
	}
	if s.archive.Format == Directory {
		args = append(args, "--format=directory", "{folder}")
	}
	return args
}

// into gives a call the archive.
func (s source) into(call cluster.Invocation) cluster.Invocation {
	call.In = s.stream
	if s.archive.Format == Directory {
		call.FolderIn = s.archive.Path
	}
	return call
}

// Sealed is the archive with the digest and the length of what lies there now.
func Sealed(archive Archive) (Archive, error) {
	var err error
	archive.SHA256, archive.Bytes, err = digest(archive.Path)
	return archive, err
}

// Unaltered compares what lies there with what was dumped; a difference is an *Altered.
func Unaltered(archive Archive) error {
	sum, _, err := digest(archive.Path)
	if err == nil && sum != archive.SHA256 {
		err = &Altered{archive.Path}
	}
	return err
}

// lastLine is how pg_dump ends a plain dump, on every major.
const lastLine = "-- PostgreSQL database dump complete"

// lastLineWithin is how far before the end it may stand, in bytes: an \unrestrict line
// and empty ones come after it.
const lastLineWithin = 1 << 10

// whole tells a plain dump that was cut from one that was not: an *Unfinished.
func whole(archive Archive) (err error) {
	if archive.Format != Plain {
		return nil // the tools look themselves
	}
	file, err := os.Open(archive.Path)
	if err != nil {
		return fmt.Errorf("reading the archive: %w", err)
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	info, err := file.Stat()
	if err != nil {
		return fmt.Errorf("reading the archive: %w", err)
	}
	end := make([]byte, min(info.Size(), lastLineWithin))
	if _, err := file.ReadAt(end, info.Size()-int64(len(end))); err != nil && !errors.Is(err, io.EOF) {
		return fmt.Errorf("reading the archive: %w", err)
	}
	if !bytes.Contains(end, []byte("\n"+lastLine+"\n")) {
		return &Unfinished{archive.Path}
	}
	return nil
}

// needsClient is the oldest major whose pg_restore knows the archive's version, which
// stands in its head: 1.15 came with 16, 1.16 with 17. Zero is any.
func needsClient(archive Archive) int {
	path := archive.Path
	switch archive.Format {
	case Directory:
		path = filepath.Join(path, "toc.dat")
	case Custom:
	default:
		return 0
	}
	file, err := os.Open(path)
	if err != nil {
		return 0 // whoever restores will say so
	}
	defer func() { _ = file.Close() }() // read only
	head := make([]byte, len("PGDMP")+2)
	if _, err := io.ReadFull(file, head); err != nil || !bytes.HasPrefix(head, []byte("PGDMP")) || head[5] != 1 {
		return 0
	}
	switch version := head[6]; {
	case version >= 16:
		return 17
	case version == 15:
		return 16
	default:
		return 0
	}
}

// digest is the SHA-256 of a file, or of a folder's files by name, and the length of all.
func digest(path string) (sum string, length int64, err error) {
	info, err := os.Stat(path)
	if err != nil {
		return "", 0, fmt.Errorf("reading the archive: %w", err)
	}
	all := sha256.New()
	if !info.IsDir() {
		if length, err = digestFile(all, path); err != nil {
			return "", 0, err
		}
		return hex.EncodeToString(all.Sum(nil)), length, nil
	}
	err = filepath.WalkDir(path, func(at string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		one := sha256.New()
		bytes, err := digestFile(one, at)
		length += bytes
		_, _ = fmt.Fprintf(all, "%q %d %x\n", entry.Name(), bytes, one.Sum(nil)) // a hash takes everything
		return err
	})
	if err != nil {
		return "", 0, fmt.Errorf("reading the archive: %w", err)
	}
	return hex.EncodeToString(all.Sum(nil)), length, nil
}

func digestFile(into hash.Hash, path string) (int64, error) {
	file, err := os.Open(path)
	if err != nil {
		return 0, fmt.Errorf("reading the archive: %w", err)
	}
	length, err := io.Copy(into, file)
	if err := errors.Join(err, file.Close()); err != nil {
		return 0, fmt.Errorf("reading the archive: %w", err)
	}
	return length, nil
}
