package backup

import (
	"context"
	"fmt"
	"io"

	"tristore/drivers"
	"tristore/drivers/backup"
	"tristore/drivers/cluster"
	"tristore/drivers/deployment"
	"tristore/drivers/mongo"
	"tristore/drivers/postgres"
)

// killing are tools of which the one that reads the archive is killed when it has read so much.
type killing struct {
	cluster.Tools
	tool  string
	after int64
}

// killedAt is a cluster whose restores of an archive are killed at a share of it.
func killedAt(on *cluster.Cluster, archive backup.Archive, percent int) *cluster.Cluster {
	tool := "pg_restore"
	switch {
	case on.Engine.Family() == drivers.FamilyMongo:
		tool = "mongorestore"
	case archive.Format == backup.Plain:
		tool = "psql"
	}
	doomed := *on
	doomed.Tools = killing{on.Tools, tool, archive.Bytes * int64(percent) / 100}
	return &doomed
}

// Find wraps the tool that is to die.
func (k killing) Find(ctx context.Context, name string) (*cluster.Program, error) {
	program, err := k.Tools.Find(ctx, name)
	if err != nil || name != k.tool {
		return program, err
	}
	return program.Through(func(ctx context.Context, call cluster.Invocation, pass func(context.Context, cluster.Invocation) error) error {
		ctx, kill := context.WithCancel(ctx)
		defer kill()
		if call.In != nil {
			call.In = &tripwire{ctx, io.LimitReader(call.In, k.after), kill}
		}
		return pass(ctx, call)
	}), nil
}

// tripwire ends its reader's process at its end, and tells it nothing before: a process
// that sees the end of its input might finish in order.
type tripwire struct {
	ctx   context.Context //nolint:containedctx // a reader has no other way to wait
	input io.Reader
	kill  context.CancelFunc
}

func (t *tripwire) Read(into []byte) (int, error) {
	n, err := t.input.Read(into)
	if err == nil || n > 0 {
		return n, nil
	}
	t.kill()
	<-t.ctx.Done()
	return 0, t.ctx.Err()
}

// occupy puts something of a stranger's into a database that is restored into.
func occupy(ctx context.Context, blank *deployment.Blank) error {
	var err error
	if blank.Admin.Engine.Family() == drivers.FamilyPostgres {
		err = postgres.Exec(ctx, blank.Admin, `CREATE TABLE "strangers" (a int); INSERT INTO "strangers" VALUES (1)`)
	} else {
		err = mongo.Exec(ctx, blank.Admin, `{"insert": "Users", "documents": [{"_id": "a stranger"}]}`)
	}
	if err != nil {
		return fmt.Errorf("putting a stranger's row into %s: %w", blank.Target.URL.Database(), err)
	}
	return nil
}
