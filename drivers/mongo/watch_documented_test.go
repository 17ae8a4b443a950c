package mongo

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"tristore/drivers"
	"tristore/reports/result"
)

// The documents in this file were written by hand after the public manual of MongoDB 6, 7
// and 8. No real MongoDB was read: they show that what is documented is understood, and
// nothing about what a server really answers.

func byHand(t *testing.T, text string) bson.Raw {
	t.Helper()
	var document bson.Raw
	if err := bson.UnmarshalExtJSON([]byte(text), false, &document); err != nil {
		t.Fatal(err)
	}
	return document
}

const statusOf6ByHand = `{"host":"db1:27017","version":"6.0.14","process":"mongod","pid":{"$numberLong":"41"},"uptimeMillis":{"$numberLong":"90000"},
	"connections":{"current":60,"available":40,"totalCreated":900,"active":7,"threaded":60,"exhaustIsMaster":1,"exhaustHello":2,"awaitingTopologyChanges":3},
	"globalLock":{"totalTime":{"$numberLong":"90000000"},"currentQueue":{"total":5,"readers":3,"writers":2},"activeClients":{"total":9,"readers":6,"writers":3}},
	"opcounters":{"insert":{"$numberLong":"100"},"query":{"$numberLong":"2000"},"update":300,"delete":40,"getmore":50,"command":6000},
	"opLatencies":{"reads":{"latency":{"$numberLong":"8000000"},"ops":{"$numberLong":"2050"}},"writes":{"latency":{"$numberLong":"900000"},"ops":{"$numberLong":"440"}},"commands":{"latency":{"$numberLong":"70000"},"ops":{"$numberLong":"6000"}}},
	"mem":{"bits":64,"resident":512,"virtual":2048,"supported":true},"extra_info":{"note":"fields vary by platform","page_faults":{"$numberLong":"12"}},
	"metrics":{"document":{"deleted":{"$numberLong":"4"},"inserted":{"$numberLong":"10"},"returned":{"$numberLong":"20000"},"updated":{"$numberLong":"30"}},"operation":{"scanAndOrder":{"$numberLong":"5"},"writeConflicts":{"$numberLong":"6"}},
		"queryExecutor":{"scanned":{"$numberLong":"700"},"scannedObjects":{"$numberLong":"800"},"collectionScans":{"nonTailable":{"$numberLong":"2"},"total":{"$numberLong":"3"}}},
		"commands":{"find":{"failed":{"$numberLong":"0"},"total":{"$numberLong":"2000"}}},"cursor":{"timedOut":{"$numberLong":"0"},"open":{"noTimeout":{"$numberLong":"0"},"pinned":{"$numberLong":"0"},"total":{"$numberLong":"2"}}}},
	"transactions":{"retriedCommandsCount":{"$numberLong":"0"},"currentActive":{"$numberLong":"1"},"currentInactive":{"$numberLong":"1"},"currentOpen":{"$numberLong":"2"},"totalAborted":{"$numberLong":"3"},"totalCommitted":{"$numberLong":"77"},"totalStarted":{"$numberLong":"82"}},
	"wiredTiger":{"cache":{"bytes currently in the cache":{"$numberLong":"800"},"tracked dirty bytes in the cache":{"$numberLong":"50"},"maximum bytes configured":{"$numberLong":"1000"},
			"pages requested from the cache":{"$numberLong":"10000"},"pages read into cache":{"$numberLong":"400"},"pages evicted by application threads":{"$numberLong":"9"},"bytes read into cache":{"$numberLong":"4096"},"bytes written from cache":{"$numberLong":"8192"}},
		"concurrentTransactions":{"write":{"out":3,"available":125,"totalTickets":128},"read":{"out":119,"available":9,"totalTickets":128}},
		"log":{"log bytes written":{"$numberLong":"123456"},"log sync operations":{"$numberLong":"88"}},"transaction":{"transaction checkpoints":{"$numberLong":"2"}}},"ok":1.0}`

