package deployment

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"tristore/drivers/store"
)

// Deploy gives three migrated, empty stores on one host: clones of its templates where
// the server can clone, otherwise databases migrated afresh. The caller must Close it.
func (h *Host) Deploy(ctx context.Context) (*Deployment, error) {
	return deploy(ctx, map[store.Name]*Host{store.UsersStore: h, store.PermissionsStore: h, store.CollectionsStore: h})
}

// DeploySplit places users and permissions on one host and collections on another. The
// caller must Close it before either host.
func DeploySplit(ctx context.Context, identity, collections *Host) (*Deployment, error) {
	return deploy(ctx, map[store.Name]*Host{store.UsersStore: identity, store.PermissionsStore: identity, store.CollectionsStore: collections})
}

func deploy(ctx context.Context, hosts map[store.Name]*Host) (*Deployment, error) {
	d := &Deployment{Engine: hosts[store.UsersStore].Cluster.Engine, places: map[store.Name]place{}}
	for _, name := range store.Names() {
		if err := hosts[name].unapplied; err != nil {
			return nil, fmt.Errorf("there are no stores to open: %w", err)
		}
	}
	var filling sync.Mutex
	for host := range hostsOf(hosts) {
		if host.handOut != nil && host.handOut.Swap(true) {
			return nil, fmt.Errorf("the content of %s was given to a deployment already, and this server copies no database", host.Cluster.Engine)
		}
	}
	err := eachStore(func(_ int, name store.Name) error {
		host := hosts[name]
		database := host.databaseName(name)
		if host.handOut != nil {
			database = host.template(name)
		}
		filling.Lock()
		d.places[name] = place{host, host.targetOf(name, database)}
		d.closes = append(d.closes, func(ctx context.Context) error { return host.family.DropDatabase(ctx, database) })
		filling.Unlock()
		return host.provide(ctx, name, database)
	})
	if err == nil {
		err = d.open(ctx)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("deploying on %s: %w", d.Engine, err), d.Close(context.WithoutCancel(ctx)))
	}
	return d, nil
}

// hostsOf are the hosts, each once.
func hostsOf(hosts map[store.Name]*Host) map[*Host]bool {
	all := map[*Host]bool{}
	for _, host := range hosts {
		all[host] = true
	}
	return all
}

// provide makes one migrated database, unless it is there.
func (h *Host) provide(ctx context.Context, name store.Name, database string) error {
	if h.handOut != nil {
		return nil
	}
	if copies, can := h.family.(cloner); can {
		return copies.CloneDatabase(ctx, h.template(name), database, h.Role)
	}
	_, err := h.fresh(ctx, name, database)
	return err
}

// open opens the stores of every place, in the order in which the platform starts them.
func (d *Deployment) open(ctx context.Context) error {
	for _, name := range store.Names() {
		if err := openInto(ctx, d, name, d.places[name].target); err != nil {
			return fmt.Errorf("opening store %s: %w", name, err)
		}
	}
	return nil
}
