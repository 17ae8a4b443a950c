package load

import (
	"testing"

	"tristore/suites/under"
)

func TestLoad(t *testing.T) { under.GoTest(t, Declare) }