// MongoDB 7 settles the number of tickets by itself, and counts refused connections.
const statusOf7ByHand = `{"host":"db1:27017","version":"7.0.8","pid":1,"connections":{"current":4,"available":815,"totalCreated":9,"rejected":2,"active":1},
	"globalLock":{"currentQueue":{"total":0,"readers":0,"writers":0},"activeClients":{"total":0,"readers":0,"writers":0}},"opcounters":{"insert":1,"query":2,"update":3,"delete":4,"getmore":5,"command":6},
	"metrics":{"document":{"deleted":1,"inserted":1,"returned":1,"updated":1}},"transactions":{"currentOpen":0},
	"wiredTiger":{"cache":{"pages requested from the cache":7,"pages read into cache":1},"concurrentTransactions":{
		"write":{"out":0,"available":12,"totalTickets":12,"normalPriority":{"addedToQueue":9,"removedFromQueue":5,"queueLength":4}},"read":{"out":0,"available":11,"totalTickets":11,"normalPriority":{"queueLength":0}}}},"ok":1.0}`

// MongoDB 8 moved tickets out of the storage engine's section.
const statusOf8ByHand = `{"host":"db1:27017","version":"8.0.4","pid":1,"connections":{"current":4,"available":815,"rejected":0},
	"globalLock":{"currentQueue":{"total":1,"readers":1,"writers":0}},"opcounters":{"query":2},"metrics":{"document":{"returned":1}},"transactions":{"currentOpen":0},
	"queues":{"execution":{"write":{"out":1,"available":31,"totalTickets":32,"normalPriority":{"queueLength":2}},"read":{"out":0,"available":64,"totalTickets":64}},"ingress":{}},
	"wiredTiger":{"cache":{"pages requested from the cache":7,"pages read into cache":1},"checkpoint":{"total succeed number of checkpoints":6}},"ok":1.0}`

// What a FerretDB 1.24 answered here, shortened.
const statusOfFerret = `{"host":"vm","version":"7.0.42","process":"ferretdb","pid":{"$numberLong":"9531"},"metrics":{"commands":{"find":{"total":{"$numberLong":"3"},"failed":{"$numberLong":"0"}}}},"ferretdbVersion":"v1.24.2","ok":1.0}`

func TestStatusAsDocumented(t *testing.T) {
	for name, test := range map[string]struct {
		document         string
		counters, levels drivers.Named
		missing          []string
	}{
		"6": {statusOf6ByHand, drivers.Named{"operations_query": 2000, "operations_delete": 40, "documents_returned": 20000, "collection_scans": 3, "write_conflicts": 6, "commands_find": 2000, "latency_reads_ms": 8000, "latency_reads": 2050,
			"cache_pages_wanted": 10000, "cache_pages_read": 400, "cache_evicted_by_operations": 9, "journal_bytes": 123456, "checkpoints": 2, "transactions_committed": 77, "connections_made": 900, "reset_process": 41},
			drivers.Named{"connections": 60, "connections_free": 40, "connections_active": 7, "queued_readers": 3, "queued_writers": 2, "tickets_read_free": 9, "tickets_write_free": 125, "tickets_read_total": 128,
				"cache_used_pct": 80, "cache_dirty_pct": 5, "memory_resident_bytes": 512 << 20, "transactions_open": 2, "cursors_open": 2}, []string{result.UntoldRefused}},
		"7":        {statusOf7ByHand, drivers.Named{"connections_rejected": 2}, drivers.Named{"tickets_read_free": 11, "tickets_read_total": 11, "tickets_write_queued": 4}, nil},
		"8":        {statusOf8ByHand, drivers.Named{"connections_rejected": 0, "checkpoints": 6}, drivers.Named{"tickets_write_free": 31, "tickets_write_total": 32, "tickets_write_queued": 2, "tickets_read_free": 64}, nil},
		"ferretdb": {statusOfFerret, drivers.Named{"commands_find": 3}, drivers.Named{}, slices.Collect(maps.Keys(sections()))},
	} {
		r := drivers.Reading{Counters: map[string]drivers.Named{}, Levels: map[string]drivers.Named{}}
		missing := readStatus(byHand(t, test.document), &r)
		for wants, got := range map[*drivers.Named]drivers.Named{&test.counters: r.Counters[""], &test.levels: r.Levels[""]} {
			for figure, value := range *wants {
				if is, told := got[figure]; !told || is != value {
					t.Errorf("%s: %s is %g (told %t), wanted %g", name, figure, is, told, value)
				}
			}
		}
		slices.Sort(missing)
		if slices.Sort(test.missing); !slices.Equal(missing, test.missing) {
			t.Errorf("%s: missing %q, wanted %q", name, missing, test.missing)
		}
		if name == "ferretdb" && len(r.Levels[""]) > 0 {
			t.Errorf("levels out of nothing: %v", r.Levels)
		}
	}
}

