package dataset

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"

	"tristore/drivers"
	"tristore/drivers/cluster"
	"tristore/drivers/deployment"
	"tristore/drivers/store"
)

// Started is a cluster whose deployments hold a data set from the start.
type Started struct {
	Cluster *cluster.Cluster
	Host    *deployment.Host
}

// Start starts a cluster with a set in it: by a copy of data that is kept, which is loaded
// first where there is none; see cluster.CanSeed. The built-in schema files are used. The caller must Close what is returned. loading hears of the load, if there is
// one; it may be nil.
func Start(ctx context.Context, spec cluster.Spec, set Set, loading func(*Loading)) (Started, error) {
	key, err := keyOf(set, spec)
	if err != nil {
		return Started{}, err
	}
	spec.Seeded = &cluster.Seeded{Key: key, Fill: func(ctx context.Context, on *cluster.Cluster) error {
		return deployment.Keep(ctx, on, func(ctx context.Context, into *deployment.Deployment) error {
			load := NewLoading(set, into, fillConnections)
			if loading != nil {
				loading(load)
			}
			return load.Run(ctx)
		})
	}}
	on, err := cluster.Start(ctx, spec)
	if err != nil {
		return Started{}, err
	}
	host, err := deployment.Adopt(ctx, on, deployment.Options{})
	if err != nil {
		return Started{}, errors.Join(err, on.Close(context.WithoutCancel(ctx)))
	}
	return Started{on, host}, nil
}

// fillConnections load a set that is to be kept.
const fillConnections = 4

// Close drops what was made and ends the cluster.
func (s Started) Close(ctx context.Context) error {
	return errors.Join(s.Host.Close(ctx), s.Cluster.Close(ctx))
}

// keySamples are the rows of each part that stand in a key for the code that makes rows:
// a change to it that shows in none of them is not noticed, which verifying would be.
const keySamples = 64

// keyOf names content: the seed and the sizes, samples of the rows that this program makes
// of them, and the schema files.
func keyOf(set Set, spec cluster.Spec) (string, error) {
	if err := set.check(); err != nil {
		return "", err
	}
	sum := sha256.New()
	_, _ = fmt.Fprintf(sum, "%+v\n", set) // a hash never refuses
	for _, t := range byTable(set.parts()) {
		for _, p := range t.parts {
			step := max(1, p.rows/keySamples)
			for i := 0; i < p.rows; i += step {
				_, _ = fmt.Fprintf(sum, "%s %d %s\n", p.table, p.rows, Canonical(p.row(i)))
			}
			if p.document != nil {
				_, _ = fmt.Fprintf(sum, "%+v\n", p.schema)
			}
		}
	}
	for _, name := range store.Names() {
		files := deployment.Migrations(drivers.Target{Engine: spec.Engine}, name)
		err := fs.WalkDir(files, ".", func(path string, entry fs.DirEntry, err error) error {
			if err != nil || entry.IsDir() {
				return err
			}
			text, err := fs.ReadFile(files, path)
			_, _ = fmt.Fprintf(sum, "%s %s %q\n", name, path, text)
			return err
		})
		if err != nil {
			return "", fmt.Errorf("reading the schema files of store %s: %w", name, err)
		}
	}
	return "set-" + hex.EncodeToString(sum.Sum(nil)[:12]), nil
}
