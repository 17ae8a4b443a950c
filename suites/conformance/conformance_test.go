package conformance

import (
	"testing"

	"tristore/suites/under"
)

func TestConformance(t *testing.T) { under.GoTest(t, Declare) }