func TestTopAsDocumented(t *testing.T) {
	const kind = `{"time":{"$numberLong":"5000"},"count":{"$numberLong":"10"}}`
	const all = `"total":{"time":{"$numberLong":"40000"},"count":{"$numberLong":"60"}},"readLock":` + kind + `,"writeLock":` + kind + `,"queries":` + kind + `,"getmore":` + kind + `,"insert":` + kind + `,"update":` + kind + `,"remove":` + kind + `,"commands":` + kind
	top := readTop(byHand(t, `{"totals":{"note":"all times in microseconds","shop_users.users":{`+all+`},"shop_users.otp.keys":{`+all+`},"local.oplog.rs":{`+all+`},"shop_users.system.profile":{`+all+`}},"ok":1.0}`))
	r := drivers.Reading{Counters: map[string]drivers.Named{}}
	perDatabase(top, &r)
	if got := r.Counters["shop_users"]; len(r.Counters) != 1 || got["operations"] != 120 || got["queries"] != 20 || got["operation_ms"] != 80 {
		t.Errorf("%v", r.Counters)
	}
	w := &Watcher{top: top, lacks: map[string]string{}}
	lines, why, err := w.Statements(t.Context())
	if err != nil || why != "" || len(lines) != 2*len(kinds()) || lines[0].Calls != 10 || lines[0].TotalMs != 5 || lines[0].Database != "shop_users" {
		t.Errorf("%+v, %q, %v", lines, why, err)
	}
	texts, err := w.StatementTexts(t.Context(), []string{"shop_users.otp.keys" + between + "remove"})
	if err != nil || texts["shop_users.otp.keys"+between+"remove"] != "remove on otp.keys" {
		t.Errorf("%v, %v", texts, err)
	}
}

func TestMembersAsDocumented(t *testing.T) {
	const set = `{"set":"rs0","myState":1,"members":[
		{"name":"a:27017","health":1.0,"state":STATE,"stateStr":"PRIMARY","optimeDate":{"$date":"2024-05-06T12:01:00Z"}},
		{"name":"b:27017","health":1.0,"state":2,"stateStr":"SECONDARY","optimeDate":{"$date":"2024-05-06T12:00:15Z"}},
		{"name":"c:27017","health":1.0,"state":2,"stateStr":"SECONDARY","optimeDate":{"$date":"2024-05-06T12:01:00Z"}},
		{"name":"d:27017","health":0.0,"state":8,"stateStr":"(not reachable/healthy)","optimeDate":{"$date":"1970-01-01T00:00:00Z"}}],"ok":1.0}`
	now := time.Date(2024, 5, 6, 12, 1, 1, 0, time.UTC)
	reading := func(state string, seen time.Time) (drivers.Named, time.Time) {
		r := drivers.Reading{At: now, Levels: map[string]drivers.Named{"": {}}}
		seen = readMembers(byHand(t, strings.Replace(set, "STATE", state, 1)), &r, seen)
		return r.Levels[""], seen
	}
	if with, seen := reading("1", now.Add(-time.Minute)); with["replication_lag_s"] != 45 || with["standbys"] != 2 || with["without_primary_s"] != 0 || with["members"] != 4 || !seen.Equal(now) {
		t.Errorf("%v, %s", with, seen)
	}
	without, seen := reading("3", now.Add(-time.Minute))
	if _, told := without["replication_lag_s"]; told || without["without_primary_s"] != 60 || !seen.Equal(now.Add(-time.Minute)) {
		t.Errorf("%v, %s", without, seen)
	}
}

