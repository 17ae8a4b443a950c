package mongo

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// Rights is what an account may do to a server that it is to look at only.
type Rights struct {
	// Nobody tells that no account is signed in.
	Nobody bool
	// Told tells whether the server says at all what the account may do. FerretDB does not.
	Told bool
	// Writes are privileges that are not known to change nothing.
	Writes []string
	// Blind are actions that a watcher needs and the account has not.
	Blind []string
}

// harmless are the actions that change nothing [G]: those of the roles read and
// clusterMonitor, from MongoDB 6 to 8. An action that is not here counts as a write,
// since nobody said that it is none. setFreeMonitoring is of clusterMonitor before 7,
// and switched a service that its vendor has ended.
func harmless() []string {
	return []string{"find", "listCollections", "listIndexes", "listSearchIndexes", "collStats", "dbStats", "dbHash", "indexStats", "planCacheRead", "changeStream", "killCursors",
		"listDatabases", "listSessions", "listShards", "listClusterCatalog", "serverStatus", "top", "inprog", "hostInfo", "connPoolStats", "netstat", "getCmdLineOpts", "getLog", "getParameter",
		"getClusterParameter", "getDefaultRWConcern", "getShardMap", "getShardVersion", "getDatabaseVersion", "shardingState", "shardedDataDistribution", "replSetGetConfig", "replSetGetStatus",
		"operationMetrics", "queryStatsRead", "queryStatsReadTransformed", "checkFreeMonitoringStatus", "setFreeMonitoring", "useUUID", "viewRole", "viewUser"}
}

// needed are what a watcher cannot do without.
func needed() []string { return []string{"serverStatus"} }

// Rights asks the server who is signed in and what that account may do.
func (w *Watcher) Rights(ctx context.Context) (Rights, error) {
	reply, err := w.ask(ctx, "admin", equal("connectionStatus", 1, "showPrivileges", true))
	if why := refusal(err); why != "" {
		return Rights{}, nil // it does not tell
	} else if err != nil {
		return Rights{}, err
	}
	return readRights(reply)
}

// readRights reads a reply to connectionStatus.
func readRights(reply bson.Raw) (rights Rights, err error) {
	var said struct {
		Info struct {
			Users      []bson.Raw `bson:"authenticatedUsers"`
			Privileges *[]struct {
				Resource bson.D   `bson:"resource"`
				Actions  []string `bson:"actions"`
			} `bson:"authenticatedUserPrivileges"`
		} `bson:"authInfo"`
	}
	if err := bson.Unmarshal(reply, &said); err != nil {
		return rights, fmt.Errorf("reading what the account may do: %w", err)
	}
	rights.Nobody = len(said.Info.Users) == 0
	if said.Info.Privileges == nil {
		return rights, nil
	}
	rights.Told = true
	var may []string
	for _, p := range *said.Info.Privileges {
		var writes []string
		for _, action := range p.Actions {
			if may = append(may, action); !slices.Contains(harmless(), action) {
				writes = append(writes, action)
			}
		}
		if more := len(writes) - rightsShown; more > 0 {
			writes = append(writes[:rightsShown], fmt.Sprintf("%d more", more))
		}
		if len(writes) > 0 {
			rights.Writes = append(rights.Writes, strings.Join(writes, ", ")+" "+place(p.Resource))
		}
	}
	for _, action := range needed() {
		if !slices.Contains(may, action) {
			rights.Blind = append(rights.Blind, action)
		}
	}
	return rights, nil
}

// place says what a privilege is on.
func place(resource bson.D) string {
	named := map[string]any{}
	for _, e := range resource {
		named[e.Key] = e.Value
	}
	database, _ := named["db"].(string)
	collection, _ := named["collection"].(string)
	switch {
	case named["cluster"] != nil:
		return "on the cluster"
	case named["anyResource"] != nil:
		return "on everything"
	case database == "" && collection == "":
		return "in every database"
	case collection == "":
		return "in database " + database
	case database == "":
		return "on " + collection + " in every database"
	}
	return "on " + database + "." + collection
}

// rightsShown bounds what a refusal lists.
const rightsShown = 3

// watcherRole makes the account that a refusal asks for.
const watcherRole = `use admin; db.createUser({user: "tristore_observe", pwd: passwordPrompt(), roles: [{role: "clusterMonitor", db: "admin"}]})`

// Refusal says in a sentence why an account may not be used to look only, and what to do;
// empty when it may. trusted is the owner's word for a server that does not tell; it
// counts for nothing where one tells.
func (r Rights) Refusal(account string, trusted bool) string {
	switch {
	case r.Nobody:
		return "nobody is signed in, so that the server has no access control and lets everybody write: start it with access control, and give an account that can do nothing else: " + watcherRole
	case !r.Told && trusted:
		return ""
	case !r.Told:
		return fmt.Sprintf("the server does not tell what the account %s may do (FerretDB keeps no roles), so that nobody can know that it cannot write; tristore sends nothing but %s: "+
			"give --trust-account to observe on that word", account, strings.Join(reads(), ", "))
	case len(r.Writes) > 0:
		said := strings.Join(r.Writes[:min(len(r.Writes), rightsShown)], "; ")
		if more := len(r.Writes) - rightsShown; more > 0 {
			said += fmt.Sprintf("; and %d more", more)
		}
		return fmt.Sprintf("the account %s can write, and observing is done only with one that cannot: it has the privilege %s; give one that can do nothing else: %s", account, said, watcherRole)
	case len(r.Blind) > 0:
		return fmt.Sprintf(`the account %s sees too little: it has not the privilege %s; grant it that: use admin; db.grantRolesToUser("%s", [{role: "clusterMonitor", db: "admin"}])`, account, strings.Join(r.Blind, ", "), account)
	}
	return ""
}
