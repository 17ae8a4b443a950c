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

	"tristore/drivers"
	"tristore/drivers/backup"
	"tristore/drivers/cluster"
	"tristore/drivers/deployment"
	"tristore/drivers/mongo"
	"tristore/drivers/postgres"
	"tristore/drivers/store"
	"tristore/scenarios"
)

// The named checks that look at a recovery to a point in time; bySeal, byContent and
// byCatalogue look at it too.
const (
	bySegments  = "segments"  // the archive leads from the base to the last write without a gap
	byStart     = "start"     // the server comes up
	byPromotion = "promotion" // it takes writes, on a timeline of its own
	byBefore    = "before"    // what was acknowledged before the moment is there
	byAfter     = "after"     // what was acknowledged after it is not
	byRole      = "role"      // the application role starts, changes nothing, and writes on
)

func recoveryChecks() []string {
	return []string{bySeal, bySegments, byStart, byPromotion, byBefore, byAfter, byContent, byCatalogue, byRole}
}

// recovery is one way to recover: as promised, or gone wrong on purpose.
type recovery struct {
	name         string
	to           time.Time
	pause        bool
	must, either []string
	// spoil damages the content of one segment; nil takes it away.
	segment string
	spoil   func([]byte) []byte
}

func (p *pointInTime) recoveries() []recovery {
	moment, victim := p.moments[target], p.segments[target]
	early := []string{byStart, byBefore} // by major: 13 and later end, 12 is promoted early
	all := []recovery{
		{name: "recovered to the moment", to: moment},
		{name: "recovered to a later moment", to: p.moments[target+1], must: []string{byAfter, byContent}},
		{name: "a segment of WAL missing", to: moment, segment: victim, must: []string{bySegments}, either: early},
	}
	if p.on.Depth.Includes(scenarios.Nightly) {
		all = append(all,
			recovery{name: "recovered to an earlier moment", to: p.moments[target-1], must: []string{byBefore, byContent}},
			recovery{name: "recovered to the end of the WAL", must: []string{byAfter, byContent}},
			recovery{name: "a segment of WAL cut at 60 %", to: moment, segment: victim, must: []string{bySegments}, either: early,
				spoil: func(whole []byte) []byte { return whole[:len(whole)*60/100] }},
			recovery{name: "one byte of WAL flipped", to: moment, segment: victim, either: early, spoil: flipRecord},
			recovery{name: "never promoted", to: moment, pause: true, must: []string{byPromotion}})
	}
	return all
}

// flipRecord changes one byte of the first page of a segment, which is full of records
// where a segment was written to at all: each write of the ledger begins in a new one.
func flipRecord(whole []byte) []byte {
	const inFirstPage = 200 // past the page's head of 40 bytes
	spoiled := append([]byte(nil), whole...)
	spoiled[min(inFirstPage, len(spoiled)-1)] ^= 0x21
	return spoiled
}

// archive is the WAL for one recovery, damaged as it says. What was not there to be
// damaged did not fire.
func (p *pointInTime) archive(r recovery) (folder string, err error) {
	if r.segment == "" {
		return p.wal, nil
	}
	if folder, err = os.MkdirTemp(p.folder, "damaged-"); err != nil {
		return "", fmt.Errorf("making a folder for damaged WAL: %w", err)
	}
	err = os.CopyFS(folder, os.DirFS(p.wal))
	victim := filepath.Join(folder, r.segment)
	switch {
	case err != nil:
	case r.spoil == nil:
		err = os.Remove(victim)
	default:
		var whole []byte
		if whole, err = os.ReadFile(victim); err == nil {
			err = os.WriteFile(victim, r.spoil(whole), 0o600)
		}
	}
	if err != nil {
		return "", fmt.Errorf("damaging segment %s: %w", r.segment, err)
	}
	return folder, nil
}

// recover goes one way and gives what each check saw.
func (p *pointInTime) recover(ctx context.Context, r recovery) (seen map[string]string, err error) {
	seen = map[string]string{}
	var altered *backup.Altered
	if err := backup.Unaltered(p.base); errors.As(err, &altered) {
		seen[bySeal] = "not the digest of the base backup"
	} else if err != nil {
		return nil, err
	}
	folder, err := p.archive(r)
	if err != nil {
		return nil, err
	}
	if folder != p.wal {
		defer func() { err = errors.Join(err, os.RemoveAll(folder)) }()
	}
	first, gaps, err := backup.Gaps(folder, p.segments[len(p.segments)-1], p.segmentBytes)
	if err != nil {
		return nil, err
	}
	if len(gaps) > 0 {
		seen[bySegments] = gaps[0]
	} else if r.segment == "" && p.saw.Facts["segments"] == 0 {
		p.saw.Add("segments", float64(len(p.segments)))
		p.saw.See("the archive is whole from segment %s of the base backup to %s", first, p.segments[len(p.segments)-1])
	}
	recovered, err := p.on.Start(ctx, "recovered", func(spec *cluster.Spec) {
		spec.Recovery = &cluster.Recovery{Base: p.base.Path, WAL: folder, Target: r.to, Pause: r.pause, Of: p.source}
	})
	if errors.Is(err, cluster.ErrEnded) && ctx.Err() == nil {
		seen[byStart] = lastWords(err.Error())
		return seen, nil
	}
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, recovered.Close(context.WithoutCancel(ctx))) }()
	if p.saw.Facts["recover_s"] == 0 {
		p.saw.Add("recover_s", recovered.Ready.Seconds())
	}
	return seen, p.look(ctx, recovered, seen)
}

