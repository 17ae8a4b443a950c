package store

// Name says which of the three stores is meant.
type Name string

// The three stores, in the order the platform starts them.
const (
	UsersStore       Name = "users"
	PermissionsStore Name = "permissions"
	CollectionsStore Name = "collections"
)

// Names lists the three stores.
func Names() []Name { return []Name{UsersStore, PermissionsStore, CollectionsStore} }
