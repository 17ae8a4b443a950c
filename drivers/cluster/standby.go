package cluster

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"tristore/drivers"
	"tristore/drivers/postgres"
)

// Following lets a cluster that begins from a base backup follow its primary by streaming,
// and answer reads, until it is promoted. For PostgreSQL, embedded.
type Following struct {
	// Primary is where the primary is reached from this machine, as administrator.
	Primary drivers.Target
	// Name is that of the standby, as its primary shows it, and of its slot there.
	Name string
}

// CanFollow tells whether clusters of an engine in a reach can follow each other, be killed
// and be promoted: a server in a container has no way to another one.
func CanFollow(engine drivers.Engine, reach drivers.Reach) bool {
	return engine.Family() == drivers.FamilyPostgres && reach == drivers.Embedded
}

// Kill ends every process of the cluster at once, as the loss of its machine does: nothing
// is flushed, nobody is told. The cluster is still to be closed.
func (c *Cluster) Kill(ctx context.Context) error {
	if c.kill == nil {
		return fmt.Errorf("killing %s (%s): only a server that was started here can be", c.Engine, c.Reach)
	}
	return c.kill(ctx)
}

// killed ends the server and all its children by SIGKILL.
func (p *process) killed(ctx context.Context) error {
	if p.ended() {
		return errors.New("it had ended before")
	}
	if err := killAll(ctx, append([]int{p.pid}, descendants(p.pid)...)); err != nil {
		return err
	}
	if !waitFor(ctx, signalPatience, p.done) {
		return fmt.Errorf("process %d does not end although it was killed", p.pid)
	}
	return nil
}

// material gives a standby the certificate of its primary, so that clients who trust the
// one trust the other, and everybody else one of its own.
func (e *embedded) material() (material, error) {
	if e.spec.Recovery == nil || e.spec.Recovery.Follow == nil {
		return newMaterial(e.run.path)
	}
	from, to := e.spec.Recovery.Of.material, materialIn(e.run.path)
	for _, file := range [][2]string{{from.CAFile, to.CAFile}, {from.OtherCAFile, to.OtherCAFile}, {from.CertFile, to.CertFile}, {from.KeyFile, to.KeyFile}} {
		content, err := os.ReadFile(file[0])
		if err == nil {
			err = os.WriteFile(file[1], content, 0o600)
		}
		if err != nil {
			return to, fmt.Errorf("taking over the certificates of the primary: %w", err)
		}
	}
	return to, e.as.give(to.CAFile) // the server itself verifies its primary
}

// follow tells a base backup whom to follow, in a file that only the server reads, since
// the line holds a password.
func (r *postgresProgram) follow(e *embedded, whom Following) error {
	signal, settings := filepath.Join(r.data(e), "standby.signal"), filepath.Join(r.data(e), "postgresql.auto.conf")
	primary := whom.Primary.WithApplication(whom.Name)
	primary.CAFile = e.tls.CAFile
	lines := settingLines(map[string]string{"primary_conninfo": postgres.Conninfo(primary).Reveal(), "primary_slot_name": whom.Name})
	before, err := os.ReadFile(settings)
	if err == nil {
		err = errors.Join(os.WriteFile(settings, append(before, lines...), 0o600), os.WriteFile(signal, nil, 0o600), e.as.give(settings, signal))
	}
	if err != nil {
		return fmt.Errorf("telling the standby whom to follow: %w", err)
	}
	return nil
}
