package mongo

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"tristore/drivers"
	"tristore/reports/result"
)

// Bounds of what is read of one database.
const (
	watchedCollections = 100
	watchedRecords     = 500
)

// Tables reads the collections of one database: as of the last reading how often each was
// worked on, and now its size and its part of the cache. why is filled where nothing is told.
func (w *Watcher) Tables(ctx context.Context, database string) (tables []drivers.TableStats, why string, err error) {
	names, why, err := w.collections(ctx, database)
	if err != nil || why != "" {
		return nil, why, err
	}
	if more := len(names) - watchedCollections; more > 0 {
		w.lacks[fmt.Sprintf("%d collections of database %s", more, database)] = fmt.Sprintf("the %d that were worked on longest are looked at", watchedCollections)
		names = names[:watchedCollections]
	}
	for _, name := range names {
		reply, err := w.ask(ctx, database, equal("aggregate", name, "pipeline", bson.A{equal("$collStats", equal("storageStats", bson.D{}))}, "cursor", bson.D{}))
		if refused := refusal(err); refused != "" { // a view, or one that was dropped meanwhile
			why = refused
			continue
		} else if err != nil {
			return nil, "", err
		}
		one := readCollection(reply)
		one.Name = name
		maps.Copy(one.Counters, w.top[database+"."+name])
		tables = append(tables, one)
	}
	if len(tables) > 0 {
		why = ""
	}
	return tables, why, nil
}

// collections are those of a database, the ones first that were worked on longest.
func (w *Watcher) collections(ctx context.Context, database string) (names []string, why string, err error) {
	for name := range w.top {
		if in, collection, _ := strings.Cut(name, "."); in == database && !strings.HasPrefix(collection, "system.") {
			names = append(names, collection)
		}
	}
	slices.SortFunc(names, func(a, b string) int {
		return int(w.top[database+"."+b]["total_ms"] - w.top[database+"."+a]["total_ms"])
	})
	if w.lacks[result.UntoldByCollection] == "" {
		return names, "", nil
	}
	reply, err := w.ask(ctx, database, equal("listCollections", 1, "nameOnly", true, "cursor", equal("batchSize", 10*watchedCollections)))
	if why := refusal(err); why != "" || err != nil {
		if why != "" {
			err = nil
		}
		return nil, why, err
	}
	for _, one := range batch(reply) {
		if name, is := one.Lookup("name").StringValueOK(); is && !strings.HasPrefix(name, "system.") {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names, "", nil
}

// batch is the first batch of a cursor.
func batch(reply bson.Raw) []bson.Raw {
	var said struct {
		Cursor struct {
			Batch []bson.Raw `bson:"firstBatch"`
		} `bson:"cursor"`
	}
	_ = bson.Unmarshal(reply, &said) // what is no cursor holds nothing
	return said.Cursor.Batch
}

// readCollection reads a reply to $collStats. Pages of its indexes count with its own.
func readCollection(reply bson.Raw) drivers.TableStats {
	one := drivers.TableStats{VacuumedAgo: -1, Counters: drivers.Named{}}
	for _, part := range batch(reply) { // one, or one a shard
		stats, _ := part.Lookup("storageStats").DocumentOK()
		number := func(name string) int64 { n, _ := lookup(stats, name); return int64(n) }
		one.Bytes, one.Live = one.Bytes+number("storageSize")+number("totalIndexSize"), one.Live+number("count")
		cached := []bson.Raw{}
		if own, is := stats.Lookup("wiredTiger").DocumentOK(); is {
			cached = append(cached, own)
		}
		if indexes, is := stats.Lookup("indexDetails").DocumentOK(); is {
			all, _ := indexes.Values()
			for _, index := range all {
				if document, is := index.DocumentOK(); is {
					cached = append(cached, document)
				}
			}
		}
		for _, of := range cached {
			for name, path := range map[string]string{"cache_pages_wanted": pagesWanted, "cache_pages_read": pagesRead} {
				if pages, known := lookup(of, path); known {
					one.Counters[name] += pages
				}
			}
		}
	}
	return one
}

// between splits the id of a line of hot operations: its collection, and the kind.
const between = "\x00"

// Statements are the operations by collection and kind, as of the last reading: MongoDB
// counts no shapes.
func (w *Watcher) Statements(context.Context) (all []drivers.StatementStats, why string, err error) {
	if why := w.lacks[result.UntoldByCollection]; why != "" {
		return nil, why, nil
	}
	for collection, named := range w.top {
		database, _, _ := strings.Cut(collection, ".")
		for _, kind := range kinds() {
			all = append(all, drivers.StatementStats{ID: collection + between + kind, Database: database, Calls: int64(named[kind]), TotalMs: named[kind+"_ms"]})
		}
	}
	return all, "", nil
}

// StatementTexts says what those are.
func (w *Watcher) StatementTexts(_ context.Context, ids []string) (map[string]string, error) {
	texts := map[string]string{}
	for _, id := range ids {
		collection, kind, _ := strings.Cut(id, between)
		_, name, _ := strings.Cut(collection, ".")
		texts[id] = kind + " on " + name
	}
	return texts, nil
}

// Recorded are the newest commands that the profiler of a database kept since a moment.
// why is filled where there is none that may be read.
func (w *Watcher) Recorded(ctx context.Context, database string, since time.Time) (all []drivers.Running, why string, err error) {
	reply, err := w.ask(ctx, database, equal("profile", -1))
	if err == nil {
		if level, known := lookup(reply, "was"); !known || level == 0 {
			return nil, "its profiler is off", nil
		}
		reply, err = w.ask(ctx, database, equal("find", "system.profile", "filter", equal("ts", equal("$gte", bson.NewDateTimeFromTime(since)), "appName", equal("$ne", w.target.Application)),
			"projection", equal("op", 1, "ns", 1, "command", 1, "millis", 1), "sort", equal("$natural", -1), "limit", watchedRecords, "batchSize", watchedRecords, "singleBatch", true))
	}
	if why := refusal(err); why != "" || err != nil {
		if why != "" {
			err = nil
		}
		return nil, why, err
	}
	for _, one := range batch(reply) {
		command, is := one.Lookup("command").DocumentOK()
		op, _ := one.Lookup("op").StringValueOK()
		ns, _ := one.Lookup("ns").StringValueOK()
		if !is {
			continue
		}
		if statement := map[string]string{"update": "updates", "remove": "deletes"}[op]; statement != "" && len(command.Lookup("q").Value) > 0 {
			_, collection, _ := strings.Cut(ns, ".")
			name := map[string]string{"updates": "update", "deletes": "delete"}[statement]
			if command, err = bson.Marshal(equal(name, collection, statement, bson.A{command})); err != nil {
				return nil, "", err
			}
		}
		millis, _ := lookup(one, "millis")
		all = append(all, drivers.Running{Database: database, Command: slices.Clone(command), Took: time.Duration(millis) * time.Millisecond})
	}
	return all, "", nil
}
