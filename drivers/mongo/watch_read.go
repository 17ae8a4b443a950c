package mongo

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"tristore/drivers"
	"tristore/reports/result"
)

// source is one command of a reading and what becomes of its reply. why is filled where
// the reply does not tell what was asked for.
type source struct {
	what    string
	command bson.D
	see     func(reply bson.Raw, r *drivers.Reading) (why string)
}

// watchedOperations bounds what is read of the operations under way.
const watchedOperations = 1000

func (w *Watcher) sources() []source {
	fields := equal("ns", 1, "op", 1, "active", 1, "client", 1, "client_s", 1, "appName", 1, "command", 1, "waitingForLock", 1, "waitingForFlowControl", 1, "microsecs_running", 1, "transaction.timeOpenMicros", 1)
	operations := bson.A{equal("$currentOp", equal("allUsers", true, "idleSessions", true)), equal("$match", equal("$or", bson.A{equal("active", true), equal("transaction", equal("$exists", true))})),
		equal("$project", fields), equal("$limit", watchedOperations)}
	return []source{
		{"serverStatus", equal("serverStatus", 1), func(reply bson.Raw, r *drivers.Reading) string {
			for _, what := range readStatus(reply, r) {
				w.lacks[what] = "the server's serverStatus does not hold it"
			}
			return ""
		}},
		{result.UntoldByCollection, equal("top", 1), func(reply bson.Raw, r *drivers.Reading) string {
			w.top = readTop(reply)
			perDatabase(w.top, r)
			return ""
		}},
		{result.UntoldMembers, equal("replSetGetStatus", 1), func(reply bson.Raw, r *drivers.Reading) string {
			w.primary = readMembers(reply, r, w.primary)
			return ""
		}},
		{result.UntoldUnderWay, equal("aggregate", 1, "pipeline", operations, "cursor", equal("batchSize", watchedOperations)), func(reply bson.Raw, r *drivers.Reading) string {
			return readOperations(reply, r, w.target.Application)
		}},
	}
}

// Read takes one reading. A command that the server refuses once is not asked again; one
// that it answered before and refuses now ends the reading.
func (w *Watcher) Read(ctx context.Context) (drivers.Reading, error) {
	r := drivers.Reading{At: time.Now(), Counters: map[string]drivers.Named{}, Levels: map[string]drivers.Named{"": {}}}
	names, err := w.databases(ctx)
	if err != nil {
		return r, err
	}
	for _, s := range w.sources() {
		if w.lacks[s.what] != "" {
			continue
		}
		reply, err := w.ask(ctx, "admin", s.command)
		why := refusal(err)
		if err != nil && (why == "" || w.answered[s.what]) {
			return r, err
		}
		if why == "" {
			w.answered[s.what] = true
			why = s.see(reply, &r)
		}
		if why != "" {
			w.lacks[s.what], w.alone = why, w.alone || isAlone(err)
		}
	}
	if w.alone {
		r.Levels[""]["members"] = 0
	}
	for _, name := range names {
		if r.Counters[name] == nil {
			r.Counters[name] = drivers.Named{} // it is there, and of its work nothing is told
		}
	}
	return r, nil
}

// kinds are the operations that top counts apart.
func kinds() []string {
	return []string{"queries", "getmore", "insert", "update", "remove", "commands"}
}

// readTop reads a reply to top: by collection, how often and how long each kind of
// operation was at work there. Times are in microseconds [G].
func readTop(reply bson.Raw) map[string]drivers.Named {
	all := map[string]drivers.Named{}
	totals, _ := reply.Lookup("totals").DocumentOK()
	elements, _ := totals.Elements() // of a reply that was decoded once
	for _, e := range elements {
		database, collection, _ := strings.Cut(e.Key(), ".")
		of, is := e.Value().DocumentOK()
		if !is || !peoples(database) || collection == "system.profile" {
			continue
		}
		named := drivers.Named{}
		for _, kind := range append(kinds(), "total", "readLock", "writeLock") {
			count, counted := lookup(of, kind+"/count")
			if spent, timed := lookup(of, kind+"/time"); counted && timed {
				named[kind], named[kind+"_ms"] = count, spent/1000
			}
		}
		all[e.Key()] = named
	}
	return all
}

// perDatabase adds up collections.
func perDatabase(top map[string]drivers.Named, r *drivers.Reading) {
	for collection, named := range top {
		database, _, _ := strings.Cut(collection, ".")
		if r.Counters[database] == nil {
			r.Counters[database] = drivers.Named{}
		}
		sum := r.Counters[database]
		for _, kind := range kinds() {
			sum["operations"] += named[kind]
			sum[kind] += named[kind]
		}
		sum["operation_ms"] += named["total_ms"]
	}
}

