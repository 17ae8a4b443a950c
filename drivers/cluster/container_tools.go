package cluster

import (
	"archive/tar"
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/moby/moby/api/pkg/stdcopy"
	"github.com/moby/moby/client"

	"tristore/drivers"
	"tristore/drivers/cluster/programs"
)

// containerTools runs client programs inside the server's container, where their version
// fits the server's.
type containerTools struct {
	container, image string
	server           drivers.Engine
	host, port, ca   string // as seen from inside
}

// Find asks the program for its version, so that one that cannot start is missing too.
func (t containerTools) Find(ctx context.Context, name string) (*Program, error) {
	var version bytes.Buffer
	program := &Program{Name: name, Where: "inside the container", Host: t.host, Port: t.port, CAFile: t.ca}
	program.run = func(ctx context.Context, call Invocation) error { return t.run(ctx, name, call) }
	err := program.Run(ctx, Invocation{Args: []string{"--version"}, Out: &version})
	var failed *ToolFailed
	if errors.As(err, &failed) {
		return nil, &ToolMissing{Tool: name, Install: fmt.Sprintf("image %s does not hold it; use an image that does, or build the local ones with `make images`", t.image)}
	}
	if err != nil {
		return nil, err
	}
	program.Version, _, _ = strings.Cut(strings.TrimSpace(version.String()), "\n")
	return program, nil
}

// inContainer starts a program so that its end can be owned from outside, since the
// daemon has no call that ends it: $1 is a folder that exists for this call only.
const inContainer = `folder=$1; shift
exec 3<&0
"$@" <&3 3<&- &
program=$!
exec 3<&-
echo $program >"$folder/pid"
wait $program
code=$?
rm -rf "$folder"
exit $code`

// undoPatience bounds ending a program and removing its files after it was given up.
const undoPatience = 10 * time.Second

func (t containerTools) run(ctx context.Context, name string, call Invocation) (err error) {
	daemon, err := openDaemon(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, daemon.Close()) }()
	folder := "/tmp/tristore-" + rand.Text()
	if err := t.copyFiles(ctx, daemon, folder, call.Files); err != nil {
		return err
	}
	exchange := folderExchange{t, daemon, folder + "-folder"}
	if call.FolderIn+call.FolderOut != "" {
		defer func() { err = errors.Join(err, t.undo(ctx, daemon, exchange.path)) }()
	}
	if call.FolderIn != "" {
		if err := exchange.in(ctx, call.FolderIn); err != nil {
			return errors.Join(err, t.undo(ctx, daemon, folder))
		}
	}
	created, err := daemon.ExecCreate(ctx, t.container, client.ExecCreateOptions{
		AttachStdin: true, AttachStdout: true, AttachStderr: true,
		Env: call.Env,
		Cmd: append([]string{"sh", "-c", inContainer, "sh", folder, name}, withFolder(located(call.Args, folder, call.Files), exchange.path)...),
	})
	if err != nil {
		return errors.Join(fmt.Errorf("starting %s in the container: %w", name, err), t.undo(ctx, daemon, folder))
	}
	attached, err := daemon.ExecAttach(ctx, created.ID, client.ExecAttachOptions{})
	if err != nil {
		return errors.Join(fmt.Errorf("starting %s in the container: %w", name, err), t.undo(ctx, daemon, folder))
	}
	defer attached.Close()
	stop := context.AfterFunc(ctx, attached.Close) // ends both copies below
	defer stop()
	tail := &programs.Tail{}
	copied := stream(attached.HijackedResponse, call, tail)
	if ctx.Err() != nil {
		return errors.Join(fmt.Errorf("%s was given up: %w", name, ctx.Err()), t.undo(ctx, daemon, folder))
	}
	if copied != nil {
		return errors.Join(fmt.Errorf("reading what %s writes: %w", name, copied), t.undo(ctx, daemon, folder))
	}
	result, err := daemon.ExecInspect(ctx, created.ID, client.ExecInspectOptions{})
	if err != nil {
		return fmt.Errorf("asking how %s ended: %w", name, err)
	}
	if result.ExitCode != 0 {
		return &ToolFailed{Tool: name, Exit: result.ExitCode, Tail: masked(tail.String(), call.Env)}
	}
	if call.FolderOut != "" {
		return exchange.out(ctx, call.FolderOut)
	}
	return nil
}

