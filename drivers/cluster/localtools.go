package cluster

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"tristore/drivers"
	"tristore/drivers/cluster/programs"
)

// localTools runs client programs on this machine, against an embedded or external cluster.
type localTools struct {
	engine drivers.Engine
	cache  programs.Cache
	// scratch holds the files of calls; empty means the machine's folder for such things.
	scratch        string
	host, port, ca string
	// address is where host lies, when no name needs to be looked up.
	address string
}

// Find fetches the program first where this machine has none that fits.
func (t localTools) Find(ctx context.Context, name string) (*Program, error) {
	client, err := t.client(ctx, name)
	if ctx.Err() != nil {
		return nil, fmt.Errorf("looking for %s: %w", name, ctx.Err())
	}
	if err != nil {
		return nil, &ToolMissing{Tool: name, Install: err.Error()}
	}
	return &Program{
		Name: name, Version: client.Version, Where: "on this machine", Host: t.host, Port: t.port, CAFile: t.ca,
		run: func(ctx context.Context, call Invocation) error { return t.run(ctx, name, client, call) },
	}, nil
}

func (t localTools) client(ctx context.Context, name string) (programs.Client, error) {
	if t.engine.Family() == drivers.FamilyPostgres {
		return t.cache.PostgresClient(ctx, t.engine.Major, name)
	}
	if !slices.Contains([]string{"mongodump", "mongorestore"}, name) {
		return programs.Client{}, fmt.Errorf("no client tool of MongoDB is called %q", name)
	}
	dir, err := t.cache.MongoTools(ctx)
	if err != nil {
		return programs.Client{}, err
	}
	client := programs.Client{Path: filepath.Join(dir, name)}
	command := client.Command(ctx, "--version")
	var said strings.Builder
	command.Stdout = &said
	if err := programs.Run(command); err != nil {
		return programs.Client{}, fmt.Errorf("%s does not start: %w", client.Path, err)
	}
	client.Version, _, _ = strings.Cut(strings.TrimSpace(said.String()), "\n")
	return client, nil
}

func (t localTools) run(ctx context.Context, name string, client programs.Client, call Invocation) (err error) {
	folder, err := os.MkdirTemp(t.scratch, "tristore-")
	if err != nil {
		return fmt.Errorf("making a folder for the files of %s: %w", name, err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(folder)) }()
	for file, content := range call.Files {
		if !filepath.IsLocal(file) {
			return fmt.Errorf("file %q of %s would leave its folder", file, name)
		}
		if err := os.WriteFile(filepath.Join(folder, file), content, 0o600); err != nil {
			return fmt.Errorf("writing a file of %s: %w", name, err)
		}
	}
	command := client.Command(ctx, withFolder(located(call.Args, folder, call.Files), call.FolderIn+call.FolderOut)...)
	command.Dir = folder
	// HOME is the empty folder, so that nobody's own .pgpass, .psqlrc or service file counts.
	command.Env = append([]string{"PATH=/usr/bin:/bin", "LC_ALL=" + serverLocale, "TZ=UTC", "HOME=" + folder, "TMPDIR=" + folder}, call.Env...)
	// Where the user told us which roots this machine trusts, the tools trust the same.
	for _, name := range []string{"SSL_CERT_FILE", "SSL_CERT_DIR"} {
		if roots := os.Getenv(name); roots != "" {
			command.Env = append(command.Env, name+"="+roots)
		}
	}
	if t.address != "" {
		command.Env = append(command.Env, "PGHOSTADDR="+t.address)
	}
	tail := &programs.Tail{}
	command.Stdin, command.Stdout, command.Stderr = call.In, call.Out, tail
	if call.Err != nil {
		command.Stderr = io.MultiWriter(call.Err, tail)
	}
	err = programs.Run(command)
	var failed *exec.ExitError
	switch {
	case ctx.Err() != nil:
		return fmt.Errorf("%s was given up: %w", name, ctx.Err())
	case errors.As(err, &failed):
		return &ToolFailed{Tool: name, Exit: failed.ExitCode(), Tail: masked(tail.String(), call.Env)}
	case err != nil:
		return fmt.Errorf("running %s: %w", name, err)
	}
	return nil
}
