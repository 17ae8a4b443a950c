package capacity

import (
	"testing"

	"tristore/scenarios"
	"tristore/suites/under"
)

func TestCapacity(t *testing.T) { under.GoTestOf(t, scenarios.Nightly, Declare) }
