package capacity

import (
	"context"
	"errors"
	"fmt"
	"math"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"golang.org/x/sys/unix"

	"tristore/drivers"
	"tristore/drivers/cluster"
	"tristore/drivers/deployment"
	"tristore/drivers/postgres"
	"tristore/drivers/store"
	"tristore/scenarios/dataset"
	"tristore/scenarios/road"
)

// rig is what a split measurement runs on: three clusters and three deployments of the
// same data. The cells in which one workload is alone have databases of their own on
// the shared cluster, so that the rows they add do not make the shared cell larger than
// the split one.
type rig struct {
	whole, identity, collections *deployment.Host
	alone, shared, split         *deployment.Deployment

	data   dataset.Collections
	cores  []int    // of the shared cluster
	halves [2][]int // of the two; both are the same cores where a half is limited by its share of time
	ends   road.Ends
	one    bool // one cluster and one deployment, for a glance
}

// part is one cluster of the rig and its share of the hardware.
type part struct {
	name   string
	limits cluster.Limits
	host   **deployment.Host
}

// build starts and fills the rig; on error nothing of it is left.
func build(ctx context.Context, plan Plan) (*rig, error) {
	return buildAs(ctx, plan, &rig{})
}

func buildAs(ctx context.Context, plan Plan, r *rig) (*rig, error) {
	r.data = dataset.Collections{Of: dataset.Identity{Seed: plan.Seed, Sizes: plan.Identity}, Sizes: plan.Collections}
	if plan.keeps() {
		r.data.Of.Seed = DataSeed
	}
	err := r.start(ctx, plan)
	if err == nil {
		err = r.deploy(ctx)
	}
	if err == nil && !plan.keeps() {
		plan.log().Info("loading the data of both placings")
		err = r.fill(ctx)
	}
	if err == nil {
		err = r.make(ctx, plan)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("preparing the split measurement: %w", err), r.ends.Close(context.WithoutCancel(ctx)))
	}
	return r, nil
}

func (r *rig) start(ctx context.Context, plan Plan) (err error) {
	if r.cores, err = UsableCores(plan.CPUs); err != nil {
		return err
	}
	r.halves = halvesOf(r.cores, plan.CPUs)
	for _, p := range []part{
		{"shared", cluster.Limits{CPUs: plan.CPUs, CPUSet: r.cores, MemoryBytes: plan.MemoryBytes}, &r.whole},
		{"identity", cluster.Limits{CPUs: plan.CPUs / 2, CPUSet: r.halves[0], MemoryBytes: plan.MemoryBytes / 2}, &r.identity},
		{"collections", cluster.Limits{CPUs: plan.CPUs / 2, CPUSet: r.halves[1], MemoryBytes: plan.MemoryBytes / 2}, &r.collections},
	} {
		if r.one && p.host != &r.whole {
			continue
		}
		plan.log().Info("starting a cluster of the split measurement", "part", p.name, "cores", p.limits.CPUSet)
		spec := plan.Spec(cluster.Strict, cluster.External{})
		spec.Limits, spec.Dir = p.limits, filepath.Join(plan.Dir, p.name)
		if *p.host, err = plan.Host(ctx, spec, r.data, &r.ends); err != nil {
			return err
		}
	}
	return nil
}

func (r *rig) deploy(ctx context.Context) error {
	for _, d := range []struct {
		into **deployment.Deployment
		open func() (*deployment.Deployment, error)
	}{
		{&r.alone, func() (*deployment.Deployment, error) { return r.whole.Deploy(ctx) }},
		{&r.shared, func() (*deployment.Deployment, error) { return r.whole.Deploy(ctx) }},
		{&r.split, func() (*deployment.Deployment, error) { return deployment.DeploySplit(ctx, r.identity, r.collections) }},
	} {
		if r.one && d.into != &r.shared {
			continue
		}
		deployed, err := d.open()
		if err != nil {
			return err
		}
		r.ends.Add(deployed.Close)
		*d.into = deployed
	}
	return nil
}

// fill loads the deployments side by side.
func (r *rig) fill(ctx context.Context) error {
	all := r.deployments()
	errs := make([]error, len(all))
	var loads sync.WaitGroup
	for i, into := range all {
		loads.Go(func() {
			if errs[i] = r.data.Of.LoadInto(ctx, into); errs[i] == nil {
				errs[i] = r.data.LoadInto(ctx, into)
			}
		})
	}
	loads.Wait()
	return errors.Join(errs...)
}

func (r *rig) deployments() []*deployment.Deployment {
	return slices.DeleteFunc([]*deployment.Deployment{r.alone, r.shared, r.split}, func(d *deployment.Deployment) bool { return d == nil })
}

// hardware says what each placing got, as asked and as the servers report it.
func (r *rig) hardware(plan Plan) map[string]string {
	all := map[string]string{
		"shared asked": fmt.Sprintf("1 cluster: %g cores (%s), %d MiB", plan.CPUs, list(r.cores), plan.MemoryBytes>>20),
		"split asked": fmt.Sprintf("2 clusters: %g cores each (%s | %s), %d MiB each", plan.CPUs/2, list(r.halves[0]), list(r.halves[1]),
			plan.MemoryBytes>>21),
		"generator": "runs on this machine and shares these cores with the servers, in every cell alike: read ratios between cells, not absolute latencies",
	}
	if plan.Reach == drivers.Embedded {
		all["not limited"] = "embedded servers are processes on chosen cores: memory sets shared_buffers and holds back nothing else, and the disk is shared"
	}
	for name, host := range map[string]*deployment.Host{"shared": r.whole, "split identity": r.identity, "split collections": r.collections} {
		all[name+" in force"] = inForce(host)
	}
	return all
}

// telling are the settings by which a reader knows what was compared.
func telling() []string {
	return []string{"shared_buffers", "max_connections", "fsync", "synchronous_commit", "full_page_writes", "max_wal_size"}
}

// halvesOf gives each half cores of its own where they can be divided, else the same.
func halvesOf(cores []int, cpus float64) [2][]int {
	if !divides(cpus) {
		return [2][]int{cores, cores}
	}
	return [2][]int{cores[:len(cores)/2], cores[len(cores)/2:]}
}

// Settle brings what the planner knows of a deployment's databases up to date, so that none
// begins with worse plans than another.
func Settle(ctx context.Context, on *deployment.Deployment) error {
	var all []error
	for _, name := range store.Names() {
		all = append(all, postgres.Exec(ctx, on.AdminTarget(name), "VACUUM (ANALYZE)"))
	}
	return errors.Join(all...)
}

// UsableCores are the first cores that this process may run on, enough for so many CPUs.
func UsableCores(cpus float64) ([]int, error) {
	n := int(math.Ceil(cpus))
	var set unix.CPUSet
	if err := unix.SchedGetaffinity(0, &set); err != nil {
		return nil, fmt.Errorf("asking for the cores of this process: %w", err)
	}
	var all []int
	for cpu := 0; len(all) < n && cpu < len(set)*64; cpu++ {
		if set.IsSet(cpu) {
			all = append(all, cpu)
		}
	}
	if len(all) < n {
		return nil, fmt.Errorf("%d cores are asked for and this process may use %d", n, len(all))
	}
	return all, nil
}

func list(cores []int) string { return strings.Trim(fmt.Sprint(cores), "[]") }
