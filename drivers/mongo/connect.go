package mongo

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"sync/atomic"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/event"
	driver "go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
	"go.mongodb.org/mongo-driver/v2/mongo/readconcern"
	"go.mongodb.org/mongo-driver/v2/mongo/readpref"
	"go.mongodb.org/mongo-driver/v2/mongo/writeconcern"

	"tristore/drivers"
	"tristore/drivers/store"
)

// The platform's own pool on MongoDB [D]: no floor, and this cap.
const poolMax = 100

// session is one store's client. It is safe for concurrent use.
type session struct {
	client *driver.Client
	in     *driver.Database
	// transactions is what a probe found when the store was opened.
	transactions bool
}

// openSession opens a client and waits for answered commands, so that a wrong password
// or certificate is an error here and not the outcome of some operation later.
func openSession(ctx context.Context, target drivers.Target) (session, error) {
	if target.URL.Database() == "" {
		return session{}, fmt.Errorf("opening a store at %s: the address names no database", target.URL.HostPort())
	}
	settings, err := settingsOf(target)
	if err != nil {
		return session{}, err
	}
	client, err := driver.Connect(settings)
	if err != nil {
		return session{}, fmt.Errorf("connecting to %s: %w", target.URL.HostPort(), err)
	}
	s := session{client: client, in: client.Database(target.URL.Database())}
	if s.transactions, err = hasTransactions(ctx, s.in); err != nil {
		return session{}, errors.Join(fmt.Errorf("opening database %s at %s as %s: %w", s.in.Name(), target.URL.HostPort(), target.URL.User(), err),
			client.Disconnect(context.WithoutCancel(ctx)))
	}
	return s, nil
}

// settingsOf says aloud what the driver would assume: an acknowledged write is on the
// journal of a majority, a read sees only such writes, on the primary; reads and writes
// are repeated once after a lost connection where the server can tell a repetition.
func settingsOf(target drivers.Target) (*options.ClientOptions, error) {
	most, journal := uint64(poolMax), true
	if target.PoolMax > 0 {
		most = uint64(target.PoolMax)
	}
	settings := options.Client().ApplyURI(target.URL.Reveal()).
		SetServerSelectionTimeout(dialMax).SetMinPoolSize(0).SetMaxPoolSize(most).
		SetWriteConcern(&writeconcern.WriteConcern{W: "majority", Journal: &journal}).
		SetReadConcern(readconcern.Majority()).SetReadPreference(readpref.Primary()).
		SetRetryWrites(true).SetRetryReads(true).
		SetMonitor(sentMonitor()).SetRegistry(contractTypes()).
		SetBSONOptions(&options.BSONOptions{ObjectIDAsHexString: true})
	if target.Application != "" {
		settings.SetAppName(target.Application)
	}
	if target.URL.Option("tls") != "false" && target.URL.Option("ssl") != "false" {
		trust, err := trustOf(target)
		if err != nil {
			return nil, err
		}
		settings.SetTLSConfig(trust)
	}
	return settings, nil
}

// contractTypes makes values of no declared type come back as a Document promises.
func contractTypes() *bson.Registry {
	types := bson.NewRegistry()
	types.RegisterTypeMapEntry(bson.TypeEmbeddedDocument, reflect.TypeFor[map[string]any]())
	types.RegisterTypeMapEntry(bson.TypeArray, reflect.TypeFor[[]any]())
	types.RegisterTypeMapEntry(bson.TypeInt32, reflect.TypeFor[int64]())
	types.RegisterTypeMapEntry(bson.TypeDateTime, reflect.TypeFor[time.Time]())
	types.RegisterTypeMapEntry(bson.TypeObjectID, reflect.TypeFor[string]())
	return types
}

// hasTransactions commits a transaction that only reads. A server's refusal, at any
// step, means that it has none; anything else is an error. The server's own databases
// take part in none, so that an administrator's probe reads elsewhere.
func hasTransactions(ctx context.Context, in *driver.Database) (bool, error) {
	if err := in.RunCommand(ctx, bson.D{{Key: "listCollections", Value: 1}, {Key: "nameOnly", Value: true}}).Err(); err != nil {
		return false, err // signing in is tried here, before any refusal is taken for an answer
	}
	one, err := in.Client().StartSession()
	if err != nil {
		return false, err
	}
	defer one.EndSession(context.WithoutCancel(ctx))
	if err := one.StartTransaction(); err != nil {
		return false, err
	}
	within := driver.NewSessionContext(ctx, one)
	if slices.Contains([]string{"admin", "config", "local"}, in.Name()) {
		in = in.Client().Database("tristore_probe")
	}
	err = in.Collection(versionCollection).FindOne(within, bson.D{}).Err()
	if err == nil || errors.Is(err, driver.ErrNoDocuments) {
		err = one.CommitTransaction(within)
	}
	if err == nil {
		return true, nil
	}
	if _, answered := codeOf(err); answered {
		return false, nil
	}
	return false, fmt.Errorf("probing for transactions: %w", err)
}

// Close waits for operations under way and closes the client.
func (s session) Close(ctx context.Context) error { return s.client.Disconnect(ctx) }

// sentKey carries an operation's mark to the monitor.
type sentKey struct{}

// sentMonitor marks an operation once a command of it is about to be written to a
// connection that is ready: before that, nothing can have happened on the server.
func sentMonitor() *event.CommandMonitor {
	return &event.CommandMonitor{Started: func(ctx context.Context, _ *event.CommandStartedEvent) {
		if sent, is := ctx.Value(sentKey{}).(*atomic.Bool); is {
			sent.Store(true)
		}
	}}
}

// do runs one operation and tells how it ended.
func (s session) do(ctx context.Context, work func(context.Context) error) store.Outcome {
	if err := ctx.Err(); err != nil {
		return outcomeOf(err, false)
	}
	sent := new(atomic.Bool)
	err := work(context.WithValue(ctx, sentKey{}, sent))
	return outcomeOf(err, sent.Load())
}

// transaction runs work on one session and commits. It is tried again when the server
// rolled it back for a conflict. What fails before the commit certainly did not happen.
func (s session) transaction(ctx context.Context, work func(context.Context) error) store.Outcome {
	return retrying(ctx, func() store.Outcome {
		sent := new(atomic.Bool)
		one, err := s.client.StartSession()
		if err != nil {
			return outcomeOf(err, false)
		}
		defer one.EndSession(context.WithoutCancel(ctx))
		if err := one.StartTransaction(); err != nil {
			return outcomeOf(err, false)
		}
		within := driver.NewSessionContext(context.WithValue(ctx, sentKey{}, sent), one)
		if err := work(within); err != nil {
			_ = one.AbortTransaction(context.WithoutCancel(within)) // the server does it by itself otherwise
			outcome := outcomeOf(err, sent.Load())
			if outcome.Status == store.Unknown {
				outcome.Status, outcome.Reason = store.Refused, store.Unavailable
			}
			return outcome
		}
		return outcomeOf(one.CommitTransaction(within), sent.Load())
	})
}
