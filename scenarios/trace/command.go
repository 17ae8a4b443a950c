package trace

import (
	"slices"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// Why an operation of MongoDB cannot be replayed.
const (
	oddOld         = "recorded by a server before MongoDB 3.6: query or updateobj in place of a command"
	oddGetMore     = "a further batch of a cursor that no command of the trace opened"
	oddTruncated   = "a command that the profiler cut off, since it was long"
	oddNoDocuments = "an insert whose documents the profiler did not keep"
	oddBatch       = "a batch of writes: the profiler tells of its parts one by one"
	oddTransaction = "inside a transaction, of which a profile does not tell the end"
	oddOption      = "has an option that a replay does not know"
	oddWatch       = "waits for changes to come"
	oddDriver      = "asks about the server, or keeps a driver's connection"
	oddCommand     = "no query and no change of documents"
	oddOwn         = "of a database of the server's own"
)

// role says what a field of a command holds, and so what hashing leaves of it.
type role int

const (
	shape      role = iota // names, numbers and switches that shape the command
	data                   // what users wrote: filters, documents
	pipeline               // stages and expressions
	change                 // an update: operators, a document or a pipeline
	projection             // fields by name, and expressions
	statements             // of an update or a delete
)

// form is what a command may hold; anything else may not be sent.
type form struct {
	class Class
	parts map[string]role
}

// formOf is what a command may hold that a replay sends, and whether it sends it.
func formOf(name string) (known form, is bool) {
	switch name {
	case "find":
		return form{Read, map[string]role{"filter": data, "sort": shape, "projection": projection, "hint": shape, "skip": shape, "limit": shape, "batchSize": shape, "singleBatch": shape,
			"maxTimeMS": shape, "collation": shape, "allowDiskUse": shape, "min": data, "max": data, "returnKey": shape, "showRecordId": shape, "let": data, "allowPartialResults": shape}}, true
	case "aggregate":
		return form{Read, map[string]role{"pipeline": pipeline, "cursor": shape, "allowDiskUse": shape, "hint": shape, "collation": shape, "maxTimeMS": shape, "let": data,
			"bypassDocumentValidation": shape}}, true
	case "count":
		return form{Read, map[string]role{"query": data, "limit": shape, "skip": shape, "hint": shape, "collation": shape, "maxTimeMS": shape}}, true
	case getMore:
		return form{Read, map[string]role{"collection": shape, "batchSize": shape, "maxTimeMS": shape}}, true
	case "distinct":
		return form{Read, map[string]role{"key": shape, "query": data, "collation": shape, "maxTimeMS": shape, "hint": shape}}, true
	case "insert":
		return form{Write, map[string]role{"documents": data, "ordered": shape, "bypassDocumentValidation": shape, "maxTimeMS": shape}}, true
	case "update":
		return form{Write, map[string]role{"updates": statements, "ordered": shape, "bypassDocumentValidation": shape, "maxTimeMS": shape, "let": data}}, true
	case "delete":
		return form{Write, map[string]role{"deletes": statements, "ordered": shape, "maxTimeMS": shape, "let": data}}, true
	case "findAndModify":
		return form{Write, map[string]role{"query": data, "sort": shape, "update": change, "remove": shape, "new": shape, "fields": projection, "upsert": shape,
			"arrayFilters": data, "collation": shape, "hint": shape, "maxTimeMS": shape, "bypassDocumentValidation": shape, "let": data}}, true
	default:
		return form{}, false
	}
}

// statementParts are the fields of one statement of an update or a delete.
func statementParts() map[string]role {
	return map[string]role{"q": data, "u": change, "c": data, "arrayFilters": data, "multi": shape, "upsert": shape, "limit": shape, "collation": shape, "hint": shape}
}

// wrapping is what a driver or a router puts around a command: who asks, how it is to be
// acknowledged, what time it is. A replay's own connection has its own.
func wrapping() []string {
	return []string{"lsid", "$db", "$clusterTime", "$readPreference", "comment", "apiVersion", "apiStrict", "apiDeprecationErrors", "txnNumber", "stmtId", "stmtIds",
		"readConcern", "writeConcern", "$client", "$audit", "$configServerState", "$configTime", "$topologyTime", "shardVersion", "databaseVersion", "mayBypassWriteBlocking",
		"maxTimeMSOpOnly", "clientOperationKey", "noCursorTimeout"}
}

// getMore reads on in a cursor, whose number is of no use elsewhere: a replay has its own.
const getMore = "getMore"

// ReadsOn tells a command that reads on in a cursor from others.
func ReadsOn(text string) bool { return strings.HasPrefix(text, `{"`+getMore+`"`) }

// sendable is the command as a replay sends it, or why none can be.
func (o operation) sendable(database string) (command bson.D, odd string) {
	switch {
	case slices.Contains([]string{"admin", "local", "config"}, database):
		return nil, oddOwn
	case (o.op == "getmore" || o.op == getMore) && field(o.command, getMore) == nil:
		return nil, oddGetMore // of old servers, which kept the first command in its place
	case len(o.command) == 0:
		return nil, oddOld
	case field(o.command, "$truncated") != nil:
		return nil, oddTruncated
	case field(o.command, "autocommit") != nil || field(o.command, "startTransaction") != nil:
		return nil, oddTransaction
	}
	whole, around := bson.D{}, wrapping()
	for _, e := range o.command {
		if !slices.Contains(around, e.Key) {
			whole = append(whole, e)
		}
	}
	switch {
	case field(whole, getMore) != nil:
		whole[0].Value = int64(0)
	case o.op == "update" && field(whole, "q") != nil:
		return bson.D{{Key: "update", Value: o.collection}, {Key: "updates", Value: bson.A{whole}}}, ""
	case o.op == "remove" && field(whole, "q") != nil:
		return bson.D{{Key: "delete", Value: o.collection}, {Key: "deletes", Value: bson.A{whole}}}, ""
	case field(whole, "insert") != nil && field(whole, "documents") == nil:
		return nil, oddNoDocuments
	case field(whole, "update") != nil && field(whole, "findAndModify") == nil && field(whole, "findandmodify") == nil, field(whole, "delete") != nil:
		return nil, oddBatch
	}
	return whole, ""
}

// ClassifyCommand reads the class off a command of MongoDB in extended JSON. It knows
// every field that may be sent: MongoDB has no transaction that the server would keep
// read-only for any command, so that nothing but this keeps a replay from writing.
func ClassifyCommand(text string) (class Class, why string) {
	var command bson.D
	if bson.UnmarshalExtJSON([]byte(text), false, &command) != nil {
		return Never, "is no command in extended JSON"
	}
	return classOf(command)
}

func classOf(command bson.D) (Class, string) {
	if len(command) == 0 {
		return Never, "holds no command"
	}
	name := canonical(command[0].Key)
	known, is := formOf(name)
	if !is {
		return Never, otherCommand(name)
	}
	class := known.class
	if _, named := command[0].Value.(string); !named && name != "aggregate" && name != getMore {
		return Never, oddDamaged
	}
	for _, e := range command[1:] {
		what, is := known.parts[e.Key]
		if !is {
			return Never, oddOption
		}
		_, list := e.Value.(bson.A)
		switch {
		case what == pipeline && mentions(e.Value, "$changeStream"):
			return Never, oddWatch
		case (what == pipeline || what == statements || e.Key == "documents") && !list:
			return Never, oddDamaged
		case what == pipeline && (mentions(e.Value, "$out") || mentions(e.Value, "$merge")):
			class = Write
		case what == statements && !knownStatements(e.Value):
			return Never, oddOption
		}
	}
	return class, ""
}

// canonical is the one spelling of a command that has two.
func canonical(name string) string {
	if name == "findandmodify" {
		return "findAndModify"
	}
	return name
}

// knownStatements tells whether all fields of all statements may be sent.
func knownStatements(list any) bool {
	all, _ := list.(bson.A)
	parts := statementParts()
	for _, one := range all {
		statement, is := one.(bson.D)
		if !is {
			return false
		}
		for _, e := range statement {
			if _, known := parts[e.Key]; !known {
				return false
			}
		}
	}
	return true
}

// mentions tells whether a name stands anywhere in stages, in those of other stages too.
func mentions(within any, name string) bool {
	switch v := within.(type) {
	case bson.D:
		return slices.ContainsFunc(v, func(e bson.E) bool { return e.Key == name || mentions(e.Value, name) })
	case bson.A:
		return slices.ContainsFunc(v, func(one any) bool { return mentions(one, name) })
	}
	return false
}

// otherCommand says what a command is that no replay sends.
func otherCommand(name string) string {
	switch name {
	case "commitTransaction", "abortTransaction":
		return oddTransaction
	case "hello", "isMaster", "ismaster", "ping", "buildInfo", "buildinfo", "endSessions", "killCursors", "serverStatus", "saslStart", "saslContinue", "connectionStatus",
		"listCollections", "listIndexes", "listDatabases", "dbStats", "dbstats", "collStats", "collstats", "getParameter", "hostInfo", "profile", "explain", "logout":
		return oddDriver
	default:
		return oddCommand
	}
}
