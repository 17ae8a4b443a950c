package backup

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"tristore/drivers"
	"tristore/drivers/backup"
	"tristore/drivers/cluster"
	"tristore/drivers/deployment"
	"tristore/drivers/store"
)

// turns are writes that a source acknowledged one after the other, to two tables in turn.
// A copy of one moment holds all of them up to some write and none after it; a copy whose
// tables are of different moments holds a write and lacks an earlier one.
type turns struct {
	users   store.Users
	written []turn
}

type turn struct{ table, id string }

// write makes an account and then its token. It inserts records, since only sign-ups are a
// promise of their own.
func (t *turns) write(ctx context.Context) error {
	n := len(t.written)
	id, at := fmt.Sprintf("6c%022x", n), time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC)
	for _, row := range []store.Record{
		store.User{ID: id, Status: "validated", CreatedAt: at, UpdatedAt: at},
		store.AccessToken{ID: id, UserID: id, Token: "at:turn-" + id, ExpiresAt: at.AddDate(1, 0, 0)},
	} {
		if outcome := t.users.Insert(ctx, row); !outcome.OK() {
			return fmt.Errorf("writing %s in turn: %s", row.Table(), outcome.Detail())
		}
		t.written = append(t.written, turn{row.Table(), id})
	}
	return nil
}

// pad makes tokens enough that a pipe cannot hold them, so that a dump that is not read on
// is still at work on this table, or has not come to it.
func (t *turns) pad(ctx context.Context) error {
	var rows []store.Record
	for i := range padding {
		var text strings.Builder
		for at := range paddingBytes / sha256.Size / 2 {
			sum := sha256.Sum256(fmt.Appendf(nil, "%d %d", i, at))
			text.WriteString(hex.EncodeToString(sum[:]))
		}
		id := fmt.Sprintf("6d%022x", i)
		rows = append(rows, store.AccessToken{ID: id, UserID: id, Name: text.String(), Token: "at:padding-" + id, ExpiresAt: time.Date(2027, 6, 1, 12, 0, 0, 0, time.UTC)})
	}
	if outcome := t.users.Insert(ctx, rows...); !outcome.OK() {
		return fmt.Errorf("padding the tokens: %s", outcome.Detail())
	}
	return nil
}

// How many rows pad, and how long each is.
const (
	padding      = 60
	paddingBytes = 8192
)

// torn says which write the copy holds without an earlier one; empty is a copy of one moment.
func (t *turns) torn(there map[turn]bool) string {
	lacks := turn{}
	for _, one := range t.written {
		switch {
		case !there[one] && lacks.id == "":
			lacks = one
		case there[one] && lacks.id != "":
			return fmt.Sprintf("%s %s is there, and %s %s, acknowledged before it was written, is not: the tables are of different moments", one.table, one.id, lacks.table, lacks.id)
		}
	}
	return ""
}

// in asks a copy which of the writes it has.
func (t *turns) in(ctx context.Context, copied *deployment.Deployment) (there map[turn]bool, err error) {
	reader, err := copied.OpenReader(ctx, store.UsersStore)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, reader.Close(context.WithoutCancel(ctx))) }()
	there = map[turn]bool{}
	for _, table := range []string{store.User{}.Table(), store.AccessToken{}.Table()} {
		if outcome := reader.EachID(ctx, table, func(id string) { there[turn{table, id}] = true }); !outcome.OK() {
			return nil, fmt.Errorf("reading the ids of %s: %s", table, outcome.Detail())
		}
	}
	return there, nil
}

// halting are tools of which the one that dumps is not read on for a while.
type halting struct {
	cluster.Tools
	tool string
	meanwhile
}

// meanwhile is done once, when so many bytes of a dump have been read; the tool waits,
// since its pipe is full.
type meanwhile struct {
	after int64
	do    func() error
}

// haltedAt is a cluster whose dumps stand still after so many bytes, until do returns.
func haltedAt(on *cluster.Cluster, then meanwhile) *cluster.Cluster {
	tool := "pg_dump"
	if on.Engine.Family() == drivers.FamilyMongo {
		tool = "mongodump"
	}
	slow := *on
	slow.Tools = halting{on.Tools, tool, then}
	return &slow
}

// Find wraps the tool that is to wait.
func (h halting) Find(ctx context.Context, name string) (*cluster.Program, error) {
	program, err := h.Tools.Find(ctx, name)
	if err != nil || name != h.tool {
		return program, err
	}
	return program.Through(func(ctx context.Context, call cluster.Invocation, pass func(context.Context, cluster.Invocation) error) error {
		halt := &halt{to: call.Out, meanwhile: h.meanwhile}
		call.Out = halt
		err := pass(ctx, call)
		if err == nil && !halt.came {
			return fmt.Errorf("the dump ended before %d bytes: nobody wrote meanwhile", h.after)
		}
		return errors.Join(err, halt.err)
	}), nil
}

// halt passes a dump on, and once does something in the middle.
type halt struct {
	to io.Writer
	meanwhile
	seen int64
	came bool
	once sync.Once
	err  error // of what was done
}

func (h *halt) Write(data []byte) (int, error) {
	if h.seen += int64(len(data)); h.seen > h.after {
		h.once.Do(func() { h.came, h.err = true, h.do() })
	}
	return h.to.Write(data)
}

// unsteady dumps the source while somebody writes to two of its tables. PostgreSQL dumps
// one moment, which is held, so that the copy can be compared with it; mongodump reads one
// collection after the other and has no moment.
func (d *detection) unsteady(ctx context.Context, how backup.How, like backup.Archive) (archive backup.Archive, held *store.Fingerprint, err error) {
	on := haltedAt(d.on.Host.Cluster, meanwhile{after: like.Bytes / 20, do: func() error { return errors.Join(d.turns.write(ctx), d.turns.write(ctx)) }})
	if !d.postgres() {
		how.Jobs = 1
		archive, err = d.dumpOf(ctx, on, how, "unsteady")
		return archive, nil, err
	}
	view, err := deployment.Hold(ctx, d.source.AdminTarget(d.store))
	if err != nil {
		return archive, nil, err
	}
	defer func() { err = errors.Join(err, view.Close(context.WithoutCancel(ctx))) }()
	how.Snapshot = view.Name
	if archive, err = d.dumpOf(ctx, on, how, "unsteady"); err != nil {
		return archive, nil, err
	}
	then, err := view.Fingerprint(ctx)
	return archive, &then, err
}
