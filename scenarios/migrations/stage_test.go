package migrations

import (
	"flag"
	"testing"

	"tristore/scenarios"
	"tristore/scenarios/stagetest"
)

var engineWord = flag.String("engine", "postgres:16", "the engine under test")

// stage is a host on a real server of its own, damaged by a fault if there is a name.
func stage(t *testing.T, fault string) scenarios.Stage {
	t.Helper()
	return stagetest.On(t, *engineWord, fault)
}
