package backup

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"tristore/drivers"
	"tristore/drivers/backup"
	"tristore/drivers/cluster"
	"tristore/drivers/deployment"
	"tristore/drivers/store"
	"tristore/reports/result"
	"tristore/scenarios"
	"tristore/scenarios/dataset"
)

// Detection damages dumps of one filled store, as they are damaged in the field, restores
// them and asks each named check what it sees: the digest of the dump, the tool, the
// encoding, the catalogue, the content, the watermark of acknowledged writes and their
// order. A sound
// twin goes the same way, and nobody may see anything there. When the tools are asked,
// the digest is taken anew, so that neither hides behind the other. A restore whose tool
// failed is not looked into: nobody relies on it. One that was killed half way is, as
// by somebody who knows of nothing: what it left must not look whole.
//
// Cases: per damage and check that has to see it, "seen"; per sound twin and check, "nothing".
// Facts:
//   - undetected = 0: damages that nobody saw
//   - missed = 0: checks that had to see a damage and did not
//   - twins: sound dumps that went the same way; at least 1; false_alarms = 0
//   - rows: compared in the sound twins; at least 200
//   - acknowledged: writes of the ledger; at least 2
//   - formats: of dumps, 1 at smoke depth and 3 beyond on PostgreSQL
//   - unknown = 0: writes of the ledger nobody can tell
func Detection(ctx context.Context, on scenarios.Stage, saw *result.Observation) {
	record(saw, "damages", "undetected", "missed", "twins", "false_alarms", "rows", "acknowledged", "formats", "unknown")
	d := &detection{on: on, saw: saw, store: store.UsersStore}
	defer func() { saw.Stop(d.drop(context.WithoutCancel(ctx))) }()
	if err := d.prepare(ctx); err != nil {
		saw.Stop(err)
		return
	}
	for _, how := range formats(on) {
		if err := d.try(ctx, how); err != nil {
			saw.Stop(fmt.Errorf("%s format: %w", how.Format, err))
			return
		}
		saw.Add("formats", 1)
	}
}

// leftOutTable is the table that a partial dump lacks.
const leftOutTable = "AccessTokens"

// rpoSeconds is the platform's objective for lost writes.
const rpoSeconds = 300

// detection is one filled store and the ledger of what it acknowledged.
type detection struct {
	on     scenarios.Stage
	saw    *result.Observation
	store  store.Name
	source *deployment.Deployment
	folder string
	ledger ledger
	turns  turns
}

func (d *detection) postgres() bool { return d.on.Engine.Family() == drivers.FamilyPostgres }

func (d *detection) prepare(ctx context.Context) (err error) {
	if d.source, err = d.on.Deploy(ctx); err != nil {
		return err
	}
	if d.folder, err = os.MkdirTemp(d.on.Dir, "dump-"); err != nil {
		return fmt.Errorf("making a folder for the archives: %w", err)
	}
	sizes := dataset.Small()
	sizes.Workspaces, sizes.PagesPerWorkspace, sizes.FilesPerWorkspace, sizes.HugeMembers = 4, 1, 1, 4 // not asked for here
	sizes.UserBytes = 8000                                                                             // what the damages hit must be rows: lists of contents take 28 KB of a dump
	if err := (dataset.Identity{Seed: d.on.Seed, Sizes: sizes}).LoadInto(ctx, d.source); err != nil {
		return err
	}
	d.ledger = ledger{saw: d.saw, users: d.source.Users}
	d.turns = turns{users: d.source.Users}
	return errors.Join(d.turns.pad(ctx), d.turns.write(ctx), d.ledger.write(ctx))
}

func (d *detection) drop(ctx context.Context) error {
	var all []error
	if d.source != nil {
		all = append(all, d.source.Close(ctx))
	}
	if d.folder != "" {
		all = append(all, os.RemoveAll(d.folder))
	}
	return errors.Join(all...)
}

// dump makes one archive in a folder of its own.
func (d *detection) dump(ctx context.Context, how backup.How, name string) (backup.Archive, error) {
	return d.dumpOf(ctx, d.on.Host.Cluster, how, name)
}

func (d *detection) dumpOf(ctx context.Context, on *cluster.Cluster, how backup.How, name string) (backup.Archive, error) {
	folder := filepath.Join(d.folder, name+"-"+string(how.Format))
	if err := os.Mkdir(folder, 0o700); err != nil {
		return backup.Archive{}, fmt.Errorf("making a folder for the archives: %w", err)
	}
	archive, report, err := backup.DumpAs(ctx, backup.Place{Cluster: on, Database: d.source.Target(d.store).URL.Database()}, folder, how)
	if name == "sound" && err == nil {
		d.saw.See("%s format: %d bytes by %s, %s", archive.Format, archive.Bytes, report.Version, report.Where)
	}
	return archive, err
}

// try goes through every damage of one format.
func (d *detection) try(ctx context.Context, how backup.How) error {
	all, err := d.take(ctx, how)
	if err != nil {
		return err
	}
	promised, err := deployment.Fingerprint(ctx, d.source.AdminTarget(d.store))
	if err != nil {
		return err
	}
	tried, err := d.trials(all)
	if err != nil {
		return err
	}
	for _, table := range promised.Tables {
		d.saw.Add("rows", float64(table.Rows))
	}
	for _, t := range tried {
		seen, err := d.look(ctx, t, promised)
		if err != nil {
			return fmt.Errorf("%s: %w", t.name, err)
		}
		if t.chance && seen[byOrder] == "" {
			d.saw.Stop(fmt.Errorf("%s: the tool happened to read both tables on one side of the writes, so that there was nothing to see", t.name))
			continue
		}
		d.note(t, seen)
	}
	return nil
}

