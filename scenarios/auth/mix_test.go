package auth

import (
	"testing"

	"tristore/scenarios/dataset"
)

func TestTheMixAddsUpAndStaysMostlyReads(t *testing.T) {
	sum, writes := 0, 0
	for _, k := range kinds() {
		sum += k.weight
		switch k.name {
		case "single sign-on", "visit", "share":
			writes += k.weight
		}
	}
	if sum != whole {
		t.Errorf("the weights add up to %d, want %d", sum, whole)
	}
	if writes < 10 || writes > 30 {
		t.Errorf("%d of %d requests write; the platform's share is 1 to 3 %%", writes, whole)
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
