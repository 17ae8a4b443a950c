package mongo

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/event"
	driver "go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
	"go.mongodb.org/mongo-driver/v2/mongo/readpref"

	"tristore/drivers"
)

// Watcher reads the statistics of a live server through one connection, beside those of
// the driver's own monitoring. MongoDB has no transaction that the server would keep
// read-only for its commands, so that ask, which knows the few that it sends, is the only
// way to the server. It is for one goroutine.
type Watcher struct {
	target  drivers.Target
	client  *driver.Client
	spent   atomic.Int64 // in nanoseconds; heartbeats are told of by the driver's goroutines
	dialled atomic.Int64
	hello   bson.Raw
	build   bson.Raw

	answered map[string]bool   // sources that the server has answered
	lacks    map[string]string // what is not told, and why
	names    []string          // databases
	top      map[string]drivers.Named
	primary  time.Time // when a primary was last seen
	alone    bool      // it is in no replica set
}

// watchMax bounds a command.
const watchMax = 5 * time.Second

// reads are the commands that a watcher sends; none of them changes anything.
func reads() []string {
	return []string{"hello", "buildInfo", "connectionStatus", "serverStatus", "top", "replSetGetStatus", "listDatabases", "listCollections", "dbStats", "aggregate", "profile", "find"}
}

// OpenWatcher connects, and asks who answers.
func OpenWatcher(ctx context.Context, target drivers.Target) (*Watcher, error) {
	w := &Watcher{target: target, answered: map[string]bool{}, lacks: map[string]string{}, primary: time.Now()}
	settings, err := settingsOf(target)
	if err != nil {
		return nil, err
	}
	settings.SetMaxPoolSize(1).SetRetryReads(false).SetRetryWrites(false).SetServerMonitor(&event.ServerMonitor{
		ServerHeartbeatSucceeded: func(beat *event.ServerHeartbeatSucceededEvent) {
			if !beat.Awaited { // one that was awaited kept the server waiting, not busy
				w.spent.Add(int64(beat.Duration))
			}
		},
	}).SetPoolMonitor(&event.PoolMonitor{Event: func(e *event.PoolEvent) {
		if e.Type == event.ConnectionCreated {
			w.dialled.Add(1)
		}
	}})
	if w.client, err = driver.Connect(settings); err != nil {
		return nil, fmt.Errorf("connecting to %s: %w", target.URL.HostPort(), err)
	}
	for command, keep := range map[string]*bson.Raw{"hello": &w.hello, "buildInfo": &w.build} {
		if *keep, err = w.ask(ctx, "admin", equal(command, 1)); err != nil {
			return nil, errors.Join(fmt.Errorf("asking %s who it is: %w", target.URL.HostPort(), err), w.Close(context.WithoutCancel(ctx)))
		}
	}
	return w, nil
}

// Close ends the client.
func (w *Watcher) Close(ctx context.Context) error { return w.client.Disconnect(ctx) }

// Spent is how long this watcher waited for the server, connecting included: the server
// itself does not tell how long it was busy, which was less.
func (w *Watcher) Spent() time.Duration { return time.Duration(w.spent.Load()) }

// Slots is how many connections were opened for commands. One that a server has no slot
// for is closed without a word, so that those refused are counted by the server alone.
func (w *Watcher) Slots() (asked int) { return int(w.dialled.Load()) }

// ask sends one command that only reads. Where the address names several servers, a
// secondary answers while there is no primary.
func (w *Watcher) ask(ctx context.Context, database string, command bson.D) (bson.Raw, error) {
	if !onlyReads(command) {
		return nil, fmt.Errorf("a watcher does not send %s", command[0].Key)
	}
	defer func(began time.Time) { w.spent.Add(int64(time.Since(began))) }(time.Now())
	ctx, cancel := context.WithTimeout(ctx, watchMax)
	defer cancel()
	reply, err := w.client.Database(database).RunCommand(ctx, command, options.RunCmd().SetReadPreference(readpref.PrimaryPreferred())).Raw()
	if err != nil {
		return nil, fmt.Errorf("asking %s for %s: %w", w.target.URL.HostPort(), command[0].Key, err)
	}
	return reply, nil
}

