package cluster

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"slices"
	"sync"
	"time"

	"github.com/moby/moby/client"
	"github.com/testcontainers/testcontainers-go"
	"github.com/testcontainers/testcontainers-go/log"
)

// daemonPatience bounds the search for a daemon: a socket that exists may belong to one
// that hangs. It is generous since testcontainers keeps its first answer for good.
const daemonPatience = 30 * time.Second

// openDaemon returns a client of the Docker-compatible daemon that testcontainers finds
// (DOCKER_HOST, the usual socket, a rootless one). The caller closes it. Its errors are
// sentences for the user and wrap ErrUnreachable.
func openDaemon(ctx context.Context) (*testcontainers.DockerClient, error) {
	tameTestcontainers()
	bounded, cancel := context.WithTimeout(ctx, daemonPatience)
	defer cancel()
	daemon, err := testcontainers.NewDockerClientWithOpts(bounded)
	if err != nil {
		if ctx.Err() != nil {
			return nil, fmt.Errorf("asking for a Docker daemon: %w", ctx.Err())
		}
		return nil, fmt.Errorf("%w: no Docker-compatible daemon answers; start one (as root on Debian: drivers/cluster/images/daemon.sh) or ask for --reach embedded: %w",
			ErrUnreachable, err)
	}
	if err := asNamed(daemon.DaemonHost()); err != nil {
		return nil, errors.Join(err, daemon.Close())
	}
	if host := daemon.DaemonHost(); !onThisMachine(host) {
		return nil, fmt.Errorf("%w: the Docker daemon at %s is on another machine, and a cluster's ports are published on its loopback only; point DOCKER_HOST at a local socket, or ask for --reach embedded or external",
			ErrUnreachable, redacted(host))
	}
	return daemon, nil
}

// tameTestcontainers turns off its reaper and its own log, before anything reads them.
// The reaper is a second owner of what we own (see container_sweep.go), and an image that
// a machine without a registry does not have. Both switches are process-wide: the library
// takes the first from the environment or a file only, so that it is set there.
//
//nolint:gochecknoglobals // what it sets is process-wide too
var tameTestcontainers = sync.OnceFunc(func() {
	_ = os.Setenv("TESTCONTAINERS_RYUK_DISABLED", "true")
	log.SetDefault(log.NewNoopLogger())
})

// asNamed refuses another daemon than DOCKER_HOST names: where that one does not answer,
// testcontainers goes on to the usual socket without a word.
func asNamed(found string) error {
	named, err := client.New(client.FromEnv)
	if err != nil {
		return fmt.Errorf("%w: DOCKER_HOST or its companions cannot be used: %w", ErrUnreachable, err)
	}
	host := named.DaemonHost()
	if err := named.Close(); err != nil {
		return err
	}
	if host != client.DefaultDockerHost && host != found {
		return fmt.Errorf("%w: DOCKER_HOST names %s and no Docker-compatible daemon answers there; mend it, unset it, or ask for --reach embedded", ErrUnreachable, redacted(host))
	}
	return nil
}

func onThisMachine(host string) bool {
	address, err := url.Parse(host)
	if err != nil {
		return false
	}
	return slices.Contains([]string{"unix", "npipe"}, address.Scheme) ||
		slices.Contains([]string{"localhost", "127.0.0.1", "::1"}, address.Hostname())
}

func redacted(host string) string {
	if address, err := url.Parse(host); err == nil {
		return address.Redacted()
	}
	return "the address given"
}
