package cluster

import (
	"context"
	"fmt"

	"tristore/drivers"
)

// Start starts or reaches the cluster that spec asks for. On error nothing that it
// started is left. The caller owns the cluster and must Close it.
func Start(ctx context.Context, spec Spec) (*Cluster, error) {
	if spec.Seeded != nil && !CanSeed(spec.Engine, spec.Reach) {
		return nil, fmt.Errorf("starting %s (%s): only PostgreSQL and FerretDB 1, embedded or in a container, can begin with content", spec.Engine, spec.Reach)
	}
	if len(spec.InitDB) > 0 && (spec.Seeded != nil || !CanArchive(spec.Engine, spec.Reach)) {
		return nil, fmt.Errorf("starting %s (%s): only PostgreSQL that is started here, without content, takes arguments of initdb", spec.Engine, spec.Reach)
	}
	if (spec.Archiving || spec.Recovery != nil) && !CanArchive(spec.Engine, spec.Reach) {
		return nil, fmt.Errorf("starting %s (%s): only PostgreSQL that is started here can archive its WAL or begin from a base backup", spec.Engine, spec.Reach)
	}
	if spec.Recovery != nil && spec.Recovery.Follow != nil && !CanFollow(spec.Engine, spec.Reach) {
		return nil, fmt.Errorf("starting %s (%s): only embedded PostgreSQL can follow a primary", spec.Engine, spec.Reach)
	}
	switch spec.Reach {
	case drivers.Embedded:
		return startEmbedded(ctx, spec)
	case drivers.Container:
		return startContainer(ctx, spec)
	case drivers.External:
		return reachExternal(ctx, spec)
	default:
		return nil, fmt.Errorf("starting %s: reach %q must be resolved by Choose first", spec.Engine, spec.Reach)
	}
}
