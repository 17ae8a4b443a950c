package mongo_test

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	driver "go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"tristore/drivers"
	"tristore/drivers/store"
	"tristore/scenarios/load"
)

// How BenchmarkPointRead measures: rounds of both sides in turns.
const (
	readRounds  = 7
	readWindow  = 1500 * time.Millisecond
	readWorkers = 4
	readers     = 2000 // accounts to read
)

// BenchmarkPointRead compares reading an account by its _id through the closed loop, our
// store, outcome and recorder with a bare loop over the driver that reads the same
// document into the same type, over TLS as well, by as many workers. The engine is named,
// since a stand-in says nothing about MongoDB: there the server is most of the time.
func BenchmarkPointRead(b *testing.B) {
	users, target := openUsers(b)
	rows := make([]store.Record, readers)
	for i := range rows {
		email := id(i) + "@example.org"
		rows[i] = store.User{ID: id(i), Email: &email, FirstName: "Ann", Status: "validated", CreatedAt: moment(), UpdatedAt: moment(), Groups: []string{"g"}}
	}
	want(b, "inserting", "committed", users.Insert(b.Context(), rows...))
	bare := bareUsers(b, target)
	ours := func() float64 {
		w, err := load.Closed{Workers: readWorkers, Measure: readWindow, Drain: time.Minute}.Run(b.Context(), func(ctx context.Context, _ int, arrival int64) store.Outcome {
			user, outcome := users.LoadCaller(ctx, id(reader(arrival)))
			return load.Expect(outcome, "account", user.ID, id(reader(arrival)))
		})
		if err != nil || w.Counts.Committed != w.Counts.Due || w.Counts.Due == 0 {
			b.Fatalf("%v: %+v %v", err, w.Counts, w.Witness)
		}
		return w.Achieved
	}
	name := started.Engine.String()
	if started.Engine.Support().StandIn {
		name += ",stand-in"
	}
	b.Run(name, func(b *testing.B) {
		for b.Loop() {
			var rates [2][]float64
			for round := range readRounds {
				for turn := range 2 {
					side := (round + turn) % 2 // who is first changes
					rates[side] = append(rates[side], []func() float64{ours, func() float64 { return bareRate(b, bare) }}[side]())
				}
			}
			b.Logf("by round: ours %.0f, theirs %.0f", rates[0], rates[1])
			slices.Sort(rates[0])
			slices.Sort(rates[1])
			b.ReportMetric(rates[0][readRounds/2], "ours-op/s")
			b.ReportMetric(rates[1][readRounds/2], "theirs-op/s")
			b.ReportMetric(0.95, "target-at-least")
		}
	})
}

// reader is the account that an arrival reads.
func reader(arrival int64) int { return int(uint64(arrival) * 0x9e3779b97f4a7c15 >> 20 % readers) }

func bareUsers(b *testing.B, target drivers.Target) *driver.Collection {
	b.Helper()
	client, err := driver.Connect(options.Client().ApplyURI(target.URL.WithOption("tlsCAFile", target.CAFile).Reveal()))
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { closed(b, client.Disconnect) })
	return client.Database(target.URL.Database()).Collection(store.User{}.Table())
}

// bareRate is how many documents a second the driver alone reads.
func bareRate(b *testing.B, users *driver.Collection) float64 {
	b.Helper()
	var workers sync.WaitGroup
	var numbers, wrong atomic.Int64
	began := time.Now()
	for range readWorkers {
		workers.Go(func() {
			for time.Since(began) < readWindow {
				var user store.User
				wanted := id(reader(numbers.Add(1)))
				if err := users.FindOne(b.Context(), bson.D{{Key: "_id", Value: wanted}}).Decode(&user); err != nil || user.ID != wanted {
					wrong.Add(1)
				}
			}
		})
	}
	workers.Wait()
	if wrong.Load() > 0 || numbers.Load() == 0 {
		b.Fatalf("%d of %d reads by the driver alone went wrong", wrong.Load(), numbers.Load())
	}
	return float64(numbers.Load()) / time.Since(began).Seconds()
}
