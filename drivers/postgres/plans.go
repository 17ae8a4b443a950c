package postgres

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"

	"tristore/drivers"
	"tristore/drivers/store"
)

// HotPlans explains the statements of the request paths of one store, the very texts
// that the store sends.
//
// A planner rightly scans a small table from end to end, so the question asked is
// whether an index CAN serve: sequential scans are discouraged for the explaining
// transaction. A statement that must sort may still walk a whole index in its order;
// that counts as a full scan too, unless the server has a plan without one when such
// walks are discouraged as well. What remains says that no index serves.
func HotPlans(ctx context.Context, target drivers.Target, name store.Name) (plans []store.HotPlan, err error) {
	connection, err := dial(ctx, target)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, connection.Close(ctx)) }()
	for _, hot := range hotStatements(name) {
		plan, err := explain(ctx, connection, hot.statement, "enable_seqscan")
		if err == nil && plan.FullScan {
			var other store.PlanInfo
			if other, err = explain(ctx, connection, hot.statement, "enable_seqscan", "enable_indexscan", "enable_indexonlyscan"); err == nil && !other.FullScan {
				plan = other
			}
		}
		if err != nil {
			return nil, fmt.Errorf("explaining %s: %w", hot.operation, err)
		}
		plans = append(plans, store.HotPlan{Operation: hot.operation, Table: hot.table, Plan: plan})
	}
	return plans, nil
}

// hotStatement is one statement of a request path, with values of the right types.
type hotStatement struct {
	operation, table string
	statement
}

func hotStatements(name store.Name) []hotStatement {
	hot := func(operation string, record store.Record, text string, args ...any) hotStatement {
		return hotStatement{operation, record.Table(), statement{text, args}}
	}
	switch name {
	case store.UsersStore:
		sql := newUsersSQL(newTables(session{}, store.Records(store.UsersStore)...))
		return []hotStatement{
			hot("LoadCaller", store.User{}, sql.byID, "x"),
			hot("LoginByEmail", store.User{}, sql.byEmail, "x"),
			hot("UpdateSSO", store.User{}, sql.byAzure, "x"),
			hot("AccessTokenByToken", store.AccessToken{}, sql.token, "x"),
			hot("OrgAPIKeyByHash", store.OrgAPIKey{}, sql.orgKey, "x", "x"),
			hot("OrgContext", store.Organisation{}, sql.organisation, "x"),
			hot("OrgContext", store.OrgMembership{}, sql.membership, "x", "x"),
			hot("OrgContext", store.OrgRole{}, sql.role, "x", "x"),
			hot("OrgContext", store.OrgGroupMember{}, sql.groups, "x", "x"),
		}
	case store.PermissionsStore:
		sql := newPermissionsSQL(newTables(session{}, store.Records(store.PermissionsStore)...))
		mine := mayRead(store.WorkspaceList{UserID: "x", Roles: []string{"y"}})
		return []hotStatement{
			hot("WorkspaceByID", store.Workspace{}, sql.byID, "x"),
			hot("PageBySlug", store.Page{}, sql.page, "x", "x"),
			hot("ListMyWorkspaces", store.Workspace{}, sql.mine, mine, listDefault),
			hot("Files", store.File{}, sql.files, "x", listDefault),
			hot("CustomRoles", store.Role{}, sql.ofSubject, "x", "x"),
			hot("RoleByAPIKey", store.Role{}, sql.byKey, "x"),
			hot("Share", store.Workspace{}, sql.share, "x", "x", "{}"),
		}
	case store.CollectionsStore:
		return []hotStatement{hot("BindingOf", store.Binding{}, bindingOf(shapeOf(store.Binding{})), keyArgs(store.BindingKey{WorkspaceID: "x"})...)}
	}
	return nil
}

// explain plans a statement with some ways of running it discouraged; nothing is executed.
func explain(ctx context.Context, connection *pgx.Conn, what statement, off ...string) (plan store.PlanInfo, err error) {
	tx, err := connection.Begin(ctx)
	if err != nil {
		return plan, err
	}
	defer func() { err = errors.Join(err, tx.Rollback(ctx)) }()
	for _, setting := range off {
		if _, err := tx.Exec(ctx, "SET LOCAL "+setting+" = off"); err != nil {
			return plan, err
		}
	}
	if err := tx.QueryRow(ctx, "EXPLAIN (FORMAT JSON) "+what.text, what.args...).Scan(&plan.Text); err != nil {
		return plan, err
	}
	return readPlan(plan.Text)
}

// node is what we read of one step of a plan.
type node struct {
	Type      string `json:"Node Type"`
	Index     string `json:"Index Name"`
	IndexCond string `json:"Index Cond"`
	Plans     []node `json:"Plans"`
}

// readPlan finds the indexes used and every scan of a whole table or a whole index.
func readPlan(text string) (store.PlanInfo, error) {
	plan := store.PlanInfo{Text: text}
	var roots []struct{ Plan node }
	if err := json.Unmarshal([]byte(text), &roots); err != nil {
		return plan, fmt.Errorf("reading a plan: %w", err)
	}
	if len(roots) == 0 || roots[0].Plan.Type == "" {
		return plan, errors.New("reading a plan: there is none in it")
	}
	var walk func(node)
	walk = func(n node) {
		switch n.Type {
		case "Seq Scan", "Sample Scan", "Tid Scan":
			plan.FullScan = true
		case "Index Scan", "Index Only Scan", "Bitmap Index Scan":
			plan.FullScan = plan.FullScan || n.IndexCond == ""
		}
		if n.Index != "" && !slices.Contains(plan.Indexes, n.Index) {
			plan.Indexes = append(plan.Indexes, n.Index)
		}
		for _, below := range n.Plans {
			walk(below)
		}
	}
	walk(roots[0].Plan)
	return plan, nil
}
