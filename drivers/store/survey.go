package store

import "context"

// Survey tells what shape the data of one store's database has, whatever the contract
// says of it: a copy can then be looked over for what its reader does not know.
type Survey interface {
	// Schemas gives every declared collection, sorted by physical name; none in the stores
	// that have no collections.
	Schemas(ctx context.Context) ([]Schema, Outcome)
	// Fields counts, by the name in the database, in how many rows of a table each top-level
	// field is there, and neither null nor empty text. Fields of no row are left out.
	Fields(ctx context.Context, table string) (map[string]int64, Outcome)
	Close(ctx context.Context) error
}

// Records lists the record types of one store, in the order of its tables.
func Records(of Name) []Record {
	switch of {
	case UsersStore:
		return []Record{User{}, AccessToken{}, Organisation{}, OrgMembership{}, OrgRole{}, OrgGroupMember{}, OrgAPIKey{}}
	case PermissionsStore:
		return []Record{Workspace{}, Page{}, File{}, AppSecret{}, Role{}}
	default:
		return []Record{Binding{}}
	}
}
