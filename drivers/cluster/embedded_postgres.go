package cluster

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"

	"tristore/drivers"
	"tristore/drivers/postgres"
)

// postgresProgram starts PostgreSQL from a template, which costs a copy and an exec.
//
// The copy carries the template's superuser password, known to this user only (a file
// of mode 0600 in the cache). The first session replaces it by one made for the run,
// before anybody is told the port; `ready` then proves the new one.
type postgresProgram struct {
	password drivers.Secret
	build    string // folder of the server programs
	template template
	replaced bool // the password
}

func (*postgresProgram) signals() []syscall.Signal {
	return []syscall.Signal{syscall.SIGINT, syscall.SIGQUIT} // fast, then immediate
}

// A server of PostgreSQL takes some 20 MiB besides its buffers, and its sessions.
const (
	postgresMemory      = 96 << 20
	postgresRelaxedDisk = 512 << 20
	postgresStrictDisk  = 2 << 30
)

func (*postgresProgram) needs(spec Spec) needs {
	disk := int64(postgresStrictDisk)
	if spec.Durability == Relaxed {
		disk = postgresRelaxedDisk
	}
	return needs{memoryBytes: postgresMemory + sharedBuffers(spec)<<20, diskBytes: disk}
}

func (r *postgresProgram) prepare(ctx context.Context, e *embedded) error {
	var err error
	if r.build, err = e.cache.Postgres(ctx, e.spec.Engine.Major); err != nil {
		return fmt.Errorf("%w: %w", ErrUnreachable, err)
	}
	if err := e.as.reaches(r.build); err != nil {
		return err
	}
	if r.template, err = openTemplate(ctx, e.cache, made{r.build, e.as, e.spec.InitDB}); err != nil {
		return err
	}
	if e.spec.Recovery != nil {
		if err := r.recover(e); err != nil {
			return err
		}
	} else if e.spec.Seeded != nil {
		err := openSeeded(ctx, e, r, func(kept template) error {
			r.template = kept
			return kept.copyTo(r.data(e), e.as)
		})
		if err != nil {
			return err
		}
	} else if err := r.template.copyTo(r.data(e), e.as); err != nil {
		return err
	}
	// Over TLS or not at all.
	rules := "hostssl all all 127.0.0.1/32 scram-sha-256\nhostssl replication all 127.0.0.1/32 scram-sha-256\n"
	if err := os.WriteFile(filepath.Join(r.data(e), "pg_hba.conf"), []byte(rules), 0o600); err != nil {
		return fmt.Errorf("writing pg_hba.conf: %w", err)
	}
	for name := range e.spec.Settings {
		if !settingName.MatchString(name) {
			return fmt.Errorf("%w: %q is no name of a PostgreSQL setting", ErrUnreachable, name)
		}
	}
	return nil
}

func (r *postgresProgram) source() string { return r.build }

// filling lets little log be kept with the data.
func (*postgresProgram) filling() map[string]string {
	return map[string]string{"max_wal_size": "96MB", "min_wal_size": "32MB"}
}

// settle leaves the settings of initdb alone in the folder.
func (r *postgresProgram) settle(data string) (drivers.Secret, error) {
	if _, err := os.Stat(filepath.Join(data, "postmaster.pid")); err == nil {
		return drivers.Secret{}, errors.New("the filled cluster did not end in order")
	}
	settings, err := os.ReadFile(filepath.Join(r.template.data, "postgresql.conf"))
	if err != nil {
		return drivers.Secret{}, err
	}
	return r.password, os.WriteFile(filepath.Join(data, "postgresql.conf"), settings, 0o600)
}

func (*postgresProgram) data(e *embedded) string { return filepath.Join(e.run.path, "data") }