// onlyReads tells whether a command is one of those that a watcher sends.
func onlyReads(command bson.D) bool {
	for _, e := range command {
		stages, is := e.Value.(bson.A)
		if e.Key != "pipeline" || !is {
			continue
		}
		for _, one := range stages {
			if stage, is := one.(bson.D); !is || len(stage) != 1 || !slices.Contains([]string{"$currentOp", "$collStats", "$match", "$project", "$limit"}, stage[0].Key) {
				return false
			}
		}
	}
	return slices.Contains(reads(), command[0].Key)
}

// refusal is why a server does not answer a question; empty where nobody answered at all.
func refusal(err error) string {
	var said driver.CommandError
	if !errors.As(err, &said) || said.Code == 0 {
		return ""
	}
	switch said.Code {
	case 13:
		return "this account may not ask for it (code 13)"
	case 59:
		return "the server has no such command (code 59)"
	case noReplication:
		return "the server is no member of a replica set (code 76)"
	}
	return fmt.Sprintf("the server refuses to answer (code %d, %s)", said.Code, said.Name)
}

// noReplication is what replSetGetStatus gets from a server that is in no replica set [G].
const noReplication = 76

func isAlone(err error) bool {
	code, _ := codeOf(err)
	return code == noReplication
}

// Server is the product that answers and its version, and what it says of itself.
func (w *Watcher) Server() (engine drivers.Engine, version string, settings map[string]string) {
	settings = map[string]string{}
	_ = keeping(settings, "", "setName", "isWritablePrimary", "secondary", "msg", "maxWireVersion")(w.hello) // it keeps, and cannot fail
	_ = keeping(settings, "", "version", "ferretdbVersion", "ferretdb", "storageEngines")(w.build)
	engine.Product, version = drivers.Mongo, settings["version"]
	for _, own := range []string{"ferretdbVersion", "ferretdb.version"} {
		if said := settings[own]; said != "" {
			engine.Product, version = drivers.FerretDB, strings.TrimPrefix(said, "v")
		}
	}
	_, _ = fmt.Sscanf(version, "%d.", &engine.Major) // 0 is no engine that can be asked for
	return engine, version, settings
}

// Lacks is what the server did not tell until now, with the reason, in order.
func (w *Watcher) Lacks() iter.Seq2[string, string] {
	return func(yield func(what, why string) bool) {
		for _, what := range slices.Sorted(maps.Keys(w.lacks)) {
			if !yield(what, w.lacks[what]) {
				return
			}
		}
	}
}

// databases asks once for their names. Those of the server's own are left out.
func (w *Watcher) databases(ctx context.Context) ([]string, error) {
	if w.names != nil {
		return w.names, nil
	}
	w.names = []string{w.target.URL.Database()}
	reply, err := w.ask(ctx, "admin", equal("listDatabases", 1, "nameOnly", true))
	if why := refusal(err); why != "" {
		w.lacks["other databases than "+w.names[0]] = why
		return w.names, nil
	} else if err != nil {
		return nil, err
	}
	var said struct {
		Databases []struct {
			Name string `bson:"name"`
		} `bson:"databases"`
	}
	if err := bson.Unmarshal(reply, &said); err != nil {
		return nil, err
	}
	for _, one := range said.Databases {
		if peoples(one.Name) && !slices.Contains(w.names, one.Name) {
			w.names = append(w.names, one.Name)
		}
	}
	w.names = slices.DeleteFunc(w.names, func(name string) bool { return !peoples(name) })
	return w.names, nil
}

// peoples tells a database of people from those of the server's own.
func peoples(database string) bool {
	return database != "" && !slices.Contains([]string{"admin", "local", "config"}, database)
}
