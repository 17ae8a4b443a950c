package mongo

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"
	driver "go.mongodb.org/mongo-driver/v2/mongo"

	"tristore/drivers"
	"tristore/drivers/store"
)

// Indexes lists every index of the target's database, those over _id too. A text index
// is told as text(field); the direction of a field is left out. One that the server is
// still building is not Valid.
func Indexes(ctx context.Context, target drivers.Target) (all []store.IndexInfo, err error) {
	err = oneClient(ctx, target, func(in *driver.Database) error {
		s := session{client: in.Client(), in: in}
		names, err := s.collectionNames(ctx)
		if err != nil {
			return err
		}
		for _, name := range names {
			specs, err := s.indexSpecs(ctx, name)
			if err != nil {
				return err
			}
			for _, spec := range specs {
				all = append(all, indexInfo(name, spec))
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("listing the indexes of %s: %w", target.URL.Database(), err)
	}
	return all, nil
}

// collectionNames are those that hold rows, sorted: no views and none of the server's own.
func (s session) collectionNames(ctx context.Context) ([]string, error) {
	specs, err := s.in.ListCollectionSpecifications(ctx, bson.D{})
	if err != nil {
		return nil, err
	}
	var names []string
	for _, spec := range specs {
		if spec.Type != "view" && !strings.HasPrefix(spec.Name, "system.") {
			names = append(names, spec.Name)
		}
	}
	slices.Sort(names)
	return names, nil
}

// indexSpecs are the server's own descriptions of one collection's indexes.
func (s session) indexSpecs(ctx context.Context, collection string) (specs []bson.Raw, err error) {
	cursor, err := s.in.Collection(collection).Indexes().List(ctx)
	if err == nil {
		err = cursor.All(ctx, &specs)
	}
	if err != nil {
		return nil, fmt.Errorf("listing the indexes of %s: %w", collection, err)
	}
	return specs, nil
}

func indexInfo(collection string, spec bson.Raw) store.IndexInfo {
	info := store.IndexInfo{Table: collection, Valid: true}
	info.Name, _ = spec.Lookup("name").StringValueOK()
	info.Unique, _ = spec.Lookup("unique").BooleanOK()
	if _, err := spec.LookupErr("buildUUID"); err == nil {
		info.Valid = false
	}
	key, _ := spec.Lookup("key").DocumentOK()
	elements, _ := key.Elements() // the driver decoded it already
	for _, element := range elements {
		switch element.Key() {
		case "_fts":
			weights, _ := spec.Lookup("weights").DocumentOK()
			fields, _ := weights.Elements()
			for _, field := range fields {
				info.Fields = append(info.Fields, "text("+field.Key()+")")
			}
		case "_ftsx":
		default:
			info.Fields = append(info.Fields, element.Key())
			info.Unique = info.Unique || element.Key() == "_id" && len(elements) == 1
		}
	}
	return info
}

// ExpectedIndexes are those that the platform's code and documents promise, in the words
// of Indexes. Marks: C seen in code, D documented, I needed by a request path or by what
// the store contract calls unique. Needs names the kinds that a stand-in may not have.
//
// Two of the code's single indexes, pages by workspaceSlug and files by workspaceId, are
// not here: the first fields of wider ones serve them.
func ExpectedIndexes(name store.Name) []store.ExpectedIndex {
	plain := func(table, source string, fields ...string) store.ExpectedIndex {
		return store.ExpectedIndex{Table: table, Fields: fields, Source: source}
	}
	unique := func(table, source string, fields ...string) store.ExpectedIndex {
		return store.ExpectedIndex{Table: table, Fields: fields, Unique: true, Source: source}
	}
	special := func(needs, table, source, field string) store.ExpectedIndex {
		return store.ExpectedIndex{Table: table, Fields: []string{field}, Source: source, Needs: needs}
	}
	switch name {
	case store.UsersStore:
		return []store.ExpectedIndex{
			unique("Users", "C", "_id"), plain("Users", "C", "email"), plain("Users", "C", "authData.azure.id"), special(needsTTL, "Users", "C", "expiresAt"),
			plain("AccessTokens", "C", "token"), plain("AccessTokens", "C", "userId"),
			unique("Organizations", "D", "slug"), unique("OrgMemberships", "I", "orgSlug", "userId"), unique("OrgRoles", "I", "orgSlug", "slug"),
			plain("OrgGroupMembers", "I", "orgSlug", "userId"), unique("OrgApiKeys", "I", "orgSlug", "hash"), plain("OrgApiKeys", "D", "ownerType", "ownerId"),
		}
	case store.PermissionsStore:
		return []store.ExpectedIndex{
			unique("workspaces", "C", "id"), unique("workspaces", "C", "slug"), special(needsText, "workspaces", "C", "text(name)"),
			plain("workspaces", "D", "createdAt"), plain("workspaces", "D", "updatedAt"), special(needsWildcard, "workspaces", "I", "permissions.$**"),
			unique("pages", "C", "id"), unique("pages", "C", "workspaceSlug", "slug"), plain("pages", "C", "workspaceId"),
			unique("files", "C", "id"), plain("files", "I", "workspaceId", "createdAt"), special(needsText, "files", "C", "text(name)"),
			unique("secrets", "C", "id"), plain("secrets", "C", "workspaceId"), special(needsText, "secrets", "C", "text(name)"),
			unique("roles", "C", "id"), unique("roles", "C", "auth.apiKey.value"), plain("roles", "C", "name"),
			plain("roles", "I", "subjectType", "subjectId"),
		}
	case store.CollectionsStore:
		return []store.ExpectedIndex{
			unique("product_bindings", "D", "workspaceId", "resourceType", "resourceId", "principalType", "principalId"),
			plain("product_bindings", "I", "principalType", "principalId"), unique("collection_schemas", "I", "collection", "revision"),
			plain("collection_schemas", "I", "namespace"),
		}
	}
	return nil
}
