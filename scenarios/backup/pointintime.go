package backup

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"tristore/drivers/backup"
	"tristore/drivers/cluster"
	"tristore/drivers/postgres"
	"tristore/drivers/store"
	"tristore/reports/result"
	"tristore/scenarios"
)

// PointInTime takes a base backup of a filled cluster that archives its WAL, makes writes
// before and after a moment, loses the cluster, and recovers it to that moment from the
// base and the archive. Named checks then look at it: whether the archive is whole, the
// server starts and is promoted, everything acknowledged before the moment is there and
// nothing after it, content and catalogue are what they were at the moment, and the
// application role starts and writes on.
//
// Recoveries that went wrong go the same way: to a later or an earlier moment, with a
// segment of WAL that is missing, cut or flipped, and one that was never promoted. Some
// of them end early and look like a success: PostgreSQL 12 promotes itself where the WAL
// ends, without a word.
//
// Cases: per named check of the sound recovery "nothing"; per damage and check that has to
// see it "seen".
// Facts:
//   - recoveries: 3 at smoke depth, 8 beyond
//   - damages: 2 and 7; undetected = 0, missed = 0
//   - twins = 1: the sound recovery; false_alarms = 0
//   - acknowledged = 4: writes of the ledger; unknown = 0
//   - segments: of WAL that lead from the base to the last write; at least 4
//   - rows: compared with the source as it was at the moment; at least 200
//   - unarchived = 0: segments that the server did not get into its archive
//   - tools_failed = 0: base backups that ended badly
//   - base_s, base_bytes; recover_s: of the sound recovery, from the start of the server to
//     the first answered query
func PointInTime(ctx context.Context, on scenarios.Stage, saw *result.Observation) {
	record(saw, "recoveries", "damages", "undetected", "missed", "twins", "false_alarms", "acknowledged", "unknown", "segments", "rows", "unarchived", "tools_failed", "base_s", "base_bytes", "recover_s")
	if asked, err := cannotRecover(ctx, on); err != nil || asked != "" {
		saw.Probe = asked
		saw.Stop(err)
		return
	}
	p := &pointInTime{standing: standing{on: on, saw: saw}}
	defer func() { saw.Stop(p.drop(context.WithoutCancel(ctx))) }()
	for _, step := range []func(context.Context) error{p.begin, p.write, p.lose, p.tryAll} {
		if err := step(ctx); err != nil {
			if !errors.Is(err, errToolFailed) {
				saw.Stop(err)
			}
			return
		}
	}
}

// pointInTime is one cluster that is lost, and what is left of it.
type pointInTime struct {
	standing
	ledger ledger

	wal          string // folder of archived segments
	segmentBytes int64
	timeline     string // of the source
	// moments[i] is by the server's clock after write i of the ledger, and before the next;
	// segments[i] holds write i.
	moments  []time.Time
	segments []string
	// promised is the source at the target, by the order of store.Names.
	promised []store.Fingerprint
}

// target is the write of the ledger that is the last to come back.
const target = 1

// begin starts a cluster that archives, fills it, and copies it while it runs.
func (p *pointInTime) begin(ctx context.Context) (err error) {
	if err := p.start(ctx, func(spec *cluster.Spec) {
		spec.Archiving = true
		spec.InitDB = []string{"--wal-segsize=1"} // four writes would fill 64 MiB otherwise
		spec.Settings = map[string]string{"full_page_writes": "on"}
	}); err != nil {
		return err
	}
	p.ledger = ledger{saw: p.saw, users: p.stores.Users}
	if p.segmentBytes, err = postgres.SegmentBytes(ctx, p.source.Admin); err != nil {
		return err
	}
	if _, p.timeline, err = postgres.Promoted(ctx, p.source.Admin); err != nil {
		return err
	}
	return p.copy(ctx)
}

// write makes the ledger, each write in a segment of its own.
func (p *pointInTime) write(ctx context.Context) error {
	for i := range target + 3 {
		if err := p.ledger.write(ctx); err != nil {
			return err
		}
		moment, err := postgres.Clock(ctx, p.source.Admin)
		if err != nil {
			return err
		}
		p.moments = append(p.moments, moment)
		if i == target {
			if p.promised, err = p.fingerprints(ctx); err != nil {
				return err
			}
		}
		segment, err := backup.ArchiveNow(ctx, p.source)
		var left *backup.Unarchived
		if errors.As(err, &left) {
			p.saw.Add("unarchived", 1)
			p.saw.See("%s", left.Error())
			return errToolFailed
		}
		if err != nil {
			return err
		}
		p.segments = append(p.segments, segment)
	}
	for _, promised := range p.promised {
		for _, table := range promised.Tables {
			p.saw.Add("rows", float64(table.Rows))
		}
	}
	return nil
}

// lose keeps the archive and gives up the cluster.
func (p *pointInTime) lose(ctx context.Context) error {
	p.wal = filepath.Join(p.folder, "wal")
	if err := p.source.FetchWAL(ctx, p.wal); err != nil {
		return err
	}
	return p.end(ctx)
}

// tryAll recovers as promised, and then in every way that goes wrong. What is not sound
// when nothing was damaged tells enough.
func (p *pointInTime) tryAll(ctx context.Context) error {
	for _, r := range p.recoveries() {
		seen, err := p.recover(ctx, r)
		if err != nil {
			return fmt.Errorf("%s: %w", r.name, err)
		}
		p.saw.Add("recoveries", 1)
		looked{name: r.name, must: r.must, either: r.either, all: recoveryChecks(), seen: seen}.note(p.saw)
		if p.saw.Facts["false_alarms"] > 0 {
			return nil
		}
	}
	return nil
}
