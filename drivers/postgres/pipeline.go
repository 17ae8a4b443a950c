package postgres

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"

	"tristore/drivers/store"
)

// pending is a lookup among those that are sent together.
type pending interface {
	// prepare may ask the server, the first time on a connection.
	prepare(l *line) error
	// queue puts it into the send buffer.
	queue(l *line)
	// receive reads its answer to the end.
	receive(l *line) error
	// bytes is about what it takes on the wire.
	bytes() int
}

// asking is a pending lookup of which the rows are read as a T.
type asking[T any] struct {
	lookup
	args []string
	see  func(*T)
	one  bool // to find no row is an error
	as   *prepared
}

func (a *asking[T]) prepare(l *line) (err error) {
	a.as, err = prepare[T](l, a.lookup)
	return err
}

func (a *asking[T]) queue(l *line) { l.queue(a.as, a.args) }

func (a *asking[T]) receive(l *line) error {
	none := true
	err := rows(l, a.as, func(row *T) {
		if !a.one || none {
			a.see(row)
		}
		none = false
	})
	if err == nil && a.one && none {
		return pgx.ErrNoRows
	}
	l.forget(a.text, err)
	return err
}

func (a *asking[T]) bytes() int {
	sum := len(a.as.name) + overhead
	for _, arg := range a.args {
		sum += len(arg)
	}
	return sum
}

const (
	// overhead is what the messages of one lookup take beside its arguments.
	overhead = 64
	// sentAtOnce bounds what is sent before answers are read. The server reads no message
	// while nobody takes its answers, so that more than a socket holds would stop both.
	sentAtOnce = 16 << 10
)

// wantOne asks for the first row.
func wantOne[T any](q lookup, into *T, args ...string) pending {
	return &asking[T]{lookup: q, args: args, one: true, see: func(row *T) { *into = *row }}
}

// wantAll asks for every row.
func wantAll[T any](q lookup, into *[]T, args ...string) pending {
	*into = []T{}
	return &asking[T]{lookup: q, args: args, see: func(row *T) { *into = append(*into, *row) }}
}

// errUnprepared says why nothing is sent together.
var errUnprepared = errors.New("the address asks for statements that are not prepared (default_query_exec_mode), and only prepared ones are sent together")

// Pipelines serves store.Pipeline.
func (s session) Pipelines() error {
	if s.unprepared {
		return errUnprepared
	}
	return nil
}

// pipeline sends lookups together on one connection, and tells how each ended.
func (s session) pipeline(ctx context.Context, all ...pending) []store.Outcome {
	outcomes := make([]store.Outcome, len(all))
	if s.unprepared {
		for i := range outcomes {
			outcomes[i] = store.Refuse(store.Unsupported, "%w", errUnprepared)
		}
		return outcomes
	}
	l, pooled, err := s.line(ctx)
	if err != nil {
		for i := range outcomes {
			outcomes[i] = outcomeOf(&unsent{err})
		}
		return outcomes
	}
	var cause error
	errs := make([]error, len(all))
	func() {
		defer func() { cause = l.release(ctx, pooled) }()
		l.exchange(all, errs)
	}()
	for i, err := range errs {
		outcomes[i] = told(err, cause)
	}
	return outcomes
}

// exchange prepares all lookups, and sends those that could be until each is answered.
func (l *line) exchange(all []pending, errs []error) {
	for i, one := range all {
		errs[i] = one.prepare(l)
	}
	for next := 0; next < len(all); { // ends: each group answers one more at least
		next = l.group(all, errs, next)
	}
}

// group sends as many lookups as may be at once, and reads their answers. It gives the
// first that was not asked: after one that the server refused it passes over the rest,
// which are then sent again without it.
func (l *line) group(all []pending, errs []error, from int) (past int) {
	var asked []int
	bytes := 0
	for past = from; past < len(all) && bytes < sentAtOnce; past++ {
		if errs[past] == nil {
			all[past].queue(l)
			asked, bytes = append(asked, past), bytes+all[past].bytes()
		}
	}
	if len(asked) == 0 {
		return past
	}
	_ = l.send() // a failure is that of every answer
	for n, i := range asked {
		if errs[i] = all[i].receive(l); l.refused && l.dead == nil {
			past, asked = i+1, asked[:n+1]
			break
		}
	}
	if end := l.ready(); end != nil {
		for _, i := range asked {
			errs[i] = end // nobody knows which of them it is about
		}
	}
	return past
}

// batch is the lookups of several reads.
type batch struct {
	all []pending
	of  []int // the read that each lookup belongs to
}

func (b *batch) add(read int, lookups ...pending) {
	for _, one := range lookups {
		b.all, b.of = append(b.all, one), append(b.of, read)
	}
}

// ask sends the lookups. A read ends as the first of its own that is not committed.
func (b *batch) ask(ctx context.Context, on session, outcomes []store.Outcome) {
	if len(b.all) == 0 {
		return
	}
	for i, outcome := range on.pipeline(ctx, b.all...) {
		if read := b.of[i]; outcomes[read].OK() {
			outcomes[read] = outcome
		}
	}
}

// Together serves store.Pipeline. The role of an organisation's member is asked for when
// the membership is known.
func (u *Users) Together(ctx context.Context, reads ...store.Read) []store.Outcome {
	var at, roles batch
	outcomes := make([]store.Outcome, len(reads))
	for i, read := range reads {
		outcomes[i] = store.Done()
		switch r := read.(type) {
		case *store.LoadCallerRead:
			at.add(i, wantOne(of[store.User](u.tables, u.sql.byID), &r.Found, r.UserID))
		case *store.OrgContextRead:
			at.add(i, wantOne(of[store.Organisation](u.tables, u.sql.organisation), &r.Found.Organisation, r.OrgSlug),
				wantOne(of[store.OrgMembership](u.tables, u.sql.membership), &r.Found.Membership, r.OrgSlug, r.UserID),
				wantAll(lookup{u.sql.groups, column{}}, &r.Found.Groups, r.OrgSlug, r.UserID))
		default:
			outcomes[i] = foreign(read)
		}
	}
	at.ask(ctx, u.session, outcomes)
	for i, read := range reads {
		if r, is := read.(*store.OrgContextRead); is && outcomes[i].OK() {
			roles.add(i, wantOne(of[store.OrgRole](u.tables, u.sql.role), &r.Found.Role, r.OrgSlug, r.Found.Membership.RoleSlug))
		}
	}
	roles.ask(ctx, u.session, outcomes)
	return outcomes
}

// Together serves store.Pipeline.
func (p *Permissions) Together(ctx context.Context, reads ...store.Read) []store.Outcome {
	var at batch
	outcomes := make([]store.Outcome, len(reads))
	for i, read := range reads {
		outcomes[i] = store.Done()
		switch r := read.(type) {
		case *store.WorkspaceByIDRead:
			at.add(i, wantOne(of[store.Workspace](p.tables, p.sql.byID), &r.Found, r.ID))
		case *store.FilesRead:
			var limit string
			if limit, outcomes[i] = atMost(r.Limit, "files"); outcomes[i].OK() {
				at.add(i, wantAll(of[store.File](p.tables, p.sql.files), &r.Found, r.WorkspaceID, limit))
			}
		case *store.CustomRolesRead:
			at.add(i, wantAll(of[store.Role](p.tables, p.sql.ofSubject), &r.Found, r.SubjectType, r.SubjectID))
		default:
			outcomes[i] = foreign(read)
		}
	}
	at.ask(ctx, p.session, outcomes)
	return outcomes
}

func foreign(read store.Read) store.Outcome {
	return store.Refuse(store.Invalid, "%T is no read of this store", read)
}
