package cluster

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/moby/moby/api/pkg/stdcopy"
	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/client"
)

// The rhythm of asking: one try is bounded, so that a server that accepts and never
// answers does not use up all patience.
const (
	containerPoll = 50 * time.Millisecond
	containerTry  = 10 * time.Second
)

// ready waits until a real query is answered over TLS at the address that clients use.
// A log line or an open port is not enough: the daemon's own proxy opens the port before
// there is a server, and an image starts a server for its set-up first.
func (r *running) ready(ctx context.Context, recipe containerRecipe) (version string, settings map[string]string, err error) {
	daemon, err := openDaemon(ctx)
	if err != nil {
		return "", nil, err
	}
	defer func() { err = errors.Join(err, daemon.Close()) }()
	bounded, cancel := context.WithTimeout(ctx, r.patience())
	defer cancel()
	var refusal error
	for settled := recipe.settle == nil; ; {
		if !settled {
			refusal = try(bounded, func(ctx context.Context) error { return recipe.settle(ctx, r.address) })
			settled = refusal == nil
		}
		if settled {
			refusal = try(bounded, func(ctx context.Context) (err error) {
				version, settings, err = recipe.info(ctx, recipe.admin(r.address))
				return err
			})
			if refusal == nil {
				return version, settings, nil
			}
		}
		state, err := daemon.ContainerInspect(bounded, r.id, client.ContainerInspectOptions{})
		if err == nil && !state.Container.State.Running {
			return "", nil, fmt.Errorf("%w: %w, with code %d; its last lines: %s",
				ErrUnreachable, ErrEnded, state.Container.State.ExitCode, r.lastLines(ctx, daemon))
		}
		select {
		case <-bounded.Done():
			if ctx.Err() != nil {
				return "", nil, fmt.Errorf("waiting for it was given up: %w", ctx.Err())
			}
			return "", nil, fmt.Errorf("%w: not ready at %s within %s; the last refusal: %w", ErrUnreachable, r.address, r.patience(), refusal)
		case <-time.After(containerPoll):
		}
	}
}

func try(ctx context.Context, once func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, containerTry)
	defer cancel()
	return once(ctx)
}

// logLines is how many lines of a server's log are kept; tailLines of them go into an error.
const (
	logLines  = 50_000
	tailLines = 5
)

// keepLog copies the end of the server's output to server.log in dir, and on top of what a
// cluster before it left there.
func keepLog(ctx context.Context, daemon client.APIClient, id, dir string) (err error) {
	if dir == "" {
		return nil
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("keeping the server's log: %w", err)
	}
	file, err := os.OpenFile(filepath.Join(dir, "server.log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return fmt.Errorf("keeping the server's log: %w", err)
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	return copyLog(ctx, daemon, id, logSlice{lines: logLines, to: file})
}

func (r *running) lastLines(ctx context.Context, daemon client.APIClient) string {
	var lines bytes.Buffer
	if err := copyLog(ctx, daemon, r.id, logSlice{lines: tailLines, to: &lines}); err != nil {
		return err.Error()
	}
	return strings.TrimSpace(lines.String())
}

type logSlice struct {
	lines int
	to    io.Writer
}

func copyLog(ctx context.Context, daemon client.APIClient, id string, slice logSlice) (err error) {
	stream, err := daemon.ContainerLogs(ctx, id, client.ContainerLogsOptions{ShowStdout: true, ShowStderr: true, Tail: strconv.Itoa(slice.lines)})
	if err != nil {
		return fmt.Errorf("reading the server's log: %w", err)
	}
	defer func() { err = errors.Join(err, stream.Close()) }()
	if _, err := stdcopy.StdCopy(slice.to, slice.to, stream); err != nil {
		return fmt.Errorf("reading the server's log: %w", err)
	}
	return nil
}

// limitFacts are the limits in the words of the saved run; what is not limited is not there.
func limitFacts(resources container.Resources) map[string]string {
	facts := map[string]string{}
	if resources.NanoCPUs > 0 {
		facts["limit.cpus"] = strconv.FormatFloat(float64(resources.NanoCPUs)/1e9, 'g', -1, 64)
	}
	if resources.CpusetCpus != "" {
		facts["limit.cpuset"] = resources.CpusetCpus
	}
	if resources.Memory > 0 {
		facts["limit.memory_bytes"] = strconv.FormatInt(resources.Memory, 10)
	}
	return facts
}

func joinCores(cores []int) string {
	var words []string
	for _, core := range cores {
		words = append(words, strconv.Itoa(core))
	}
	return strings.Join(words, ",")
}
