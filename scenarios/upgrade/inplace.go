package upgrade

import (
	"context"
	"errors"
	"strings"

	"tristore/drivers"
	"tristore/drivers/cluster/programs"
	"tristore/reports/result"
)

// errNotByHand is why a machine that has every program gets no answer.
var errNotByHand = errors.New("the programs of both majors are here, and tristore cannot run pg_upgrade with them: choose --by dump or bluegreen")

// inPlace looks for what pg_upgrade needs. Where it is not all there, no claim can be
// asked, and the probe is what was looked for.
func (p *passage) inPlace(ctx context.Context) error {
	probe := "pg_upgrade needs both data folders on one file system, which two containers do not have"
	if p.plan.Reach == drivers.Embedded {
		missing, err := programs.Cache{Dir: p.plan.Cache, Log: p.plan.Log}.InPlace(ctx, p.pair.From.Major, p.pair.To.Major)
		if err != nil {
			return err
		}
		if len(missing) == 0 {
			return errNotByHand
		}
		probe = "pg_upgrade cannot be run on this machine: " + strings.Join(missing, "; ") + "; dump or bluegreen can"
	}
	for _, id := range Claims() {
		p.book.Try(ctx, id, func(_ context.Context, saw *result.Observation) error {
			saw.Probe = probe
			return nil
		})
	}
	return ctx.Err()
}
