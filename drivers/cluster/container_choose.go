package cluster

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/containerd/errdefs"
	"github.com/moby/moby/api/pkg/authconfig"
	"github.com/moby/moby/client"
	"github.com/testcontainers/testcontainers-go"

	"tristore/drivers"
)

// registryPatience bounds the wait for a registry's first answer. Once it answered, a
// pull takes the time it takes, as long as the context lasts.
const registryPatience = 20 * time.Second

// localImages is where `make images` puts what it builds; nothing below it is ever pulled.
const localImages = "localhost/tristore/"

// daemonAnswers tells whether containers can be started on this machine.
func daemonAnswers(ctx context.Context) error {
	daemon, err := openDaemon(ctx)
	if err != nil {
		return err
	}
	return daemon.Close()
}

// imageAvailable returns the name of the image that runs the engine, present on this
// machine: the one the user named, else the official one, pulled where it can be, else
// the local stand-in of `make images`. Its errors name the image and what to do.
func imageAvailable(ctx context.Context, engine drivers.Engine, images Images) (string, error) {
	daemon, err := openDaemon(ctx)
	if err != nil {
		return "", err
	}
	defer func() { _ = daemon.Close() }()
	var refusals []string
	for _, name := range images.candidates(engine) {
		err := makeLocal(ctx, daemon, name)
		if err == nil {
			return name, nil
		}
		if ctx.Err() != nil {
			return "", fmt.Errorf("looking for image %s: %w", name, ctx.Err())
		}
		refusals = append(refusals, name+": "+err.Error())
	}
	advice := "build the local stand-ins with `make images`, or name a mirror or an image of your own in the settings"
	if standIn(engine) == "" {
		advice = "name a mirror or an image of your own in the settings: there is no local stand-in for it"
	}
	return "", fmt.Errorf("%w: no image for %s; %s (tried %s)", ErrUnreachable, engine, advice, strings.Join(refusals, "; "))
}

// candidates are image names in the order they are tried. A name that the user gave is
// the only one: what was asked for by name is not replaced in silence.
func (i Images) candidates(engine drivers.Engine) []string {
	if name, is := i.Override[engine.String()]; is {
		return []string{name}
	}
	var names []string
	if engine.Product != drivers.FerretDB { // its own images have neither TLS nor accounts set up
		names = append(names, strings.TrimSuffix(i.Registry, "/")+"/"+engine.String())
		names[0] = strings.TrimPrefix(names[0], "/")
	}
	if name := standIn(engine); name != "" {
		names = append(names, name)
	}
	return names
}

// standIn is the image that `make images` builds for the engine; empty where it builds none.
func standIn(engine drivers.Engine) string {
	if engine.Product == drivers.Mongo {
		return ""
	}
	return localImages + engine.String()
}

// makeLocal returns nil when the image is on this machine, pulling it if need be.
func makeLocal(ctx context.Context, daemon client.APIClient, name string) error {
	_, err := daemon.ImageInspect(ctx, name)
	switch {
	case err == nil:
		return nil
	case !errdefs.IsNotFound(err):
		return fmt.Errorf("asking the daemon for it: %w", err)
	case strings.HasPrefix(name, localImages):
		return errors.New("not built")
	}
	return pull(ctx, daemon, name)
}

func pull(ctx context.Context, daemon client.APIClient, name string) (err error) {
	answer, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	timer := time.AfterFunc(registryPatience, func() {
		cancel(fmt.Errorf("the registry did not answer within %s", registryPatience))
	})
	defer timer.Stop()
	options := client.ImagePullOptions{}
	if _, account, err := testcontainers.DockerImageAuth(ctx, name); err == nil {
		if options.RegistryAuth, err = authconfig.Encode(account); err != nil {
			return fmt.Errorf("reading the registry account: %w", err)
		}
	}
	// The daemon sends its first byte when the registry has answered for this image.
	stream, err := daemon.ImagePull(answer, name, options)
	if err != nil {
		if cause := context.Cause(answer); cause != nil {
			err = cause
		}
		return fmt.Errorf("pulling it: %w", err)
	}
	timer.Stop()
	defer func() { err = errors.Join(err, stream.Close()) }()
	if err := stream.Wait(answer); err != nil {
		return fmt.Errorf("pulling it: %w", err)
	}
	return nil
}
