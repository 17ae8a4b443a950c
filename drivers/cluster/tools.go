package cluster

import (
	"context"
	"fmt"
	"io"
	"strings"
)

// Tools finds client programs for one cluster.
type Tools interface {
	// Find returns a program by name (pg_dump, pg_restore, psql, pg_basebackup, mongodump, mongorestore)
	// that can reach the cluster. One that cannot be had is a *ToolMissing.
	Find(ctx context.Context, name string) (*Program, error)
}

// Program is a client program that can reach its cluster, on this machine or inside
// the server's container.
type Program struct {
	Name    string
	Version string // what --version says
	Where   string // "on this machine" or "inside the container"
	// Host, Port and CAFile are how this program reaches the cluster.
	Host, Port, CAFile string

	run func(context.Context, Invocation) error
}

// Invocation is one call of a program. Args never hold a secret.
type Invocation struct {
	Args []string
	// Env is KEY=value on top of a minimal environment; the place for PGPASSWORD.
	Env []string
	// Files are made (mode 0600) before the call and removed after it; "{name}" in an
	// argument becomes the path of the file called name.
	Files map[string][]byte
	// FolderIn and FolderOut, of which one may be set, are a folder on this machine that
	// the program reads, or makes and writes; "{folder}" in an argument becomes its path
	// as the program sees it.
	FolderIn, FolderOut string
	// In may be nil; nil writers discard.
	In       io.Reader
	Out, Err io.Writer
}

// Run executes the program and waits for its end. A non-zero exit is a *ToolFailed.
func (p *Program) Run(ctx context.Context, call Invocation) error { return p.run(ctx, call) }

// Through is the same program with every call handed to by, which may pass it on. It is
// how deliberate damage gets between a check and a tool.
func (p *Program) Through(by func(ctx context.Context, call Invocation, pass func(context.Context, Invocation) error) error) *Program {
	other := *p
	other.run = func(ctx context.Context, call Invocation) error { return by(ctx, call, p.run) }
	return &other
}

// folderName stands in arguments for the folder of a call.
const folderName = "{folder}"

// ToolMissing says which program is needed and how to get it.
type ToolMissing struct{ Tool, Install string }

func (e *ToolMissing) Error() string { return "client tool " + e.Tool + " is missing: " + e.Install }

// ToolFailed is a client program that ran and exited non-zero.
type ToolFailed struct {
	Tool string
	Exit int
	Tail string // last lines of standard error, secrets masked
}

func (e *ToolFailed) Error() string {
	return fmt.Sprintf("%s exited %d: %s", e.Tool, e.Exit, e.Tail)
}

// withFolder puts the folder's path into the arguments.
func withFolder(args []string, path string) []string {
	var all []string
	for _, arg := range args {
		all = append(all, strings.ReplaceAll(arg, folderName, path))
	}
	return all
}
