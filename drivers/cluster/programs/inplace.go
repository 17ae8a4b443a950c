package programs

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// InPlace tells what pg_upgrade lacks on this machine to go from one major to another, one
// sentence a side; nothing is missing when both sides have one folder with all that it
// calls. It looks where distributions and PostgreSQL's own packages put programs, and into
// the servers that tristore fetches by name, which ship postgres, initdb and pg_ctl only.
func (c Cache) InPlace(ctx context.Context, from, to int) (missing []string, err error) {
	for _, side := range []struct {
		major int
		needs []string
	}{
		{from, []string{"postgres", "pg_ctl", "pg_controldata", "pg_resetwal"}},
		{to, []string{"postgres", "pg_ctl", "pg_controldata", "pg_resetwal", "initdb", "pg_upgrade", "pg_dump", "pg_dumpall", "pg_restore", "psql", "vacuumdb"}},
	} {
		server, err := c.Postgres(ctx, side.major)
		if err != nil {
			return nil, err
		}
		dirs := []string{fmt.Sprintf("/usr/lib/postgresql/%d/bin", side.major), fmt.Sprintf("/usr/pgsql-%d/bin", side.major), filepath.Join(server, "bin")}
		if lacks := lacking(dirs, side.needs); len(lacks) > 0 {
			missing = append(missing, fmt.Sprintf("PostgreSQL %d is here without %s", side.major, strings.Join(lacks, ", ")))
		}
	}
	return missing, nil
}

// lacking is what the folder that has most of the programs has not; nothing when one
// folder has them all.
func lacking(dirs, needs []string) []string {
	best := slices.Clone(needs)
	for _, dir := range dirs {
		var lacks []string
		for _, name := range needs {
			if info, err := os.Stat(filepath.Join(dir, name)); err != nil || info.IsDir() || info.Mode()&0o111 == 0 {
				lacks = append(lacks, name)
			}
		}
		if len(lacks) < len(best) {
			best = lacks
		}
	}
	if len(best) == 0 {
		return nil
	}
	return best
}
