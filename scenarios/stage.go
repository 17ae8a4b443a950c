package scenarios

import (
	"context"
	"errors"
	"path/filepath"

	"tristore/drivers"
	"tristore/drivers/cluster"
	"tristore/drivers/deployment"
	"tristore/drivers/faults"
	"tristore/reports/result"
)

// Stage is what a check may use: one prepared host of one engine, and a seed.
type Stage struct {
	Engine drivers.Engine
	Host   *deployment.Host
	// Spec is how the host's cluster was asked for: see Start.
	Spec cluster.Spec
	// Fault is deliberate damage; the zero value is none. Checks never look at it.
	Fault faults.Fault
	Seed  uint64
	Depth Depth
	// Dir is the lane's folder, where a check's files lie; empty means the system's temporary one.
	Dir string
	// Record keeps a load measurement in the run.
	Record func(result.Measurement)
}

// Check tries one claim on a stage and writes down what it saw: facts, cases,
// witness lines, a probe when the engine cannot be asked, trouble when the harness
// could not measure. It judges nothing.
type Check func(ctx context.Context, on Stage, saw *result.Observation)

// Deploy gives the check its own three stores, damaged if the stage says so. The
// caller must Close the deployment.
func (s Stage) Deploy(ctx context.Context) (*deployment.Deployment, error) {
	deployed, err := s.Host.Deploy(ctx)
	if err != nil {
		return nil, err
	}
	if err := s.Fault.AfterDeploy(ctx, deployed); err != nil {
		return nil, errors.Join(err, deployed.Close(ctx))
	}
	s.Fault.Wrap(deployed)
	return deployed, nil
}

// Start starts another cluster like the host's, shaped by the check and damaged if the
// stage says so; its logs lie in a folder of that name. The caller must Close it.
func (s Stage) Start(ctx context.Context, name string, shape func(*cluster.Spec)) (*cluster.Cluster, error) {
	spec := s.Spec
	spec.Dir = filepath.Join(spec.Dir, name)
	shape(&spec)
	s.Fault.BeforeStart(&spec)
	return cluster.Start(ctx, spec)
}