// lastWords are what a server wrote last as FATAL before it ended, for whoever reads the
// page; what it answered to those who asked too early is not meant.
func lastWords(text string) string {
	said := strings.Split(firstLine(text), "FATAL: ")
	for _, words := range slices.Backward(said[1:]) {
		if words = strings.TrimSpace(words); !strings.HasPrefix(words, "the database system is") {
			return words
		}
	}
	return said[0]
}

// look asks the checks that look at a running cluster.
func (p *pointInTime) look(ctx context.Context, recovered *cluster.Cluster, seen map[string]string) error {
	promoted, timeline, err := postgres.Promoted(ctx, recovered.Admin)
	switch {
	case err != nil:
		return err
	case !promoted:
		seen[byPromotion] = "the server still recovers and takes no writes"
	case timeline == p.timeline:
		seen[byPromotion] = "it goes on with the timeline " + timeline + " of the cluster that was lost"
	}
	moved := p.stores.Moved(recovered)
	for i, blank := range moved { // before anything is written there
		got, err := deployment.Fingerprint(ctx, blank.Admin)
		if err != nil {
			return err
		}
		difference := p.promised[i].Against(got)
		if len(difference.Tables) > 0 {
			seen[byContent] = fmt.Sprintf("%s: %s", blank.Store, difference.Tables[0])
		}
		if difference.Catalogue() > 0 {
			seen[byCatalogue] = fmt.Sprintf("%s: %s", blank.Store, difference.Lines()[0])
		}
	}
	return p.live(ctx, moved, seen)
}

// live lets the application role start on the recovered cluster, asks for the ledger, and writes on.
func (p *pointInTime) live(ctx context.Context, moved []*deployment.Blank, seen map[string]string) (err error) {
	for _, blank := range moved {
		done, err := deployment.Migrate(ctx, blank.Target, blank.Store, deployment.Migrations(blank.Target, blank.Store))
		if err != nil {
			seen[byRole] = fmt.Sprintf("starting on %s: %v", blank.Store, err)
		} else if len(done.Applied) > 0 {
			seen[byRole] = fmt.Sprintf("a start on %s applied %v again", blank.Store, done.Applied)
		}
	}
	opened, err := deployment.OpenMoved(ctx, moved)
	if err != nil {
		seen[byRole] = firstLine(err.Error())
		return nil
	}
	defer func() { err = errors.Join(err, opened.Close(context.WithoutCancel(ctx))) }()
	for i, entry := range p.ledger.entries {
		there, err := entry.in(ctx, opened.Users)
		switch {
		case err != nil:
			return err
		case i <= target && !there:
			seen[byBefore] = fmt.Sprintf("write %d, acknowledged before the moment, is not there", i+1)
		case i > target && there:
			seen[byAfter] = fmt.Sprintf("write %d, acknowledged after the moment, is there", i+1)
		}
	}
	next := store.User{ID: "6c0000000000000000000000", Status: "validated", CreatedAt: p.ledger.entries[0].at, UpdatedAt: p.ledger.entries[0].at}
	if outcome := opened.Users.SignUp(ctx, next); !outcome.OK() {
		seen[byRole] = "the next write: " + outcome.Detail()
	}
	return nil
}

// cannotRecover tells why a cluster can neither archive nor recover here, by asking it.
func cannotRecover(ctx context.Context, on scenarios.Stage) (why string, err error) {
	at := on.Host.Cluster
	if on.Engine.Family() == drivers.FamilyMongo {
		there, said, err := mongo.Oplog(ctx, at.Admin)
		if err == nil && there {
			err = fmt.Errorf("%s has an oplog (%s), and its replay was never tried where this was developed: unknown", on.Engine.Title(), said)
		}
		return "there is no oplog to replay: " + said, err
	}
	if cluster.CanArchive(on.Engine, at.Reach) {
		return "", nil
	}
	told, err := postgres.Settings(ctx, at.Admin, []string{"archive_mode", "wal_level"})
	return fmt.Sprintf("the cluster was not started here, so that its archive and its base backups are its operator's: it says archive_mode %q, wal_level %q", told["archive_mode"], told["wal_level"]), err
}
