package deployment

import (
	"tristore/drivers"
	"tristore/drivers/store"
)

// TemplateTarget is how the administrator reaches the migrated template of a store,
// from which PostgreSQL deployments are cloned. Sessions on it must end before the
// next clone.
func (h *Host) TemplateTarget(name store.Name) drivers.Target {
	return h.admin(h.template(name))
}
