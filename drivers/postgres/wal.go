package postgres

import (
	"context"
	"errors"
	"fmt"
	"time"

	"tristore/drivers"
)

// asked runs one query of one row on a connection of its own.
func asked(ctx context.Context, target drivers.Target, query string, into ...any) (err error) {
	connection, err := dial(ctx, target)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, connection.Close(ctx)) }()
	if err := connection.QueryRow(ctx, query).Scan(into...); err != nil {
		return fmt.Errorf("asking %s: %w", target.URL.HostPort(), err)
	}
	return nil
}

// Clock is the server's own, by which it stamps commits.
func Clock(ctx context.Context, target drivers.Target) (now time.Time, err error) {
	err = asked(ctx, target, "SELECT clock_timestamp()", &now)
	return now, err
}

// SwitchWAL ends the segment of WAL that is being written and returns its name.
func SwitchWAL(ctx context.Context, target drivers.Target) (segment string, err error) {
	err = asked(ctx, target, "SELECT pg_walfile_name(pg_switch_wal())", &segment)
	return segment, err
}

// ArchiverState is what a server says of its archiving.
type ArchiverState struct {
	Last       string // the newest thing archived; empty for nothing
	Failed     int64
	LastFailed string
}

// Archiver asks how far archiving is.
func Archiver(ctx context.Context, target drivers.Target) (state ArchiverState, err error) {
	err = asked(ctx, target, "SELECT coalesce(last_archived_wal, ''), failed_count, coalesce(last_failed_wal, '') FROM pg_stat_archiver", &state.Last, &state.Failed, &state.LastFailed)
	return state, err
}

// SegmentBytes is the length of a segment of WAL.
func SegmentBytes(ctx context.Context, target drivers.Target) (bytes int64, err error) {
	err = asked(ctx, target, "SELECT pg_size_bytes(current_setting('wal_segment_size'))", &bytes)
	return bytes, err
}

// Promoted asks whether a server takes writes, and on which timeline; a server that still
// recovers has no timeline of its own to tell.
func Promoted(ctx context.Context, target drivers.Target) (promoted bool, timeline string, err error) {
	err = asked(ctx, target, `SELECT NOT pg_is_in_recovery(), CASE WHEN pg_is_in_recovery() THEN '' ELSE left(pg_walfile_name(pg_current_wal_insert_lsn()), 8) END`, &promoted, &timeline)
	return promoted, timeline, err
}
