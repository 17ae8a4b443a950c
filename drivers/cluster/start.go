package cluster

import (
	"context"
	"fmt"

	"tristore/drivers"
)

// Start starts or reaches the cluster that spec asks for. On error nothing that it
// started is left. The caller owns the cluster and must Close it.
func Start(ctx context.Context, spec Spec) (*Cluster, error) {
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
