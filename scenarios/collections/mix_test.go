package collections

import (
	"hash/fnv"
	"testing"

	"tristore/scenarios/dataset"
)

func TestTheMixesAddUp(t *testing.T) {
	for _, mix := range Mixes() {
		sum := 0
		for _, k := range kinds(mix) {
			sum += k.weight
		}
		if sum != whole {
			t.Errorf("%s: the weights add up to %d, want %d", mix, sum, whole)
		}
	}
}

func TestOnlyRowsThatExistAreAskedFor(t *testing.T) {
	data := dataset.Collections{Of: dataset.Identity{Seed: 1, Sizes: dataset.Modest()}, Sizes: dataset.ModestCollections()}
	w := New(nil, Options{Data: data, Mix: Everyday})
	chance, hot := dataset.Draw(1, 2, 3), 0
	const draws = 50_000
	for range draws {
		workspace := w.workspaces.Pick(&chance)
		if workspace >= data.Sizes.Workspaces {
			t.Fatalf("asked for workspace %d", workspace)
		}
		if workspace < data.Sizes.HugeWorkspaces {
			hot++
		}
		if c := w.pick(workspace).Pick(&chance); c < 0 || c >= data.ConversationCount(workspace) {
			t.Fatalf("asked for conversation %d of workspace %d", c, workspace)
		}
	}
	if hot < draws/5 {
		t.Errorf("the huge workspace gets %d of %d requests; it should be the hottest", hot, draws)
	}
}

// What is asked hangs on the arrival alone: one generator, and eight of which each takes
// its share of the arrivals, ask for the same.
func TestGeneratorsAskForTheSameOperations(t *testing.T) {
	data := dataset.Collections{Of: dataset.Identity{Seed: 1, Sizes: dataset.Modest()}, Sizes: dataset.ModestCollections()}
	digest := func(mix Mix, seed, generators int64) (sum uint64) {
		for index := range generators {
			set := data
			set.Of.Seed = uint64(seed)
			w := New(nil, Options{Data: set, Mix: mix})
			for arrival := index; arrival < 4000; arrival += generators {
				hash := fnv.New64a()
				_, _ = hash.Write([]byte(w.Asks(arrival)))
				sum += hash.Sum64()
			}
		}
		return sum
	}
	for _, mix := range []Mix{Everyday, Heavy} {
		if one, eight := digest(mix, 1, 1), digest(mix, 1, 8); one != eight {
			t.Errorf("%s: 1 generator asked for %x, 8 for %x", mix, one, eight)
		}
		if digest(mix, 1, 1) == digest(mix, 2, 1) {
			t.Errorf("%s: the seed changes nothing: then this test proves nothing", mix)
		}
	}
}

// Others begin conversations while one lists them; none that was there may be missing.
func TestWhatIsListedMayGrowAndNotShrink(t *testing.T) {
	for _, c := range []struct {
		n, first, most int
		want           bool
	}{{12, 12, 20, true}, {13, 12, 20, true}, {11, 12, 20, false}, {21, 12, 20, false}, {20, 50, 20, true}, {19, 50, 20, false}} {
		if got := within(c.n, c.first, c.most); got != c.want {
			t.Errorf("%d of %d, at most %d: %t", c.n, c.first, c.most, got)
		}
	}
}
