package auth

import (
	"context"
	"hash/fnv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"tristore/drivers/store"
	"tristore/scenarios/dataset"
	"tristore/scenarios/load"
)

func TestTheMixesAddUpAndTheEverydayOneStaysMostlyReads(t *testing.T) {
	for _, mix := range append(Mixes(), "") {
		sum, writes := 0, 0
		for _, k := range kinds(mix) {
			sum += k.weight
			switch k.name {
			case "single sign-on", "visit", "share":
				writes += k.weight
			}
		}
		if sum != whole {
			t.Errorf("%s: the weights add up to %d, want %d", mix, sum, whole)
		}
		if everyday := mix == Everyday || mix == ""; everyday && (writes < 10 || writes > 30) {
			t.Errorf("%d of %d requests write; the platform's share is 1 to 3 %%", writes, whole)
		}
	}
}

// Whatever spread of callers is asked for, each is one that the data set has.
func TestEverySpreadOfCallersStaysInside(t *testing.T) {
	data := dataset.Identity{Seed: 1, Sizes: dataset.Small()}
	for _, spread := range dataset.Spreads() {
		w := New(nil, nil, Options{Data: data, Profile: V27, Keys: spread, Mix: Storm})
		seen := map[int]int{}
		for arrival := range int64(20_000) {
			k, r := w.ask(arrival)
			if !data.Active(r.caller) || r.caller >= data.Sizes.Users || k.weight == 0 {
				t.Fatalf("%s: arrival %d is %s of user %d", spread, arrival, k.name, r.caller)
			}
			seen[r.caller]++
		}
		hottest := 0
		for _, n := range seen {
			hottest = max(hottest, n)
		}
		if even := 20_000 / data.ActiveUsers(); (spread == dataset.Even) != (hottest < 2*even) {
			t.Errorf("%s: the hottest caller asked %d times, evenly it is %d", spread, hottest, even)
		}
	}
}

func TestNobodyAsksForTheDeactivatedUser(t *testing.T) {
	data := dataset.Identity{Seed: 1, Sizes: dataset.Modest()}
	w := New(nil, nil, Options{Data: data, Profile: V27})
	chance := dataset.Draw(1, 2, 3)
	seen := map[int]bool{}
	for range 100_000 {
		caller := 1 + w.callers.Pick(&chance)
		if !data.Active(caller) || caller >= data.Sizes.Users {
			t.Fatalf("asked for user %d", caller)
		}
		seen[caller] = true
	}
	if len(seen) < data.ActiveUsers()*9/10 {
		t.Errorf("only %d of %d users are ever asked for", len(seen), data.ActiveUsers())
	}
}

// However many generators share a run, the requests are the same ones.
func TestGeneratorsAskForTheSameRequests(t *testing.T) {
	w := New(nil, nil, Options{Data: dataset.Identity{Seed: 1, Sizes: dataset.Modest()}, Profile: V27, Window: 3})
	digest := func(generators int64) (sum uint64, count int64) {
		var asked, all atomic.Int64
		var running sync.WaitGroup
		for index := range generators {
			running.Go(func() {
				open := load.Open{Pacer: load.Poisson{PerSecond: 4000, Seed: 5}, Share: load.Share{Index: index, Of: generators}, Workers: 3, Measure: time.Second / 4, Drain: time.Minute}
				_, err := open.Run(t.Context(), func(_ context.Context, _ int, arrival int64) store.Outcome {
					hash := fnv.New64a()
					_, _ = hash.Write([]byte(w.Asks(arrival)))
					all.Add(int64(hash.Sum64()))
					asked.Add(1)
					return store.Done()
				})
				if err != nil {
					t.Error(err)
				}
			})
		}
		running.Wait()
		return uint64(all.Load()), asked.Load()
	}
	one, count := digest(1)
	if eight, also := digest(8); one != eight || count != also || count == 0 {
		t.Errorf("1 generator asked for %d requests, digest %x; 8 for %d, %x", count, one, also, eight)
	}
}