// look restores one dump and gives what each check saw; a check that saw nothing is not there.
func (d *detection) look(ctx context.Context, t trial, promised store.Fingerprint) (seen map[string]string, err error) {
	seen = map[string]string{}
	var altered *backup.Altered
	if err := backup.Unaltered(t.archive); errors.As(err, &altered) {
		seen[bySeal] = "not the digest of the dump"
	} else if err != nil {
		return nil, err
	}
	if t.sealOnly {
		return seen, nil
	}
	blank, err := d.blank(ctx, t.encoding)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, blank.Drop(context.WithoutCancel(ctx))) }()
	resealed, err := backup.Sealed(t.archive)
	if err != nil {
		return nil, err
	}
	if t.occupied {
		if err := occupy(ctx, blank); err != nil {
			return nil, err
		}
	}
	place := backup.Place{Cluster: d.on.Host.Cluster, Database: blank.Target.URL.Database()}
	if t.killAt > 0 {
		place.Cluster = killedAt(place.Cluster, resealed, t.killAt)
	}
	report, err := backup.RestoreAs(ctx, place, resealed, t.how)
	if t.rest != nil && err == nil {
		report, err = backup.RestoreAs(ctx, place, *t.rest, t.how)
	}
	switch {
	case t.killAt > 0 && ctx.Err() == nil: // look into it as somebody does who knows of nothing
		if err != nil {
			seen[byTool] = complaint(report, err)
		}
	case err != nil && !backup.Broke(err):
		return nil, err
	case err != nil:
		seen[byTool] = complaint(report, err)
		return seen, nil
	}
	if t.held != nil {
		promised = *t.held
	}
	return seen, d.compare(ctx, blank, promised, seen)
}

// complaint is what a tool said first: its last words may be rows.
func complaint(report backup.Report, err error) string {
	if len(report.Errors) > 0 {
		return report.Errors[0]
	}
	return firstLine(err.Error())
}

func (d *detection) blank(ctx context.Context, encoding string) (*deployment.Blank, error) {
	if encoding == "" {
		return d.on.Host.Blank(ctx, d.store)
	}
	return d.on.Host.BlankIn(ctx, d.store, encoding)
}

// compare asks the checks that look at the copy.
func (d *detection) compare(ctx context.Context, blank *deployment.Blank, promised store.Fingerprint, seen map[string]string) error {
	got, err := deployment.Fingerprint(ctx, blank.Admin)
	if err != nil {
		return err
	}
	difference := promised.Against(got)
	for _, line := range difference.Lost {
		switch {
		case strings.HasPrefix(line, databaseLine):
			seen[byEncoding] = "missing: " + line
		case !backup.LeavesIndexesOut(d.on.Engine):
			seen[byCatalogue] = "missing: " + line
		}
	}
	if len(difference.Tables) > 0 {
		seen[byContent] = difference.Tables[0].String()
	}
	return d.acknowledged(ctx, blank, seen)
}

// databaseLine begins the catalogue's line about encoding and collation.
const databaseLine = "database "

// acknowledged asks the copy for the writes that the source acknowledged.
func (d *detection) acknowledged(ctx context.Context, blank *deployment.Blank, seen map[string]string) (err error) {
	places := []*deployment.Blank{blank}
	for _, name := range store.Names() { // the other two stores stay where they are
		if name != d.store {
			places = append(places, &deployment.Blank{Store: name, Target: d.source.Target(name)})
		}
	}
	opened, err := d.on.Host.OpenOn(ctx, places)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, opened.Close(context.WithoutCancel(ctx))) }()
	there, err := d.turns.in(ctx, opened)
	if err != nil {
		return err
	}
	if torn := d.turns.torn(there); torn != "" {
		seen[byOrder] = torn
	}
	return d.watermark(ctx, opened, seen)
}

// watermark asks for the newest write of the ledger that the copy has.
func (d *detection) watermark(ctx context.Context, opened *deployment.Deployment, seen map[string]string) error {
	last := d.ledger.entries[len(d.ledger.entries)-1]
	for _, written := range slices.Backward(d.ledger.entries) {
		there, err := written.in(ctx, opened.Users)
		if err != nil {
			return err
		}
		if there {
			if behind := last.at.Sub(written.at).Seconds(); behind > rpoSeconds {
				seen[byWatermark] = fmt.Sprintf("the newest acknowledged write in the copy is %.0f s older than the last", behind)
			}
			return nil
		}
	}
	seen[byWatermark] = "no acknowledged write of the ledger is in the copy"
	return nil
}

// note counts one trial.
func (d *detection) note(t trial, seen map[string]string) {
	looked{name: fmt.Sprintf("%s dump, %s", t.archive.Format, t.name), must: t.must, either: t.either, seen: seen,
		all: []string{bySeal, byTool, byEncoding, byCatalogue, byContent, byWatermark, byOrder}}.note(d.saw)
}
