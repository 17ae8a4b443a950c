package postgres

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"

	"tristore/drivers"
)

// DifferingMax bounds the rows that DifferingRows names.
const DifferingMax = 20

// Two are two databases that should hold the same.
type Two struct{ One, Other drivers.Target }

// DifferingRows names at most DifferingMax rows of one table that are not the same in
// both databases, by primary key (by their whole hash where there is none). It reads
// keys and hashes of both tables side by side, so it takes as long as a scan and no more
// memory than a row. Name the table as a fingerprint does.
func DifferingRows(ctx context.Context, between Two, name string) (all []string, err error) {
	var sides [2]*side
	defer func() {
		for _, one := range sides {
			if one != nil {
				err = errors.Join(err, one.close(context.WithoutCancel(ctx)))
			}
		}
	}()
	for i, target := range []drivers.Target{between.One, between.Other} {
		if sides[i], err = openSide(ctx, target, name); err != nil {
			return nil, fmt.Errorf("reading table %s of %s: %w", name, target.URL.Database(), err)
		}
	}
	one, other := sides[0], sides[1]
	for _, s := range sides {
		s.next()
	}
	for len(all) < DifferingMax && (one.more || other.more) {
		switch {
		case !other.more || one.more && one.key < other.key:
			all = append(all, one.key+": only in "+between.One.URL.Database())
			one.next()
		case !one.more || one.key > other.key:
			all = append(all, other.key+": only in "+between.Other.URL.Database())
			other.next()
		default:
			if one.hash != other.hash {
				all = append(all, one.key+": different")
			}
			one.next()
			other.next()
		}
	}
	return all, errors.Join(one.rows.Err(), other.rows.Err(), one.err, other.err)
}

// side is one of the two tables, read in the order of its keys' bytes.
type side struct {
	connection *pgx.Conn
	rows       pgx.Rows
	key, hash  string
	more       bool
	err        error
}

func openSide(ctx context.Context, target drivers.Target, name string) (*side, error) {
	connection, err := dial(ctx, target)
	if err != nil {
		return nil, err
	}
	s := &side{connection: connection}
	err = snapshot(ctx, connection, func(tx pgx.Tx) error {
		tables, err := tablesOf(ctx, tx)
		if err != nil {
			return err
		}
		for _, table := range tables {
			if table.shown == name {
				name = table.keyed()
				return nil
			}
		}
		return errors.New("there is no such table")
	})
	if err == nil {
		// One statement sees one snapshot; what it prints is pinned for the session.
		_, err = connection.Exec(ctx, "SET TimeZone = 'UTC'; SET DateStyle = 'ISO, YMD'; SET IntervalStyle = 'iso_8601'; SET extra_float_digits = 3; SET bytea_output = 'hex'; SET search_path = public")
	}
	if err == nil {
		s.rows, err = connection.Query(ctx, name)
	}
	if err != nil {
		return nil, errors.Join(err, connection.Close(ctx))
	}
	return s, nil
}

func (s *side) next() {
	if s.more = s.err == nil && s.rows.Next(); s.more {
		s.err = s.rows.Scan(&s.key, &s.hash)
		s.more = s.err == nil
	}
}

func (s *side) close(ctx context.Context) error {
	s.rows.Close()
	return s.connection.Close(ctx)
}

// keyed reads key and hash of every row, in the order that Go compares text in.
func (t table) keyed() string {
	hash := "md5(" + t.canonical() + ")"
	key := hash
	if len(t.key) > 0 {
		quoted := make([]string, len(t.key))
		for i, column := range t.key {
			quoted[i] = "t." + quote(column)
		}
		key = "ROW(" + strings.Join(quoted, ", ") + ")::text"
	}
	return "SELECT " + key + ` COLLATE "C", ` + hash + " FROM " + t.quoted + " t ORDER BY 1"
}
