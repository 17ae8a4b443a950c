package collections

import (
	"testing"

	"tristore/scenarios/dataset"
)

func TestTheMixesAddUp(t *testing.T) {
	for _, mix := range []Mix{Everyday, Heavy} {
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
