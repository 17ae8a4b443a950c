package deployment

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"tristore/drivers"
	"tristore/drivers/postgres"
)

// Stranger makes a role beside the application's, which may read the tables of one
// PostgreSQL database, so that a dump of it names somebody whom the next cluster does not
// know. Whoever made it must let it leave, which takes its grants and the role away.
func (h *Host) Stranger(ctx context.Context, in drivers.Target) (leave func(context.Context) error, err error) {
	name := h.prefix + strconv.FormatInt(h.serial.Add(1), 10) + "_stranger"
	if _, err := h.family.CreateRole(ctx, name); err != nil {
		return nil, fmt.Errorf("making a role beside the application's: %w", err)
	}
	leave = func(ctx context.Context) error {
		err := postgres.Exec(ctx, in, `REVOKE ALL ON ALL TABLES IN SCHEMA public FROM "`+name+`"`)
		return errors.Join(err, h.family.DropRole(ctx, name))
	}
	if err := postgres.Exec(ctx, in, `GRANT SELECT ON ALL TABLES IN SCHEMA public TO "`+name+`"`); err != nil {
		return nil, errors.Join(err, leave(context.WithoutCancel(ctx)))
	}
	return leave, nil
}
