package security

import (
	"testing"

	"tristore/suites/under"
)

func TestSecurity(t *testing.T) { under.GoTest(t, Declare) }
