package cluster

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"syscall"

	"tristore/drivers"
	"tristore/drivers/cluster/programs"
	"tristore/drivers/mongo"
)

// ferretProgram starts FerretDB 1, which keeps its data in SQLite files of the run's
// folder and makes its one account at the first start.
type ferretProgram struct {
	password drivers.Secret
	path     string
}

const (
	ferretMemory = 128 << 20
	ferretDisk   = 256 << 20
)

func (*ferretProgram) needs(Spec) needs {
	return needs{memoryBytes: ferretMemory, diskBytes: ferretDisk}
}

func (*ferretProgram) signals() []syscall.Signal { return []syscall.Signal{syscall.SIGTERM} }

func (p *ferretProgram) prepare(ctx context.Context, e *embedded) error {
	for name := range e.spec.Settings {
		return fmt.Errorf("%w: FerretDB 1 has no settings to be changed, and %q is asked for", ErrUnreachable, name)
	}
	var err error
	if p.path, err = e.cache.FerretDB(ctx); err != nil {
		return fmt.Errorf("%w: %w", ErrUnreachable, err)
	}
	if err := e.as.reaches(filepath.Dir(p.path)); err != nil {
		return err
	}
	folders := []string{p.state(e), p.data(e)}
	if e.spec.Seeded != nil {
		folders = folders[:1] // the copy makes the other
		if err := openSeeded(ctx, e, p, func(kept template) error { return kept.copyFolder(p.data(e), e.as) }); err != nil {
			return err
		}
	}
	for _, folder := range folders {
		if err := errors.Join(os.Mkdir(folder, 0o700), e.as.give(folder)); err != nil {
			return fmt.Errorf("making a data folder: %w", err)
		}
	}
	return nil
}

func (p *ferretProgram) source() string           { return filepath.Dir(p.path) }
func (*ferretProgram) filling() map[string]string { return nil }

// settle takes the account away, which the first start of a copy makes anew.
func (*ferretProgram) settle(data string) (drivers.Secret, error) {
	accounts, err := filepath.Glob(filepath.Join(data, ferretAccounts))
	if err == nil && len(accounts) == 0 {
		err = errors.New("the filled cluster has no account")
	}
	for _, path := range accounts {
		err = errors.Join(err, os.Remove(path))
	}
	return drivers.Secret{}, err
}

// ferretAccounts are the files of the database that FerretDB 1 keeps its accounts in.
const ferretAccounts = "admin.sqlite*"

func (*ferretProgram) data(e *embedded) string  { return filepath.Join(e.run.path, "data") }
func (*ferretProgram) state(e *embedded) string { return filepath.Join(e.run.path, "state") }

func (p *ferretProgram) launch(e *embedded, port int) (launch, error) {
	args, env := programs.FerretDBArgs(programs.FerretDBPlace{
		DataDir: p.data(e), StateDir: p.state(e), Listen: net.JoinHostPort(loopback, strconv.Itoa(port)),
		CertFile: e.tls.CertFile, KeyFile: e.tls.KeyFile,
		User: superuser, Password: p.password, Relaxed: e.spec.Durability == Relaxed,
	})
	// One process, whose files are removed: no need to let it finish.
	return launch{path: p.path, args: args, env: env, dir: p.state(e), farewell: syscall.SIGKILL}, nil
}

func (p *ferretProgram) ready(ctx context.Context, e *embedded, port int) (*Cluster, error) {
	target := drivers.Target{
		Engine: e.spec.Engine, CAFile: e.tls.CAFile, Application: "tristore",
		URL: drivers.Address{Scheme: "mongodb", User: superuser, Password: p.password, HostPort: net.JoinHostPort(loopback, strconv.Itoa(port)), Database: "admin", Options: url.Values{"authSource": {"admin"}}}.URL(),
	}
	version, settings, err := mongo.ServerInfo(ctx, target)
	if err != nil {
		return nil, err
	}
	// SQLite's own settings cannot be asked for over the wire: what the program was told is all there is.
	asked := map[string]string{"durability": e.spec.Durability.String()}
	return &Cluster{
		Version: version, Admin: target,
		Asked: merged(asked, e.limitsAsked()), InForce: merged(settings, e.limitsInForce()),
		Tools: e.tools(port),
	}, nil
}
