package deployment

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"tristore/drivers/store"
)

// BenchmarkDeploy compares a spec's three databases cloned from the templates with the
// same three migrated from nothing, both opened as the application role, in turns on one
// server. The target keeps the shortcut worth its code.
func BenchmarkDeploy(b *testing.B) {
	const pairs = 9
	host, err := Prepare(b.Context(), postgres16(b), Options{})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		if err := host.Close(context.Background()); err != nil {
			b.Error(err)
		}
	})
	sides := []func(context.Context) (*Deployment, error){host.Deploy, host.deployFresh}
	for b.Loop() {
		took := [2][]time.Duration{}
		for pair := range pairs {
			for turn := range 2 {
				side := (pair + turn) % 2 // who is first changes, so that neither profits from it
				took[side] = append(took[side], deployed(b, sides[side]))
			}
		}
		b.ReportMetric(middle(took[0]), "ours-ms")
		b.ReportMetric(middle(took[1]), "theirs-ms")
		b.ReportMetric(1, "target-at-most")
	}
}

// deployed times one deployment until its stores are open, and ends it.
func deployed(b *testing.B, deploy func(context.Context) (*Deployment, error)) time.Duration {
	b.Helper()
	began := time.Now()
	d, err := deploy(b.Context())
	took := time.Since(began)
	if err != nil {
		b.Fatal(err)
	}
	if err := d.Close(b.Context()); err != nil {
		b.Fatal(err)
	}
	return took
}

// deployFresh is Deploy without templates.
func (h *Host) deployFresh(ctx context.Context) (*Deployment, error) {
	d := &Deployment{Engine: h.Cluster.Engine, places: map[store.Name]place{}}
	for _, name := range store.Names() {
		database := h.databaseName(name)
		d.places[name] = place{h, h.target(database)}
		d.closes = append(d.closes, func(ctx context.Context) error { return h.family.DropDatabase(ctx, database) })
	}
	err := eachStore(func(_ int, name store.Name) error {
		_, err := h.fresh(ctx, name, d.places[name].target.URL.Database())
		return err
	})
	if err == nil {
		err = d.open(ctx)
	}
	if err != nil {
		return nil, errors.Join(err, d.Close(context.WithoutCancel(ctx)))
	}
	return d, nil
}

func middle(all []time.Duration) float64 {
	slices.Sort(all)
	return float64(all[len(all)/2].Microseconds()) / 1000
}
