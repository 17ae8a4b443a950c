package backup

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"tristore/drivers"
	"tristore/drivers/backup"
	"tristore/drivers/store"
	"tristore/scenarios"
)

// The named checks that look at a dump and at what was restored from it.
const (
	bySeal      = "seal"      // the digest taken when it was dumped
	byTool      = "tool"      // its exit code, its standard error, and the last line of a plain dump
	byEncoding  = "encoding"  // of the restored database, against the source's
	byCatalogue = "catalogue" // line by line, against the source's
	byContent   = "content"   // rows by typed digest, against the source's
	byWatermark = "watermark" // the newest acknowledged write in the copy, against RPO
	byOrder     = "order"     // of acknowledged writes: none is there without those before it
)

// trial is one dump that is restored and looked at: damaged on purpose, or sound.
type trial struct {
	name    string
	archive backup.Archive
	// must are the checks that have to see the damage, each; either is a group of which
	// one has to. A sound dump has neither, and nobody may see anything.
	must, either []string
	how          backup.How
	encoding     string             // of the database restored into; empty is the server's
	sealOnly     bool               // no tool is asked
	killAt       int                // percent of the archive that the restore reads before it is killed
	chance       bool               // the damage depends on the order in which a tool reads
	occupied     bool               // the database restored into holds something already
	rest         *backup.Archive    // restored behind the first; nil is none
	held         *store.Fingerprint // of what was dumped, where it is not the source as it is now
}

// spoiled are the damages of bytes.
func spoiled(format backup.Format, depth scenarios.Depth) []trial {
	tools := []string{byTool, byCatalogue, byContent}
	cut := trial{must: []string{bySeal, byTool}}
	if format == backup.Directory { // a cut file of a folder may read as a shorter one
		cut = trial{must: []string{bySeal}, either: tools}
	}
	all := []trial{
		{name: "without its last byte", must: []string{bySeal}, sealOnly: true},
		{name: "cut at 95 %", must: cut.must, either: cut.either},
		{name: flippedAt(70), must: []string{bySeal}, sealOnly: true},
	}
	if depth.Includes(scenarios.Nightly) {
		all = append(all, trial{name: "cut at 60 %", must: cut.must, either: cut.either})
		for _, percent := range []int{65, 75, 85, 92} {
			all = append(all, trial{name: flippedAt(percent), must: []string{bySeal}, either: tools})
		}
	}
	return all
}

func flippedAt(percent int) string { return fmt.Sprintf("one byte flipped at %d %%", percent) }

// spoil does to bytes what the name says. What came out unchanged did not fire.
func spoil(name string, whole []byte) ([]byte, error) {
	spoiled := append([]byte(nil), whole...)
	percent := 0
	switch {
	case len(whole) < 100:
		return nil, fmt.Errorf("a dump of %d bytes is too short to be damaged", len(whole))
	case name == "without its last byte":
		return spoiled[:len(whole)-1], nil
	case scanned(name, "cut at %d %%", &percent):
		return spoiled[:len(whole)*percent/100], nil
	case scanned(name, "one byte flipped at %d %%", &percent):
		spoiled[len(whole)*percent/100] ^= 0x21
		return spoiled, nil
	}
	return nil, fmt.Errorf("no damage is called %q", name)
}

func scanned(name, form string, percent *int) bool {
	n, _ := fmt.Sscanf(name, form, percent)
	return n == 1
}

// spoilArchive damages a copy of the dump, in a folder the greatest file, and leaves the
// digest as it was.
func spoilArchive(sound backup.Archive, name, folder string) (backup.Archive, error) {
	spoiled := sound
	spoiled.Path = filepath.Join(folder, filepath.Base(sound.Path))
	victim := spoiled.Path
	if sound.Format == backup.Directory {
		if err := os.CopyFS(spoiled.Path, os.DirFS(sound.Path)); err != nil {
			return spoiled, fmt.Errorf("copying the dump: %w", err)
		}
		greatest, err := greatestFile(sound.Path)
		if err != nil {
			return spoiled, err
		}
		victim = filepath.Join(spoiled.Path, greatest)
	}
	whole, err := os.ReadFile(filepath.Join(sound.Path, trimmed(victim, spoiled.Path)))
	if err != nil {
		return spoiled, fmt.Errorf("reading the dump: %w", err)
	}
	content, err := spoil(name, whole)
	if err == nil {
		err = os.WriteFile(victim, content, 0o600)
	}
	return spoiled, err
}

// trimmed is the victim's name below the archive; empty for the archive itself.
func trimmed(victim, archive string) string {
	if victim == archive {
		return ""
	}
	return filepath.Base(victim)
}

func greatestFile(folder string) (name string, err error) {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return "", fmt.Errorf("reading the dump: %w", err)
	}
	greatest := int64(-1)
	for _, entry := range entries {
		var info fs.FileInfo
		if info, err = entry.Info(); err != nil {
			return "", fmt.Errorf("reading the dump: %w", err)
		}
		if entry.Name() != "toc.dat" && info.Size() > greatest { // the list of contents is no rows
			name, greatest = entry.Name(), info.Size()
		}
	}
	return name, nil
}

// formats are those tried: the documented one, and at greater depth every other.
func formats(on scenarios.Stage) []backup.How {
	if on.Engine.Family() != drivers.FamilyPostgres {
		return []backup.How{{Format: backup.Stream}}
	}
	all := []backup.How{{Format: backup.Custom}}
	if on.Depth.Includes(scenarios.Nightly) {
		all = append(all, backup.How{Format: backup.Directory, Jobs: 2}, backup.How{Format: backup.Plain})
	}
	return all
}

