package mongo

import (
	"context"
	"errors"
	"fmt"
	"time"

	driver "go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"tristore/drivers"
)

// The lease of migrations: who wants it waits this long, and it runs out when its holder
// did not renew it for leaseLength.
const (
	lockPatience = time.Minute
	leaseLength  = 30 * time.Second
	leasePoll    = 50 * time.Millisecond
)

// leaseCollection holds one document per lease, numbered upwards. A number is taken by
// inserting it, which the server lets one starter do; that is the one thing that every
// server of this family does atomically.
const leaseCollection = "schema_migrations_lock"

type leaseDocument struct {
	Number   int64     `bson:"_id"`
	Expires  time.Time `bson:"expires"`
	Released bool      `bson:"released"`
}

// lease is held until release; a goroutine renews it.
type lease struct {
	session
	number int64
	stop   context.CancelFunc
	ended  chan struct{}
}

// lease waits for the lease and takes it.
func (s session) lease(ctx context.Context) (*lease, error) {
	patience, cancel := context.WithTimeout(ctx, lockPatience)
	defer cancel()
	for {
		number, err := s.tryLease(patience)
		if err != nil {
			return nil, fmt.Errorf("taking the lease of migrations: %w", err)
		}
		if number > 0 {
			return s.keep(ctx, number), nil
		}
		if err := drivers.Pause(patience, leasePoll); err != nil {
			return nil, fmt.Errorf("another start has been migrating this database for %s: %w", lockPatience, err)
		}
	}
}

// tryLease gives the number taken, or zero when somebody holds the lease.
func (s session) tryLease(ctx context.Context) (int64, error) {
	var last leaseDocument
	all := s.in.Collection(leaseCollection)
	err := all.FindOne(ctx, equal(), options.FindOne().SetSort(equal("_id", -1))).Decode(&last)
	if err != nil && !errors.Is(err, driver.ErrNoDocuments) {
		return 0, err
	}
	if err == nil && !last.Released && time.Now().Before(last.Expires) {
		return 0, nil
	}
	next := leaseDocument{Number: last.Number + 1, Expires: time.Now().Add(leaseLength)}
	if _, err := all.InsertOne(ctx, next); err != nil {
		if driver.IsDuplicateKeyError(err) {
			return 0, nil
		}
		return 0, err
	}
	// The number may be an old one that was removed after the newest was read here.
	var newest leaseDocument
	if err := all.FindOne(ctx, equal(), options.FindOne().SetSort(equal("_id", -1))).Decode(&newest); err != nil {
		return 0, err
	}
	if newest.Number != next.Number {
		_, err := all.DeleteOne(ctx, equal("_id", next.Number))
		return 0, err
	}
	_, err = all.DeleteMany(ctx, equal("_id", equal("$lt", next.Number)))
	return next.Number, err
}

func (s session) keep(ctx context.Context, number int64) *lease {
	renewing, stop := context.WithCancel(ctx)
	held := &lease{s, number, stop, make(chan struct{})}
	go func() {
		defer close(held.ended)
		for drivers.Pause(renewing, leaseLength/3) == nil {
			// A renewal that fails is tried again before the lease runs out.
			_, _ = s.in.Collection(leaseCollection).UpdateOne(renewing, equal("_id", number), equal("$set", equal("expires", time.Now().Add(leaseLength))))
		}
	}()
	return held
}

// release gives the lease back; it runs out by itself when that fails.
func (l *lease) release(ctx context.Context) error {
	l.stop()
	<-l.ended
	bounded, cancel := context.WithTimeout(ctx, dialMax)
	defer cancel()
	if _, err := l.in.Collection(leaseCollection).UpdateOne(bounded, equal("_id", l.number), equal("$set", equal("released", true))); err != nil {
		return fmt.Errorf("giving back the lease of migrations: %w", err)
	}
	return nil
}
