package capacity

import (
	"fmt"

	"tristore/drivers/cluster"
	"tristore/reports/result"
)

// Ground is what a plan stands on, on a server of that version.
func (p Plan) Ground(version string) *result.Ground {
	return &result.Ground{
		Version: version, CPUs: p.CPUs, MemoryBytes: p.MemoryBytes, Profile: string(p.Profile),
		Mix: fmt.Sprintf("%s, bulks of %d rows", p.Mix, p.BulkRows), Data: fmt.Sprintf("%+v, %+v", p.Identity, p.Collections),
	}
}

// sameVersion refuses to add to facts of another version of the server.
func (p Plan) sameVersion(split *result.Split, version string) error {
	wanted, of := p.Version, "the tests of interference ran on"
	if split.Ground != nil {
		wanted, of = split.Ground.Version, "the saved run is of"
	}
	if wanted != "" && wanted != version {
		return fmt.Errorf("%w: %s %s %s, and the server here is %s: leave them out, or measure both with the same version", cluster.ErrUnreachable, of, p.Engine.Title(), wanted, version)
	}
	return nil
}
