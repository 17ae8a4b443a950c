package deployment

import (
	"context"

	"tristore/drivers/cluster"
	"tristore/drivers/store"
)

// Moved are the databases of a deployment on another cluster, which holds a physical copy
// of this one's: role and password came along. They go when that cluster does.
func (d *Deployment) Moved(to *cluster.Cluster) []*Blank {
	var all []*Blank
	for _, name := range store.Names() {
		at := d.places[name]
		there := &Host{Cluster: to, Role: at.host.Role, options: at.host.options, prefix: at.host.prefix}
		database := at.target.URL.Database()
		all = append(all, &Blank{Store: name, Target: there.target(database), Admin: there.admin(database), host: there})
	}
	return all
}

// OpenMoved opens what Moved gave; closing it closes the stores only.
func OpenMoved(ctx context.Context, moved []*Blank) (*Deployment, error) {
	return moved[0].host.OpenOn(ctx, moved)
}