// dumps are what the source was dumped to in one format.
type dumps struct {
	how                              backup.How
	stale, strangers, partial, sound backup.Archive
	// rest is the table that partial lacks, dumped after more had been written.
	rest backup.Archive
	// unsteady was dumped while somebody wrote; held is what it promises where that is known.
	unsteady backup.Archive
	held     *store.Fingerprint
}

// take dumps the source: before its last write, with a role that then leaves, without
// one table, and sound. Each write of a store's between them is acknowledged.
func (d *detection) take(ctx context.Context, how backup.How) (all dumps, err error) {
	all.how = how
	if all.stale, err = d.dump(ctx, how, "stale"); err != nil {
		return all, err
	}
	if err := d.ledger.write(ctx); err != nil {
		return all, err
	}
	if d.postgres() {
		leave, err := d.on.Host.Stranger(ctx, d.source.AdminTarget(d.store))
		if err != nil {
			return all, err
		}
		all.strangers, err = d.dump(ctx, how, "strangers")
		if left := leave(context.WithoutCancel(ctx)); err == nil {
			err = left
		}
		if err != nil {
			return all, err
		}
	}
	without := how
	without.Without = []string{leftOutTable}
	if all.partial, err = d.dump(ctx, without, "partial"); err != nil {
		return all, err
	}
	if err := d.turns.write(ctx); err != nil {
		return all, err
	}
	only := how
	only.Only = leftOutTable
	if all.rest, err = d.dump(ctx, only, "rest"); err != nil {
		return all, err
	}
	if streams(how.Format) {
		if all.unsteady, all.held, err = d.unsteady(ctx, how, all.stale); err != nil {
			return all, err
		}
	}
	all.sound, err = d.dump(ctx, how, "sound")
	return all, err
}

// streams tells a dump that can be halted while it is read.
func streams(format backup.Format) bool { return format == backup.Custom || format == backup.Stream }

// trials are every damage of one format, and the sound twin first.
func (d *detection) trials(all dumps) ([]trial, error) {
	format := all.how.Format
	restore := backup.How{Jobs: all.how.Jobs}
	tried := []trial{{name: "sound", archive: all.sound, how: restore}}
	if d.postgres() && d.on.Depth.Includes(scenarios.Nightly) { // what --clean --if-exists is for
		tried = append(tried, trial{name: "sound, over an older copy", archive: all.stale, rest: &all.sound})
	}
	for i, t := range spoiled(format, d.on.Depth) {
		folder := filepath.Join(d.folder, fmt.Sprintf("%s-%d", format, i))
		if err := os.Mkdir(folder, 0o700); err != nil {
			return nil, fmt.Errorf("making a folder for the archives: %w", err)
		}
		var err error
		if t.archive, err = spoilArchive(all.sound, t.name, folder); err != nil {
			return nil, err
		}
		tried = append(tried, t)
	}
	if streams(format) {
		unsteady := trial{name: "sound, while somebody wrote", archive: all.unsteady, held: all.held}
		if !d.postgres() { // mongodump of one database has no moment
			unsteady.name, unsteady.must, unsteady.chance = "dumped without an oplog while somebody wrote", []string{byOrder}, true
		}
		tried = append(tried, unsteady)
	}
	tried = append(tried, trial{name: "dumped table by table while somebody wrote", archive: all.partial, rest: &all.rest, must: []string{byContent, byOrder}},
		trial{name: "one table left out", archive: all.partial, must: []string{byContent}},
		trial{name: "older than the objective", archive: all.stale, must: []string{byWatermark}})
	tried = append(tried, d.interrupted(all)...)
	if d.postgres() {
		tried = append(tried, trial{name: "naming a role that is not there", archive: all.strangers, must: []string{byTool}},
			trial{name: "restored into SQL_ASCII", archive: all.sound, must: []string{byEncoding}, encoding: "SQL_ASCII"})
		if d.on.Depth.Includes(scenarios.Nightly) {
			tried = append(tried, trial{name: "restored into LATIN1", archive: all.sound, either: []string{byTool, byEncoding}, encoding: "LATIN1"})
			if format != backup.Plain { // psql runs what stands there
				tried = append(tried, trial{name: "restored without owners and grants", archive: all.sound, must: []string{byCatalogue}, how: backup.How{Ownerless: true}})
			}
		}
	}
	for i := range tried {
		tried[i].how.Jobs = restore.Jobs
	}
	return tried, nil
}

// interrupted are sound dumps whose restore was killed, or met something already there. A
// killed restore leaves half a copy, which must not look whole: the tool's end is not all
// that tells. A folder is read by several processes, which cannot be killed at a share of it.
func (d *detection) interrupted(all dumps) []trial {
	tried := []trial{{name: "restored onto somebody's rows", archive: all.sound, must: []string{byContent}, occupied: true}}
	if all.how.Format == backup.Directory {
		return tried
	}
	points := []int{50}
	if d.on.Depth.Includes(scenarios.Nightly) {
		points = []int{10, 50, 90}
	}
	for _, percent := range points {
		tried = append(tried, trial{name: fmt.Sprintf("killed at %d %% of its restore", percent), archive: all.sound, must: []string{byTool, byContent}, killAt: percent})
	}
	return tried
}
