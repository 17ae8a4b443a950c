package backup

import (
	"archive/tar"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"tristore/drivers"
	"tristore/drivers/cluster"
	"tristore/drivers/deployment"
	"tristore/drivers/postgres"
	"tristore/drivers/store"
	"tristore/reports/result"
	"tristore/scenarios"
	"tristore/scenarios/dataset"
)

// Pages damages pages of a cluster that stands still, as a disk does, starts it, and asks
// who sees that: the data checksums, amcheck (with every row looked up in its B-trees),
// and the content. amcheck and the content are asked with the checksums switched off, so
// that neither hides behind them. An index whose collation changed is one more damage, which
// amcheck alone sees. A sound twin goes the same way, and nobody may see
// anything there. The cluster that stands still is a base backup of a filled one.
//
// Cases: per check of the sound twin "nothing"; per damage and check that has to see it "seen".
// Facts:
//   - damages = 4; undetected = 0, missed = 0
//   - twins = 1; false_alarms = 0
//   - btrees, tables: read in the sound twin; at least 20 and 10
//   - rows: compared in the sound twin; at least 200
//   - tools_failed = 0: base backups that ended badly
func Pages(ctx context.Context, on scenarios.Stage, saw *result.Observation) {
	record(saw, "damages", "undetected", "missed", "twins", "false_alarms", "btrees", "tables", "rows", "tools_failed")
	if !cluster.CanArchive(on.Engine, on.Host.Cluster.Reach) {
		saw.Probe = fmt.Sprintf("no pages of a cluster that stands still can be had: the engine is %s, its family %s, and it is reached as %s", on.Engine.Title(), on.Engine.Family(), on.Host.Cluster.Reach)
		return
	}
	p := &pages{standing{on: on, saw: saw}, nil}
	defer func() { saw.Stop(p.drop(context.WithoutCancel(ctx))) }()
	err := p.begin(ctx)
	if err == nil {
		err = p.tryAll(ctx)
	}
	if !errors.Is(err, errToolFailed) {
		saw.Stop(err)
	}
}

// The named checks of pages, beside byContent.
const (
	byChecksums = "checksums"
	byAmcheck   = "amcheck"
)

type pages struct {
	standing
	promised []store.Fingerprint
}

// pageDamage is done to a file of the cluster.
type pageDamage struct {
	name     string
	relation string // of the users store; empty damages nothing
	change   func(file []byte) error
	must     []string
	sql      string // done to the users store of the started copy instead
}

// otherCollation is an index that was sorted by one collation and is searched by another,
// as every index of a text is after an upgrade of the library that sorts.
const otherCollation = `CREATE INDEX "sorted_before" ON "Users" (((CASE WHEN ascii(right("_id", 1)) % 2 = 0 THEN 'B' ELSE 'a' END) || "_id") COLLATE "C");
	UPDATE pg_index SET indcollation = (SELECT min(oid::bigint) FROM pg_collation WHERE collname = 'und-x-icu')::text::oidvector WHERE indexrelid = '"sorted_before"'::regclass`

func (p *pages) damages() []pageDamage {
	victim := []byte(dataset.Identity{Seed: p.on.Seed, Sizes: dataset.Small()}.UserID(7))
	return []pageDamage{
		{name: "sound pages"},
		{name: "one bit flipped in a B-tree", relation: "Users_pkey", change: flipIn(victim), must: []string{byChecksums, byAmcheck}},
		{name: "one bit flipped in a row", relation: store.User{}.Table(), change: flipIn(victim), must: []string{byChecksums, byContent}},
		// A page of zeros is one that was never written: its checksum says nothing.
		{name: "the first page of a table zeroed", relation: store.User{}.Table(), change: zeroFirst, must: []string{byContent}},
		{name: "an index sorted by another collation", sql: otherCollation, must: []string{byAmcheck}},
	}
}

// flipIn changes one bit of the first place that holds a value.
func flipIn(value []byte) func([]byte) error {
	return func(file []byte) error {
		at := bytes.Index(file, value)
		if at < 0 {
			return fmt.Errorf("%s is not in it", value)
		}
		file[at+len(value)/2] ^= 0x01
		return nil
	}
}

const pageBytes = 8192

func zeroFirst(file []byte) error {
	if len(file) < pageBytes || bytes.Count(file[:pageBytes], []byte{0}) == pageBytes {
		return errors.New("it has no first page that was written")
	}
	clear(file[:pageBytes])
	return nil
}

func (p *pages) begin(ctx context.Context) (err error) {
	if err := p.start(ctx, func(spec *cluster.Spec) {
		spec.InitDB = []string{"--wal-segsize=1", "--data-checksums"}
		spec.Settings = map[string]string{"full_page_writes": "on", "autovacuum": "off"} // nobody writes a whole page into the WAL, which would mend it
	}); err != nil {
		return err
	}
	if p.promised, err = p.fingerprints(ctx); err != nil {
		return err
	}
	return p.copy(ctx)
}