// stream copies standard input, output and error until the program closed its ends.
func stream(attached client.HijackedResponse, call Invocation, tail io.Writer) error {
	fed := make(chan struct{})
	go func() {
		defer close(fed)
		if call.In != nil {
			// A program may end before it read everything: its exit code tells, not this.
			_, _ = io.Copy(attached.Conn, call.In)
		}
		_ = attached.CloseWrite()
	}()
	out, errs := call.Out, tail
	if out == nil {
		out = io.Discard
	}
	if call.Err != nil {
		errs = io.MultiWriter(call.Err, tail)
	}
	_, err := stdcopy.StdCopy(out, errs, attached.Reader)
	attached.Close() // the program is over: what still feeds it ends with its next write
	<-fed
	return err
}

// copyFiles makes the call's folder, readable by its owner only, and the files in it.
func (t containerTools) copyFiles(ctx context.Context, daemon client.APIClient, folder string, files map[string][]byte) error {
	var packed bytes.Buffer
	archive := tar.NewWriter(&packed)
	base := strings.TrimPrefix(folder, "/tmp/")
	err := archive.WriteHeader(&tar.Header{Typeflag: tar.TypeDir, Name: base + "/", Mode: 0o700})
	for name, content := range files {
		header := &tar.Header{Typeflag: tar.TypeReg, Name: base + "/" + name, Mode: 0o600, Size: int64(len(content))}
		err = errors.Join(err, archive.WriteHeader(header))
		_, written := archive.Write(content)
		err = errors.Join(err, written)
	}
	if err := errors.Join(err, archive.Close()); err != nil {
		return fmt.Errorf("packing files for the container: %w", err)
	}
	if _, err := daemon.CopyToContainer(ctx, t.container, client.CopyToContainerOptions{DestinationPath: "/tmp", Content: &packed}); err != nil {
		return fmt.Errorf("copying files into the container: %w", err)
	}
	return nil
}

// undo ends a program that was given up and removes its folder, also when ctx is over.
func (t containerTools) undo(ctx context.Context, daemon client.APIClient, folder string) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), undoPatience)
	defer cancel()
	created, err := daemon.ExecCreate(ctx, t.container, client.ExecCreateOptions{
		AttachStdout: true,
		Cmd:          []string{"sh", "-c", `kill "$(cat "$1/pid")" 2>/dev/null; rm -rf "$1"`, "sh", folder},
	})
	if err != nil {
		return fmt.Errorf("removing files from the container: %w", err)
	}
	attached, err := daemon.ExecAttach(ctx, created.ID, client.ExecAttachOptions{})
	if err != nil {
		return fmt.Errorf("removing files from the container: %w", err)
	}
	defer attached.Close()
	_, err = io.Copy(io.Discard, attached.Reader)
	return err
}

// located replaces "{name}" by the path of the file called name.
func located(args []string, folder string, files map[string][]byte) []string {
	var all []string
	for _, arg := range args {
		for name := range files {
			arg = strings.ReplaceAll(arg, "{"+name+"}", folder+"/"+name)
		}
		all = append(all, arg)
	}
	return all
}

// masked hides the values of the environment, the one place where a call holds secrets.
func masked(text string, env []string) string {
	for _, entry := range env {
		if _, value, _ := strings.Cut(entry, "="); value != "" && strings.Contains(strings.ToUpper(entry), "PASS") {
			text = strings.ReplaceAll(text, value, "*****")
		}
	}
	return text
}
