package backup

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"tristore/drivers/cluster"
	"tristore/drivers/postgres"
)

// Physical is the format of a base backup: a whole cluster's files, in tar format.
const Physical Format = "base"

// Base copies a running PostgreSQL cluster into one file in folder, with the WAL that makes
// the copy consistent. Its errors are those of Dump.
func Base(ctx context.Context, from *cluster.Cluster, folder string) (archive Archive, report Report, err error) {
	archive = Archive{Engine: from.Engine, Format: Physical, Path: filepath.Join(folder, "base.tar")}
	at := Place{Cluster: from}
	program, _, err := pgTool(ctx, at, "pg_basebackup")
	if err != nil {
		return archive, Report{Tool: "pg_basebackup"}, err
	}
	file, err := os.OpenFile(archive.Path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return archive, report, fmt.Errorf("making the base backup: %w", err)
	}
	// One stream, which works alike inside a container: the WAL can only be fetched at the end then.
	invoke := wholeCluster(at, program, "--pgdata=-", "--format=tar", "--wal-method=fetch", "--checkpoint=fast")
	invoke.Out = file
	report, err = call{program, from.Admin.URL.Password(), invoke}.run(ctx)
	if err = errors.Join(err, file.Close()); err == nil {
		archive, err = Sealed(archive)
		report.Bytes = archive.Bytes
	}
	if err == nil && archive.Bytes == 0 {
		err = &Complained{report.Tool, []string{"the base backup is empty"}}
	}
	if err != nil {
		err = fmt.Errorf("copying cluster %s: %w", from.Engine, err)
	}
	return archive, report, err
}

// The waiting for the archiver, which begins at once and copies 16 MiB.
const (
	archivePatience = time.Minute
	archivePoll     = 10 * time.Millisecond
)

// Unarchived is WAL that the server did not get into its archive.
type Unarchived struct{ Segment, Said string }

func (e *Unarchived) Error() string { return "segment " + e.Segment + " is not archived: " + e.Said }

// ArchiveNow ends the segment of WAL that is being written and waits until the server says
// that it is archived. It returns the segment's name; one that does not get there is an *Unarchived.
func ArchiveNow(ctx context.Context, on *cluster.Cluster) (segment string, err error) {
	if segment, err = postgres.SwitchWAL(ctx, on.Admin); err != nil {
		return "", err
	}
	waiting, cancel := context.WithTimeout(ctx, archivePatience)
	defer cancel()
	poll := time.NewTicker(archivePoll)
	defer poll.Stop()
	for {
		archiver, err := postgres.Archiver(waiting, on.Admin)
		switch {
		case err != nil && ctx.Err() == nil && waiting.Err() != nil:
			return segment, &Unarchived{segment, "the server did not say so within " + archivePatience.String()}
		case err != nil:
			return segment, err
		case IsSegment(archiver.Last) && archiver.Last[8:] >= segment[8:]:
			return segment, nil
		case archiver.Failed > 0:
			return segment, &Unarchived{segment, fmt.Sprintf("the archive command failed %d times, last for %s", archiver.Failed, archiver.LastFailed)}
		}
		select {
		case <-poll.C:
		case <-waiting.Done():
		}
	}
}

// IsSegment tells a segment's name: timeline, log and segment, eight hexadecimal digits each.
func IsSegment(name string) bool {
	return len(name) == 24 && strings.Trim(name, "0123456789ABCDEF") == ""
}

// Gaps looks at a folder of archived WAL and says what keeps it from leading from the
// segment in which a base backup begins to another one: segments that are not there, and
// those of another length than a segment has.
func Gaps(folder, last string, segmentBytes int64) (first string, gaps []string, err error) {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return "", nil, fmt.Errorf("reading the archive of WAL: %w", err)
	}
	there := map[string]int64{}
	for _, entry := range entries {
		info, err := entry.Info()
		if err != nil {
			return "", nil, fmt.Errorf("reading the archive of WAL: %w", err)
		}
		there[entry.Name()] = info.Size()
		// The server archives a note of each base backup, named after the segment it begins in.
		if segment, _, is := strings.Cut(entry.Name(), "."); is && strings.HasSuffix(entry.Name(), ".backup") && IsSegment(segment) {
			first = max(first, segment)
		}
	}
	if first == "" {
		return "", []string{"the archive holds no note of a base backup"}, nil
	}
	for segment := first; segment <= last; {
		length, is := there[segment]
		switch {
		case !is:
			gaps = append(gaps, "segment "+segment+" is not in the archive")
		case length != segmentBytes:
			gaps = append(gaps, fmt.Sprintf("segment %s has %d bytes, not %d", segment, length, segmentBytes))
		}
		if segment, err = following(segment, segmentBytes); err != nil {
			return first, gaps, err
		}
	}
	return first, slices.Clip(gaps), nil
}

// following is the name of the next segment on the same timeline.
func following(segment string, segmentBytes int64) (string, error) {
	var timeline, log, at uint32
	if _, err := fmt.Sscanf(segment, "%08X%08X%08X", &timeline, &log, &at); err != nil || segmentBytes <= 0 {
		return "", fmt.Errorf("%q is no segment of %d bytes: %w", segment, segmentBytes, err)
	}
	if at++; int64(at) >= 1<<32/segmentBytes {
		log, at = log+1, 0
	}
	return fmt.Sprintf("%08X%08X%08X", timeline, log, at), nil
}
