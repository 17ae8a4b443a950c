package cluster

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"tristore/drivers"
	"tristore/drivers/cluster/programs"
	"tristore/drivers/mongo"
	"tristore/drivers/postgres"
)

// externalPatience bounds the wait for an external cluster's first answer, unless the
// spec says otherwise: it runs already, so that it answers soon or not at all.
const externalPatience = 30 * time.Second

// reachExternal asks an existing cluster who it is. It writes nothing there, and Close
// removes only the foreign CA that was made here to be refused with. The server's
// certificate is verified against the CA file or the system's roots, with its name,
// unless the address says that it is self-signed.
func reachExternal(ctx context.Context, spec Spec) (*Cluster, error) {
	began := time.Now()
	target := drivers.Target{
		Engine: spec.Engine, URL: spec.Address.URL, CAFile: spec.Address.CAFile,
		SelfSigned: spec.Address.SelfSigned, Application: "tristore",
	}
	if err := fitAddress(target); err != nil {
		return nil, err
	}
	patience := spec.Patience
	if patience <= 0 {
		patience = externalPatience
	}
	asking, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	seen, err := examine(asking, target)
	if err != nil {
		if ctx.Err() == nil && errors.Is(asking.Err(), context.DeadlineExceeded) {
			err = fmt.Errorf("it did not answer within %s: %w", patience, err)
		}
		return nil, fmt.Errorf("%w: reaching %s at %s: %w", ErrUnreachable, spec.Engine, target.URL.HostPort(), err)
	}
	if err := seen.fits(spec.Engine); err != nil {
		return nil, fmt.Errorf("%w: the server at %s %w", ErrUnreachable, target.URL.HostPort(), err)
	}
	seen.settings["cluster.identity"] = seen.facts.Identity
	foreign, err := foreignAuthority(spec.Dir)
	if err != nil {
		return nil, err
	}
	return &Cluster{
		Engine: spec.Engine, Reach: drivers.External, Version: seen.version, Admin: target,
		CAFile: target.CAFile, OtherCAFile: foreign, close: func(context.Context) error { return os.Remove(foreign) },
		Asked: merged(spec.Settings), InForce: seen.settings,
		Ready: time.Since(began), Dir: spec.Dir,
		Tools: localTools{engine: spec.Engine, cache: programs.Cache{Dir: spec.Cache, Log: spec.Log},
			host: target.URL.Host(), port: portOf(target), ca: target.CAFile},
	}, nil
}

// foreignAuthority writes a CA into the cluster's folder, since nobody can lend us one that
// surely did not sign the server's certificate.
func foreignAuthority(dir string) (string, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", fmt.Errorf("%w: making the folder for logs: %w", ErrUnreachable, err)
	}
	path := filepath.Join(dir, "other-ca.pem")
	if err := writeForeignAuthority(path); err != nil {
		return "", fmt.Errorf("making a foreign CA in %s: %w", dir, err)
	}
	return path, nil
}

// seenCluster is what an external cluster says of itself.
type seenCluster struct {
	version  string
	settings map[string]string
	facts    drivers.SandboxFacts // identity and standby
}

func examine(ctx context.Context, target drivers.Target) (seenCluster, error) {
	var seen seenCluster
	var err error
	info, facts := mongo.ServerInfo, mongo.SandboxFacts
	if target.Engine.Family() == drivers.FamilyPostgres {
		info, facts = postgres.ServerInfo, postgres.SandboxFacts
	}
	if seen.version, seen.settings, err = info(ctx, target); err != nil {
		return seen, err
	}
	seen.facts, err = facts(ctx, target)
	return seen, err
}

// fits refuses what is not the engine asked for, or takes no writes.
func (s seenCluster) fits(engine drivers.Engine) error {
	major, _, _ := strings.Cut(s.version, ".")
	// FerretDB tells MongoDB's version to clients, and its own beside it.
	if got, err := strconv.Atoi(strings.TrimSpace(major)); err != nil || got != engine.Major {
		return fmt.Errorf("says that its version is %s, and %s was asked for", s.version, engine.Title())
	}
	if s.facts.Standby {
		return errors.New("is a standby and takes no writes: give the address of the primary")
	}
	return nil
}

// fitAddress compares the address's scheme with the engine's family.
func fitAddress(target drivers.Target) error {
	schemes := []string{"mongodb", "mongodb+srv"}
	if target.Engine.Family() == drivers.FamilyPostgres {
		schemes = []string{"postgres", "postgresql"}
	}
	for _, scheme := range schemes {
		if target.URL.Scheme() == scheme {
			return nil
		}
	}
	return fmt.Errorf("%w: %s is reached by an address that starts with %s://, and the one given starts with %s://",
		ErrUnreachable, target.Engine, schemes[0], target.URL.Scheme())
}

// portOf is the address's port, or the family's own.
func portOf(target drivers.Target) string {
	switch port := target.URL.Port(); {
	case port != "":
		return port
	case target.Engine.Family() == drivers.FamilyPostgres:
		return "5432"
	default:
		return "27017"
	}
}
