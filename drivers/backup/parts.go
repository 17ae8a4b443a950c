package backup

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"tristore/drivers"
)

// section is a part of an archive as pg_restore knows it.
type section string

// The sections, in the order in which they are restored.
const (
	preData  section = "pre-data"  // tables, types, functions, grants
	data     section = "data"      // rows and the values of sequences
	postData section = "post-data" // indexes, constraints, triggers
)

// Parts are the reports of one restore: rows with what they need before them, and the
// indexes and constraints after them. Indexes has no tool where the engine's restore
// knows no such part.
type Parts struct{ Rows, Indexes Report }

// Both adds them up; lines of both are kept.
func (p Parts) Both() Report { return sum(p.Rows, p.Indexes) }

// RestoreParts is RestoreAs one section after the other, so that each can be timed. An
// engine without sections is restored at once, all of it as rows.
func RestoreParts(ctx context.Context, to Place, archive Archive, how How) (parts Parts, err error) {
	if err := errors.Join(Unaltered(archive), whole(archive)); err != nil {
		return parts, err
	}
	if to.Cluster.Engine.Family() != drivers.FamilyPostgres || archive.Format == Plain {
		parts.Rows, err = restore(ctx, to, archive, how)
		return parts, err
	}
	for _, part := range []struct {
		section
		into *Report
	}{{preData, &parts.Rows}, {data, &parts.Rows}, {postData, &parts.Indexes}} {
		how.section = part.section
		report, err := restore(ctx, to, archive, how)
		*part.into = sum(*part.into, report)
		if err != nil {
			return parts, fmt.Errorf("section %s: %w", part.section, err)
		}
	}
	return parts, nil
}

// sum is one report of two runs of a tool on one archive.
func sum(a, b Report) Report {
	switch {
	case a.Tool == "":
		return b
	case b.Tool == "":
		return a
	}
	a.Seconds += b.Seconds
	a.Command += "\n" + b.Command
	a.Errors, a.Warnings, a.Notes = append(a.Errors, b.Errors...), append(a.Warnings, b.Warnings...), append(a.Notes, b.Notes...)
	return a
}

// Fetch copies an archive into another folder, as it would be brought from where backups
// are kept, and compares what arrived with what was dumped.
func Fetch(archive Archive, folder string) (fetched Archive, err error) {
	fetched = archive
	fetched.Path = filepath.Join(folder, filepath.Base(archive.Path))
	unfinished := UnfinishedPath(fetched.Path)
	if archive.Format == Directory {
		err = fetchFolder(archive.Path, unfinished)
	} else {
		err = fetchFile(archive.Path, unfinished)
	}
	if err == nil {
		err = os.Rename(unfinished, fetched.Path)
	}
	if err == nil {
		err = Unaltered(fetched)
	}
	if err != nil {
		return archive, fmt.Errorf("fetching an archive: %w", err)
	}
	return fetched, nil
}

// fetchFolder copies the files of a dump in the directory format, which lie side by side.
func fetchFolder(path, to string) error {
	files, err := os.ReadDir(path)
	if err != nil {
		return err
	}
	if err := os.Mkdir(to, 0o700); err != nil {
		return err
	}
	for _, file := range files {
		if err := fetchFile(filepath.Join(path, file.Name()), filepath.Join(to, file.Name())); err != nil {
			return err
		}
	}
	return nil
}

func fetchFile(path, into string) error {
	from, err := os.Open(path)
	if err != nil {
		return err
	}
	defer func() { _ = from.Close() }() // read only
	to, err := os.OpenFile(into, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(to, from)
	return errors.Join(err, to.Sync(), to.Close())
}
