package capacity

import (
	"context"
	"errors"

	"tristore/reports/result"
)

// Glance measures auth alone and both loads once each, on the shared cluster alone: enough
// to see in the server's statistics whether a bottleneck is there, and for no advice.
func Glance(ctx context.Context, plan Plan) (*result.Split, error) {
	if err := plan.Check(); err != nil {
		return nil, err
	}
	r, err := buildAs(ctx, plan, &rig{one: true})
	if err != nil {
		return nil, err
	}
	if plan, err = r.loaded(ctx, plan); err != nil {
		return nil, errors.Join(err, r.ends.Close(context.WithoutCancel(ctx)))
	}
	r.alone = r.shared
	split := plan.begun()
	for serial, cell := range []result.Cell{result.AuthAlone, result.SharedCluster} {
		w, err := r.window(ctx, plan, serial, cell)
		split.Windows = append(split.Windows, w)
		if err != nil {
			return split, errors.Join(err, r.ends.Close(context.WithoutCancel(ctx)))
		}
	}
	return split, r.ends.Close(context.WithoutCancel(ctx))
}
