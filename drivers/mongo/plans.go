package mongo

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"go.mongodb.org/mongo-driver/v2/bson"
	driver "go.mongodb.org/mongo-driver/v2/mongo"

	"tristore/drivers"
	"tristore/drivers/store"
)

// ErrNoPlan marks a server whose explain names no winning plan: nothing can be said
// about its use of indexes, neither good nor bad.
var ErrNoPlan = errors.New("the server's explain names no winning plan")

// HotPlans asks how the server would run the finds of a request path. On a server that
// cannot tell, the error is ErrNoPlan with its own words.
func HotPlans(ctx context.Context, target drivers.Target, name store.Name) (plans []store.HotPlan, err error) {
	err = oneClient(ctx, target, func(in *driver.Database) error {
		for _, hot := range hotFinds(name) {
			plan, err := explain(ctx, in, hot)
			if err != nil {
				return fmt.Errorf("explaining %s: %w", hot.operation, err)
			}
			plans = append(plans, store.HotPlan{Operation: hot.operation, Table: hot.table, Plan: plan})
		}
		return nil
	})
	return plans, err
}

// hotFind is one find as the stores send it.
type hotFind struct {
	operation, table string
	filter           bson.D
	order            bson.D
}

func hotFinds(name store.Name) []hotFind {
	mine, _ := mayRead(store.WorkspaceList{UserID: "u", Roles: []string{"r"}}) // names that can be fields
	switch name {
	case store.UsersStore:
		return []hotFind{
			{operation: "LoadCaller", table: "Users", filter: equal("_id", "x")},
			{operation: "LoginByEmail", table: "Users", filter: append(equal("email", "x"), alive()), order: oldest()},
			{operation: "UpdateSSO", table: "Users", filter: append(equal("authData.azure.id", "x"), alive()), order: oldest()},
			{operation: "AccessTokenByToken", table: "AccessTokens", filter: append(equal("token", "x"), unexpired())},
			{operation: "OrgAPIKeyByHash", table: "OrgApiKeys", filter: append(equal("orgSlug", "x", "hash", "x"), unexpired())},
			{operation: "OrgContext", table: "Organizations", filter: equal("slug", "x")},
			{operation: "OrgContext", table: "OrgMemberships", filter: equal("orgSlug", "x", "userId", "x")},
			{operation: "OrgContext", table: "OrgRoles", filter: equal("orgSlug", "x", "slug", "x")},
			{operation: "OrgContext", table: "OrgGroupMembers", filter: equal("orgSlug", "x", "userId", "x")},
		}
	case store.PermissionsStore:
		return []hotFind{
			{operation: "WorkspaceByID", table: "workspaces", filter: equal("id", "x")},
			{operation: "PageBySlug", table: "pages", filter: equal("workspaceSlug", "x", "slug", "x")},
			{operation: "ListMyWorkspaces", table: "workspaces", filter: mine, order: equal("updatedAt", -1)},
			{operation: "Files", table: "files", filter: equal("workspaceId", "x"), order: equal("createdAt", -1)},
			{operation: "CustomRoles", table: "roles", filter: ofSubject("workspaces", "x"), order: equal("id", 1)},
			{operation: "RoleByAPIKey", table: "roles", filter: equal("auth.apiKey.value", "x", "type", "apiKey", "disabled", false)},
		}
	case store.CollectionsStore:
		return []hotFind{
			{operation: "BindingOf", table: store.BindingsTable, filter: tuple(store.BindingKey{WorkspaceID: "x"})},
		}
	}
	return nil
}

func explain(ctx context.Context, in *driver.Database, hot hotFind) (store.PlanInfo, error) {
	find := bson.D{{Key: "find", Value: hot.table}, {Key: "filter", Value: hot.filter}}
	if len(hot.order) > 0 {
		find = append(find, bson.E{Key: "sort", Value: hot.order})
	}
	reply, err := in.RunCommand(ctx, bson.D{{Key: "explain", Value: find}, {Key: "verbosity", Value: "queryPlanner"}}).Raw()
	if err != nil {
		return store.PlanInfo{}, err
	}
	return readPlan(reply)
}

// readPlan is pure: it reads the winning plan of an explained find.
func readPlan(reply bson.Raw) (store.PlanInfo, error) {
	winner, err := reply.LookupErr("queryPlanner", "winningPlan")
	document, is := winner.DocumentOK()
	if err != nil || !is {
		return store.PlanInfo{}, fmt.Errorf("%w: %s", ErrNoPlan, reply.Lookup("queryPlanner"))
	}
	plan := store.PlanInfo{Text: document.String()}
	if inner, is := document.Lookup("queryPlan").DocumentOK(); is {
		document = inner // the slot-based engine keeps its own program beside it
	}
	seen := 0
	walkStages(document, func(stage bson.Raw) {
		seen++
		name, _ := stage.Lookup("stage").StringValueOK()
		index, _ := stage.Lookup("indexName").StringValueOK()
		switch name {
		case "COLLSCAN":
			plan.FullScan = true
		case "IDHACK", "EXPRESS_CLUSTERED_IXSCAN":
			index = "_id_"
		}
		if index != "" && !slices.Contains(plan.Indexes, index) {
			plan.Indexes = append(plan.Indexes, index)
		}
	})
	if seen == 0 {
		return store.PlanInfo{}, fmt.Errorf("%w: %s", ErrNoPlan, plan.Text)
	}
	return plan, nil
}

// walkStages shows every document below that names a stage.
func walkStages(document bson.Raw, see func(stage bson.Raw)) {
	if _, err := document.LookupErr("stage"); err == nil {
		see(document)
	}
	elements, _ := document.Elements() // the driver decoded it already
	for _, element := range elements {
		if inner, is := element.Value().DocumentOK(); is {
			walkStages(inner, see)
		}
		if list, is := element.Value().ArrayOK(); is {
			values, _ := list.Values()
			for _, value := range values {
				if inner, is := value.DocumentOK(); is {
					walkStages(inner, see)
				}
			}
		}
	}
}
