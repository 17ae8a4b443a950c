package backup

import (
	"testing"

	"tristore/suites/under"
)

func TestBackup(t *testing.T) { under.GoTest(t, Declare) }