func TestOperationsAsDocumented(t *testing.T) {
	const own = `{"type":"op","ns":"admin.$cmd.aggregate","op":"command","active":true,"client":"10.0.0.9:4","appName":"tristore observe","command":{"aggregate":1}}`
	const others = `{"type":"op","ns":"shop_users.users","op":"query","active":true,"client":"10.0.0.1:5","appName":"app","command":{"find":"users","filter":{"email":"sentinel"}},"waitingForLock":false,"microsecs_running":{"$numberLong":"1500"}},
		{"type":"op","ns":"shop_users.users","op":"update","active":true,"client":"10.0.0.1:6","command":{"q":{}},"waitingForLock":true},
		{"type":"idleSession","ns":"","active":false,"transaction":{"timeOpenMicros":{"$numberLong":"400000000"}}},
		{"type":"op","ns":"admin.$cmd","op":"command","active":true,"client":"10.0.0.1:7","command":{"hello":1,"maxAwaitTimeMS":10000}},
		{"type":"op","ns":"local.oplog.rs","op":"getmore","active":true,"client":"10.0.0.2:7","command":{"getMore":{"$numberLong":"7"}}},
		{"type":"op","ns":"","op":"none","active":true,"desc":"WTCheckpointThread"}`
	reply := func(batch string) (drivers.Reading, string) {
		r := drivers.Reading{Levels: map[string]drivers.Named{"": {}}}
		why := readOperations(byHand(t, `{"cursor":{"firstBatch":[`+batch+`],"id":0,"ns":"admin.$cmd.aggregate"},"ok":1.0}`), &r, "tristore observe")
		return r, why
	}
	r, why := reply(own + "," + others)
	if why != "" || len(r.Sessions) != 2 || r.Sessions[0].Class != "" || r.Sessions[1].Class != "Lock" || r.Levels[""]["oldest_transaction_s"] != 400 || len(r.Running) != 2 || r.Running[0].Took != 1500*time.Microsecond {
		t.Errorf("%+v, %q", r, why)
	}
	if r, why = reply(own); why != "" || r.Sessions == nil || len(r.Sessions) != 0 {
		t.Errorf("at rest: %+v, %q", r, why)
	}
	// Whose answer does not even show the question tells of nothing.
	if r, why = reply(others); why == "" || r.Sessions != nil || len(r.Levels[""]) != 0 {
		t.Errorf("not understood: %+v, %q", r, why)
	}
}

func TestCollectionAsDocumented(t *testing.T) {
	one := readCollection(byHand(t, `{"cursor":{"firstBatch":[{"ns":"shop.users","storageStats":{"size":1000,"count":7,"storageSize":4096,"totalIndexSize":8192,
		"wiredTiger":{"cache":{"pages requested from the cache":100,"pages read into cache":10}},"indexDetails":{"_id_":{"cache":{"pages requested from the cache":50,"pages read into cache":1}}}}}],"id":0},"ok":1.0}`))
	if one.Bytes != 12288 || one.Live != 7 || one.Counters["cache_pages_wanted"] != 150 || one.Counters["cache_pages_read"] != 11 {
		t.Errorf("%+v", one)
	}
}

