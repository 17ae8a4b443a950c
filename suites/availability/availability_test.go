package availability

import (
	"testing"

	"tristore/scenarios"
	"tristore/suites/under"
)

func TestAvailability(t *testing.T) { under.GoTestAt(t, scenarios.Nightly, Declare) }