func (p *pages) tryAll(ctx context.Context) error {
	for _, damage := range p.damages() {
		seen, err := p.try(ctx, damage)
		if err != nil {
			return fmt.Errorf("%s: %w", damage.name, err)
		}
		looked{name: damage.name, must: damage.must, all: []string{byChecksums, byAmcheck, byContent}, seen: seen}.note(p.saw)
	}
	return nil
}

// try starts a damaged copy and gives what each check saw.
func (p *pages) try(ctx context.Context, damage pageDamage) (seen map[string]string, err error) {
	base := p.base.Path
	if damage.relation != "" {
		path, err := postgres.FileOf(ctx, p.stores.AdminTarget(store.UsersStore), damage.relation)
		if err != nil {
			return nil, err
		}
		base = filepath.Join(p.folder, "damaged.tar")
		if err := changeMember(p.base.Path, base, path, damage.change); err != nil {
			return nil, fmt.Errorf("damaging %s: %w", damage.relation, err)
		}
	}
	started, err := p.on.Start(ctx, "damaged", func(spec *cluster.Spec) {
		spec.Settings = map[string]string{"autovacuum": "off"}
		spec.Recovery = &cluster.Recovery{Base: base, Of: p.source}
	})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, started.Close(context.WithoutCancel(ctx))) }()
	seen = map[string]string{}
	if damage.sql != "" {
		at := p.stores.AdminTarget(store.UsersStore).URL.Database()
		if err := postgres.Exec(ctx, started.Admin.WithDatabase(at), damage.sql); err != nil {
			return nil, err
		}
	}
	for i, blank := range p.stores.Moved(started) {
		if err := p.look(ctx, blank.Admin, seen); err != nil {
			return nil, err
		}
		got, err := deployment.Fingerprint(ctx, postgres.IgnoringChecksums(blank.Admin))
		if err != nil {
			return nil, err
		}
		if changed := p.promised[i].Against(got).Tables; len(changed) > 0 {
			seen[byContent] = changed[0].String()
		}
		if len(damage.must) == 0 {
			for _, table := range got.Tables {
				p.saw.Add("rows", float64(table.Rows))
			}
		}
	}
	return seen, nil
}

// look reads every page, with the checksums and without them.
func (p *pages) look(ctx context.Context, target drivers.Target, seen map[string]string) error {
	read, err := postgres.ReadPages(ctx, target)
	if err != nil {
		return err
	}
	checked, err := postgres.CheckBTrees(ctx, postgres.IgnoringChecksums(target))
	if err != nil {
		return err
	}
	if p.saw.Facts["twins"] == 0 {
		p.saw.Add("btrees", float64(checked.Read))
		p.saw.Add("tables", float64(read.Read-checked.Read))
	}
	if len(read.Damaged) > 0 {
		seen[byChecksums] = read.Damaged[0]
	}
	if len(checked.Damaged) > 0 {
		seen[byAmcheck] = checked.Damaged[0]
	}
	return nil
}

// changeMember copies a base backup and changes one file in it.
func changeMember(from, to, member string, change func([]byte) error) (err error) {
	if err := copyWhole(from, to); err != nil {
		return err
	}
	file, err := os.OpenFile(to, os.O_RDWR, 0)
	if err != nil {
		return fmt.Errorf("opening the base backup: %w", err)
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	archive := tar.NewReader(file)
	for {
		header, err := archive.Next()
		if errors.Is(err, io.EOF) {
			return fmt.Errorf("the base backup holds no %s", member)
		}
		if err != nil {
			return fmt.Errorf("reading the base backup: %w", err)
		}
		if filepath.Clean(header.Name) != member {
			continue
		}
		at, err := file.Seek(0, io.SeekCurrent) // the reader takes a header's blocks and no more
		if err != nil {
			return fmt.Errorf("reading the base backup: %w", err)
		}
		content := make([]byte, header.Size)
		if _, err = file.ReadAt(content, at); err == nil {
			err = change(content)
		}
		if err == nil {
			_, err = file.WriteAt(content, at)
		}
		return err
	}
}

func copyWhole(from, to string) error {
	source, err := os.Open(from)
	if err != nil {
		return fmt.Errorf("copying the base backup: %w", err)
	}
	defer func() { _ = source.Close() }() // read only
	target, err := os.Create(to)
	if err != nil {
		return fmt.Errorf("copying the base backup: %w", err)
	}
	_, err = io.Copy(target, source)
	return errors.Join(err, target.Close())
}
