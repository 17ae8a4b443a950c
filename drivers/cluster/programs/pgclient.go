package programs

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
)

// Client is a client program of PostgreSQL that runs on this machine.
type Client struct {
	Path string   // what to execute
	Args []string // before the program's own arguments
	// Version is what --version says; Major is its number.
	Version string
	Major   int
}

// Command prepares a call of the client; see the function Command.
func (c Client) Command(ctx context.Context, args ...string) *exec.Cmd {
	return Command(ctx, c.Path, append(slices.Clone(c.Args), args...)...)
}

// silentSince is the major whose dumps need no newer server than they came from for the
// last time: from 17 on, pg_restore sends a setting that servers before 17 do not know.
// Whoever restores has to work round it, so that an older client is preferred.
const silentSince = 17

// PostgresClient returns pg_dump, pg_restore, psql or pg_basebackup fit for servers of one major
// version: one that this machine has, else Debian's, fetched into the cache. A client
// fits when it is at least as new as the server; the same machine and server always give
// all tools the same major, so that one can read what another wrote.
func (c Cache) PostgresClient(ctx context.Context, serverMajor int, tool string) (Client, error) {
	if !slices.Contains([]string{"pg_dump", "pg_restore", "psql", "pg_basebackup"}, tool) {
		return Client{}, fmt.Errorf("no client tool of PostgreSQL is called %q", tool)
	}
	if dir, found := chooseClient(installedClients(ctx), serverMajor); found {
		return probeClient(ctx, Client{Path: filepath.Join(dir, tool)})
	}
	from := debianClientFor(serverMajor)
	unpacked, err := c.debian(ctx, from.suite, from.name())
	if err != nil {
		return Client{}, fmt.Errorf("no %s for PostgreSQL %d is on this machine, and Debian's %s was not to be had; install one of major %d or later: %w",
			tool, serverMajor, from.name(), serverMajor, err)
	}
	client, err := viaLoader(unpacked, filepath.Join(unpacked, "usr/lib/postgresql", strconv.Itoa(from.major), "bin", tool))
	if err != nil {
		return Client{}, err
	}
	return probeClient(ctx, client)
}

// installed is a folder of this machine that has all three tools.
type installed struct {
	dir   string
	major int
}

// chooseClient prefers, among those at least as new as the server, one on the same side
// of silentSince, and of these the newest.
func chooseClient(all []installed, server int) (dir string, found bool) {
	best := installed{}
	for _, candidate := range all {
		if candidate.major < server {
			continue
		}
		better := clientRank(candidate.major, server) - clientRank(best.major, server)
		if best.dir == "" || better > 0 || better == 0 && candidate.major > best.major {
			best = candidate
		}
	}
	return best.dir, best.dir != ""
}

func clientRank(client, server int) int {
	if client >= silentSince && server < silentSince {
		return 0
	}
	return 1
}

// debianClient is a package and the suite that has it.
type debianClient struct {
	major int
	suite string
}

func (d debianClient) name() string { return "postgresql-client-" + strconv.Itoa(d.major) }

// debianClientFor: Debian has no 12, 14 and 16; each suite has one major.
func debianClientFor(server int) debianClient {
	switch {
	case server <= 15:
		return debianClient{15, "bookworm"}
	case server <= 17:
		return debianClient{17, "trixie"}
	default:
		return debianClient{18, "forky"}
	}
}

// installedClients looks where distributions and PostgreSQL's own packages put clients,
// and at the one in PATH. Debian's wrapper script there is not one: which version it
// starts depends on what else is set up.
func installedClients(ctx context.Context) []installed {
	var dirs []string
	if path, err := exec.LookPath("pg_dump"); err == nil {
		if real, err := filepath.EvalSymlinks(path); err == nil {
			dirs = append(dirs, filepath.Dir(real))
		}
	}
	for _, pattern := range []string{"/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin", "/usr/local/pgsql/bin"} {
		found, _ := filepath.Glob(pattern) // the pattern is right
		dirs = append(dirs, found...)
	}
	var all []installed
	for _, dir := range dirs {
		client, err := probeClient(ctx, Client{Path: filepath.Join(dir, "pg_dump")})
		if err == nil && isELF(filepath.Join(dir, "pg_restore")) && isELF(filepath.Join(dir, "psql")) {
			all = append(all, installed{dir, client.Major})
		}
	}
	return all
}

// probeClient asks a client for its version, so that one that cannot start is none.
func probeClient(ctx context.Context, client Client) (Client, error) {
	if !isELF(client.Path) {
		return Client{}, fmt.Errorf("%s is no program", client.Path)
	}
	command := client.Command(ctx, "--version")
	var said bytes.Buffer
	var complained Tail
	command.Stdout, command.Stderr = &said, &complained
	if err := Run(command); err != nil {
		return Client{}, fmt.Errorf("%s does not start: %s: %w", client.Path, complained.Line(), err)
	}
	client.Version = string(bytes.TrimSpace(said.Bytes()))
	found := clientVersion.FindStringSubmatch(client.Version)
	if found == nil {
		return Client{}, fmt.Errorf("%s says %q for its version", client.Path, client.Version)
	}
	var err error
	client.Major, err = strconv.Atoi(found[1])
	return client, err
}

var clientVersion = regexp.MustCompile(`^(?:pg_dump|pg_restore|psql|pg_basebackup) \(PostgreSQL\) ([0-9]+)`)

func isELF(path string) bool {
	file, err := os.Open(path)
	if err != nil {
		return false
	}
	defer func() { _ = file.Close() }()
	head := make([]byte, 4)
	_, err = io.ReadFull(file, head)
	return err == nil && string(head) == "\x7fELF"
}