// Only an account of which it is known that it can do nothing is let in.
func TestRightsAsDocumented(t *testing.T) {
	monitor := `{"resource":{"cluster":true},"actions":["checkFreeMonitoringStatus","connPoolStats","getCmdLineOpts","getLog","getParameter","hostInfo","inprog","listDatabases","listSessions","listShards","netstat","replSetGetConfig","replSetGetStatus","serverStatus","setFreeMonitoring","shardingState","top"]},
		{"resource":{"db":"","collection":""},"actions":["collStats","dbStats","getDatabaseVersion","getShardVersion","indexStats","useUUID"]},{"resource":{"db":"","collection":"system.profile"},"actions":["find"]}`
	who := `"authenticatedUsers":[{"user":"watcher","db":"admin"}],"authenticatedUserRoles":[]`
	for name, test := range map[string]struct {
		info    string
		trusted bool
		says    string
	}{
		"a monitor":               {who + `,"authenticatedUserPrivileges":[` + monitor + `]`, false, ""},
		"a monitor that reads":    {who + `,"authenticatedUserPrivileges":[` + monitor + `,{"resource":{"db":"shop","collection":""},"actions":["changeStream","collStats","dbHash","dbStats","find","killCursors","listCollections","listIndexes","planCacheRead"]}]`, false, ""},
		"a writer":                {who + `,"authenticatedUserPrivileges":[` + monitor + `,{"resource":{"db":"shop","collection":""},"actions":["find","insert","remove"]}]`, false, "insert, remove in database shop"},
		"of one collection":       {who + `,"authenticatedUserPrivileges":[` + monitor + `,{"resource":{"db":"shop","collection":"users"},"actions":["update"]}]`, false, "update on shop.users"},
		"a writer, trusted":       {who + `,"authenticatedUserPrivileges":[` + monitor + `,{"resource":{"anyResource":true},"actions":["anyAction"]}]`, true, "anyAction on everything"},
		"of the cluster":          {who + `,"authenticatedUserPrivileges":[{"resource":{"cluster":true},"actions":["serverStatus","killop","setParameter","shutdown","fsync"]}]`, false, "killop, setParameter, shutdown, 1 more on the cluster"},
		"an action of the future": {who + `,"authenticatedUserPrivileges":[` + monitor + `,{"resource":{"db":"","collection":""},"actions":["rewind"]}]`, false, "rewind in every database"},
		"no role":                 {who + `,"authenticatedUserPrivileges":[]`, false, "sees too little"},
		"only reads":              {who + `,"authenticatedUserPrivileges":[{"resource":{"db":"shop","collection":""},"actions":["find"]}]`, false, "serverStatus"},
		"not told":                {who, false, "--trust-account"},
		"not told, trusted":       {who, true, ""},
		"nobody":                  {`"authenticatedUsers":[],"authenticatedUserRoles":[],"authenticatedUserPrivileges":[]`, true, "no access control"},
	} {
		rights, err := readRights(byHand(t, `{"authInfo":{`+test.info+`},"ok":1.0}`))
		if err != nil {
			t.Fatal(err)
		}
		said := rights.Refusal("watcher", test.trusted)
		if (said == "") != (test.says == "") || !strings.Contains(said, test.says) {
			t.Errorf("%s: %q", name, said)
		}
		if test.says != "" && !strings.Contains(said, "--trust-account") && !strings.Contains(said, "clusterMonitor") {
			t.Errorf("%s: what to do is not said: %q", name, said)
		}
	}
}

// A watcher's only way to the server lets nothing through that could change something.
func TestWatcherSendsReadsOnly(t *testing.T) {
	for _, command := range []bson.D{equal("insert", "users"), equal("createUser", "x"), equal("aggregate", "users", "pipeline", bson.A{equal("$out", "copy")}), equal("aggregate", "users", "pipeline", bson.A{equal("$match", bson.D{}), equal("$merge", "copy")})} {
		if onlyReads(command) {
			t.Errorf("%v would be sent", command)
		}
	}
}
