package postgres

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"tristore/drivers"
	"tristore/drivers/store"
)

// Held is one consistent view of a database that other sessions can share by its name,
// pg_dump with --snapshot among them. It lasts until Close, and holds back vacuum so long.
type Held struct {
	Name string

	connection *pgx.Conn
	tx         pgx.Tx
	database   string
}

// Hold takes a view of the database as it is now. The caller must Close it.
func Hold(ctx context.Context, target drivers.Target) (*Held, error) {
	connection, err := dial(ctx, target)
	if err != nil {
		return nil, err
	}
	held := &Held{connection: connection, database: target.URL.Database()}
	if held.tx, err = connection.BeginTx(ctx, readsOneView()); err == nil {
		err = held.tx.QueryRow(ctx, "SELECT pg_export_snapshot()").Scan(&held.Name)
	}
	if err == nil {
		err = pin(ctx, held.tx)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("holding a snapshot of %s: %w", held.database, err), connection.Close(context.WithoutCancel(ctx)))
	}
	return held, nil
}

// Fingerprint is that of the held view.
func (h *Held) Fingerprint(ctx context.Context) (store.Fingerprint, error) {
	return fingerprintIn(ctx, h.tx, h.database)
}

// Close lets the view go; it ends the transaction with its session.
func (h *Held) Close(ctx context.Context) error { return h.connection.Close(ctx) }
