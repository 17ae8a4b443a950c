package store

import "strings"

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

// ByDatabase is the store that a database's name ends with, as the platform names them;
// empty when it is none's.
func ByDatabase(database string) Name {
	for _, name := range Names() {
		if database == string(name) || strings.HasSuffix(database, "_"+string(name)) || strings.HasSuffix(database, "-"+string(name)) {
			return name
		}
	}
	return ""
}
