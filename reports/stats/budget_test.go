package stats

import (
	"math/rand/v2"
	"testing"
)

func TestBudget(t *testing.T) {
	for _, c := range []struct {
		name    string
		over, n int
		want    Decision
	}{
		{"none of 459: the fewest that pass", 0, 459, Holds},
		{"none of 458", 0, 458, Undecided},
		{"5 of 1,307", 5, 1307, Holds},
		{"5 of 1,306", 5, 1306, Undecided},
		{"exactly the budget", 100, 10_000, Undecided},
		{"250 of 28,913", 250, 28913, Holds},
		{"all of 3", 3, 3, Broken},
		{"one of one is a matter of chance still", 1, 1, Broken}, // 1 % against 1 %
		{"twice the budget of 1,000", 20, 1000, Broken},
		{"somewhat over the budget", 12, 1000, Undecided},
		{"nothing at all", 0, 0, Undecided},
		{"more than all", 2, 1, Undecided},
		{"less than none", -1, 1000, Undecided},
	} {
		if got := Budget(c.over, c.n, 0.99, 0.99); got != c.want {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
	if Budget(0, 1000, 1, 0.99) != Undecided || Budget(0, 1000, 0.99, 1) != Undecided {
		t.Error("nonsense was decided")
	}
	// What it holds must be what the published table asks for.
	for _, over := range []int{0, 1, 7, 33, 120} {
		n := SamplesFor(over, 0.99, 0.99)
		if Budget(over, n, 0.99, 0.99) != Holds || Budget(over, n-1, 0.99, 0.99) == Holds {
			t.Errorf("%d over: not decided from %d samples on", over, n)
		}
	}
}

func TestSamplesToDecide(t *testing.T) {
	for _, c := range []struct{ over, n, want int }{{0, 100, 459}, {1, 100, 0}, {-1, 5, 0}, {0, 0, 0}} {
		if got := SamplesToDecide(c.over, c.n, 0.99, 0.99); got != c.want {
			t.Errorf("%d of %d: %d samples, want %d", c.over, c.n, got, c.want)
		}
	}
	if n := SamplesToDecide(6, 1000, 0.99, 0.99); n < 1500 || Budget(6*n/1000, n, 0.99, 0.99) != Holds {
		t.Errorf("6 of 1,000 over: %d samples decide nothing", n)
	}
}

// A promise that is just broken must hardly ever pass, and one just kept hardly ever fail.
func TestBudgetErrsAsRarelyAsItSays(t *testing.T) {
	chance := rand.New(rand.NewPCG(7, 8))
	for _, c := range []struct {
		share float64
		wrong Decision
	}{{0.0101, Holds}, {0.0099, Broken}} {
		const rounds, n = 2000, 3000
		wrong := 0
		for range rounds {
			over := 0
			for range n {
				if chance.Float64() < c.share {
					over++
				}
			}
			if Budget(over, n, 0.99, 0.99) == c.wrong {
				wrong++
			}
		}
		if wrong > rounds*2/100 {
			t.Errorf("at %g over the limit, %d of %d rounds were decided wrongly", c.share, wrong, rounds)
		}
	}
}
