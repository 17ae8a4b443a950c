package migrations

import (
	"testing"

	"tristore/suites/under"
)

func TestMigrations(t *testing.T) { under.GoTest(t, Declare) }