// launch writes the settings behind those of initdb, where the last one counts. They go
// into the file and not onto the command line, so that a test can change and reload them.
func (r *postgresProgram) launch(e *embedded, port int) (launch, error) {
	settings := postgresSettings(e.spec, e.run.path)
	settings["port"] = strconv.Itoa(port)
	settings["ssl_cert_file"], settings["ssl_key_file"] = e.tls.CertFile, e.tls.KeyFile
	initial, err := os.ReadFile(filepath.Join(r.template.data, "postgresql.conf"))
	if err != nil {
		return launch{}, fmt.Errorf("reading the template's settings: %w", err)
	}
	file := filepath.Join(r.data(e), "postgresql.conf")
	if err := os.WriteFile(file, append(initial, settingLines(settings)...), 0o600); err != nil {
		return launch{}, fmt.Errorf("writing postgresql.conf: %w", err)
	}
	return launch{
		path: filepath.Join(r.build, "bin", "postgres"), args: []string{"-D", r.data(e)}, dir: r.data(e),
		// An immediate shutdown: the server ends its children too, which death by SIGKILL would not.
		farewell: syscall.SIGQUIT,
	}, nil
}

func (r *postgresProgram) ready(ctx context.Context, e *embedded, port int) (*Cluster, error) {
	target := drivers.Target{
		Engine: e.spec.Engine, CAFile: e.tls.CAFile, Application: "tristore",
		URL: drivers.Address{Scheme: "postgres", User: superuser, Password: r.password, HostPort: loopback + ":" + strconv.Itoa(port), Database: "postgres"}.URL(),
	}
	if !r.replaced {
		initial := target
		initial.URL = target.URL.WithUser(superuser, r.template.password)
		if err := postgres.SetPassword(ctx, initial, superuser, r.password); err != nil {
			return nil, err
		}
		r.replaced = true
	}
	version, settings, err := postgres.ServerInfo(ctx, target)
	if err != nil {
		return nil, err
	}
	asked := postgresSettings(e.spec, e.run.path)
	var untold []string
	for name := range asked {
		if _, told := settings[name]; !told {
			untold = append(untold, name)
		}
	}
	rest, err := postgres.Settings(ctx, target, untold)
	if err != nil {
		return nil, err
	}
	return &Cluster{
		Version: version, Admin: target,
		Asked: merged(asked, e.limitsAsked()), InForce: merged(settings, rest, e.limitsInForce()),
		Tools: e.tools(port),
	}, nil
}

// postgresSettings are what we ask for: those that make the server safe to reach, those
// that state durability aloud, those that the limits give, and the caller's on top. Its
// own folders lie below home.
func postgresSettings(spec Spec, home string) map[string]string {
	settings := map[string]string{
		"listen_addresses": loopback, "unix_socket_directories": "", "max_connections": "200",
		"ssl": "on", "ssl_min_protocol_version": "TLSv1.2", "password_encryption": "scram-sha-256",
		"shared_preload_libraries": "pg_stat_statements", "track_io_timing": "on",
		"shared_buffers":  memorySetting(sharedBuffers(spec)),
		"log_line_prefix": "%m [%p] %q%u@%d ", "log_timezone": "UTC", "timezone": "UTC",
		"fsync": "on", "synchronous_commit": "on", "full_page_writes": "on",
	}
	if spec.Durability == Relaxed {
		settings["fsync"], settings["synchronous_commit"], settings["full_page_writes"] = "off", "off", "off"
		settings["max_wal_size"] = "256MB"
	}
	return merged(settings, walSettings(spec, home), spec.Settings)
}

// sharedBuffers in MiB: a quarter of the memory limit; without one the server's own
// default, and for conformance a little, since many servers run at once.
func sharedBuffers(spec Spec) int64 {
	switch {
	case spec.Limits.MemoryBytes > 0:
		return max(1, spec.Limits.MemoryBytes>>20/4)
	case spec.Durability == Relaxed:
		return 32
	default:
		return 128
	}
}

// memorySetting writes a size as the server does when asked, in the largest whole unit.
func memorySetting(mebibytes int64) string {
	if mebibytes%1024 == 0 {
		return strconv.FormatInt(mebibytes/1024, 10) + "GB"
	}
	return strconv.FormatInt(mebibytes, 10) + "MB"
}

var settingName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_.]*$`)

// settingLines quotes values as the file wants them, in a fixed order.
func settingLines(settings map[string]string) []byte {
	var names []string
	for name := range settings {
		names = append(names, name)
	}
	slices.Sort(names)
	var text strings.Builder
	text.WriteString("\n# By tristore.\n")
	quote := strings.NewReplacer(`'`, `''`, `\`, `\\`, "\n", `\n`)
	for _, name := range names {
		text.WriteString(name + " = '" + quote.Replace(settings[name]) + "'\n")
	}
	return []byte(text.String())
}