// readMembers reads a reply to replSetGetStatus: the lag of the worst secondary, and for
// how long nobody was primary, which was last seen at a moment.
func readMembers(reply bson.Raw, r *drivers.Reading, seen time.Time) time.Time {
	var said struct {
		Members []struct {
			State  int       `bson:"state"`
			Health float64   `bson:"health"`
			At     time.Time `bson:"optimeDate"`
		} `bson:"members"`
	}
	if bson.Unmarshal(reply, &said) != nil {
		return seen
	}
	const primary, secondary = 1, 2
	var ahead time.Time
	for _, m := range said.Members {
		if m.State == primary && m.Health > 0 {
			ahead, seen = m.At, r.At
		}
	}
	levels := r.Levels[""]
	levels["members"], levels["without_primary_s"], levels["standbys"] = float64(len(said.Members)), max(0, r.At.Sub(seen).Seconds()), 0
	for _, m := range said.Members {
		if m.State != secondary || m.Health == 0 {
			continue
		}
		levels["standbys"]++
		if !ahead.IsZero() {
			levels["replication_lag_s"] = max(levels["replication_lag_s"], ahead.Sub(m.At).Seconds())
		}
	}
	return seen
}

// readOperations reads a reply to $currentOp. Whose answer does not show the question
// itself does not show operations as MongoDB does, and is not taken for an answer.
func readOperations(reply bson.Raw, r *drivers.Reading, application string) (why string) {
	var said struct {
		Cursor struct {
			Batch []struct {
				NS           string   `bson:"ns"`
				Op           string   `bson:"op"`
				Active       bool     `bson:"active"`
				Client       string   `bson:"client"`
				ClientS      string   `bson:"client_s"`
				Application  string   `bson:"appName"`
				Command      bson.Raw `bson:"command"`
				ForLock      bool     `bson:"waitingForLock"`
				ForFlow      bool     `bson:"waitingForFlowControl"`
				Micros       int64    `bson:"microsecs_running"`
				Transactions *struct {
					Open int64 `bson:"timeOpenMicros"`
				} `bson:"transaction"`
			} `bson:"firstBatch"`
		} `bson:"cursor"`
	}
	if err := bson.Unmarshal(reply, &said); err != nil {
		return "its reply has another shape than MongoDB's"
	}
	sessions, running, oldest, own := []drivers.Sessions{}, []drivers.Running(nil), 0.0, false
	for _, o := range said.Cursor.Batch {
		database, _, _ := strings.Cut(o.NS, ".")
		if o.Application == application {
			own = own || o.Active
			continue
		}
		if o.Transactions != nil {
			oldest = max(oldest, float64(o.Transactions.Open)/1e6)
		}
		if !o.Active || o.Client+o.ClientS == "" || waits(o.Command) || database == "local" {
			continue // the server's own, a driver's heartbeat, or the replication of the set
		}
		one := drivers.Sessions{Database: database, Kind: "operation", State: "active", Count: 1}
		switch {
		case o.ForLock:
			one.Class, one.Wait = "Lock", "a lock"
		case o.ForFlow:
			one.Class, one.Wait = "FlowControl", "secondaries that lag"
		}
		sessions = append(sessions, one)
		running = append(running, drivers.Running{Database: database, Command: slices.Clone(o.Command), Took: time.Duration(o.Micros) * time.Microsecond})
	}
	if !own {
		return "its reply does not say whose an operation is, not even this one"
	}
	r.Sessions, r.Running = sessions, running
	r.Levels[""]["oldest_transaction_s"] = oldest
	return ""
}

// waits tells a driver's heartbeat, which waits for news.
func waits(command bson.Raw) bool {
	first, err := command.IndexErr(0)
	return err == nil && slices.Contains([]string{"hello", "isMaster", "ismaster"}, first.Key())
}

// Sizes are those of the databases, with their indexes, in bytes.
func (w *Watcher) Sizes(ctx context.Context) (map[string]int64, error) {
	sizes := map[string]int64{}
	names, err := w.databases(ctx)
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		reply, err := w.ask(ctx, name, equal("dbStats", 1))
		if why := refusal(err); why != "" {
			w.lacks[fmt.Sprintf("size of database %s (dbStats)", name)] = why
			continue
		} else if err != nil {
			return nil, err
		}
		stored, known := lookup(reply, "storageSize")
		indexes, also := lookup(reply, "indexSize")
		if known && also {
			sizes[name] = int64(stored + indexes)
		}
	}
	return sizes, nil
}
