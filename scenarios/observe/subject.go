package observe

import (
	"context"
	"time"

	"tristore/drivers"
)

// eyes read a server of one family.
type eyes interface {
	Read(ctx context.Context) (drivers.Reading, error)
	// Tables of one database, and the hot Statements; why is filled where they are not told.
	Tables(ctx context.Context, database string) (tables []drivers.TableStats, why string, err error)
	Statements(ctx context.Context) (all []drivers.StatementStats, why string, err error)
	Sizes(ctx context.Context) (map[string]int64, error)
	Spent() time.Duration
}

// subject is the server under observation, whose account was found to write nothing.
type subject struct {
	eyes
	counts string // where Statements come from, as result says it
	// texts are those of some statements by their ids, without literals.
	texts func(ctx context.Context, ids []string) (map[string]string, error)
	// also reads at the end what only this family tells.
	also func(ctx context.Context, l *look) error
	// told adds what readings brought that is no counter or level, however they ended.
	told func(l *look)
	// slots are the connections that were asked for, and those that got no slot.
	slots func() (asked, refused int)
}
