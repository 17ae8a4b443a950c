package programs

import (
	"context"
	"net/url"
	"path/filepath"

	"tristore/drivers"
)

// FerretDB returns the path of FerretDB 1, which keeps its data in SQLite files.
func (c Cache) FerretDB(ctx context.Context) (string, error) {
	const version = "v1.24.2"
	dir, err := c.goProgramDir(ctx, goProgram{
		title: "FerretDB 1", key: "ferretdb-" + version, mod: "ferretdb/v1.mod.txt", sum: "ferretdb/v1.sum.txt",
		packages: map[string]string{"ferretdb": "github.com/FerretDB/FerretDB/cmd/ferretdb"},
		// Without this file the program panics at its start.
		stamps:  map[string]string{"github.com/FerretDB/FerretDB/build/version/version.txt": version},
		tags:    "ferretdb_no_postgresql",
		checked: "ferretdb", version: version,
	})
	return filepath.Join(dir, "ferretdb"), err
}

// FerretDB2 returns the path of FerretDB 2, a front of PostgreSQL with the DocumentDB
// extension. It is linked statically, so that an image of any distribution can run it.
func (c Cache) FerretDB2(ctx context.Context) (string, error) {
	const version = "v2.7.0"
	dir, err := c.goProgramDir(ctx, goProgram{
		title: "FerretDB 2", key: "ferretdb-" + version, mod: "ferretdb/v2.mod.txt", sum: "ferretdb/v2.sum.txt",
		packages: map[string]string{"ferretdb": "github.com/FerretDB/FerretDB/v2/cmd/ferretdb"},
		stamps:   map[string]string{"github.com/FerretDB/FerretDB/v2/build/version/version.txt": version},
		checked:  "ferretdb", version: version,
	})
	return filepath.Join(dir, "ferretdb"), err
}

// FerretDBPlace is how one FerretDB 1 process runs.
type FerretDBPlace struct {
	// DataDir and StateDir exist already; StateDir holds the id of the instance.
	DataDir, StateDir string
	// Listen is host:port; only TLS 1.2 and later is spoken there.
	Listen            string
	CertFile, KeyFile string
	// User is made at the first start of an empty DataDir, in database admin, and
	// signs in with authSource=admin.
	User     string
	Password drivers.Secret
	// Relaxed lets a commit return before it is on disk.
	Relaxed bool
}

// FerretDBArgs are the arguments and the additional environment of one FerretDB 1
// process. The password travels in the environment, never among the arguments.
//
// One port only is opened: the plain listener and the one for metrics are off, and so
// are telemetry and the state of anybody's other FerretDB. "New authentication" is what
// makes accounts real: without it any password signs in. The server must not be given a
// CA file, since it would then ask clients for certificates.
func FerretDBArgs(at FerretDBPlace) (args, env []string) {
	synchronous := "synchronous(full)"
	if at.Relaxed {
		synchronous = "synchronous(off)"
	}
	data := url.URL{Scheme: "file", Path: filepath.ToSlash(filepath.Clean(at.DataDir)) + "/", OmitHost: true,
		RawQuery: url.Values{"_pragma": {"busy_timeout(10000)", "journal_mode(wal)", synchronous}}.Encode()}
	return []string{
			"--handler=sqlite", "--sqlite-url=" + data.String(), "--state-dir=" + at.StateDir,
			"--listen-addr=", "--listen-tls=" + at.Listen, "--listen-tls-cert-file=" + at.CertFile, "--listen-tls-key-file=" + at.KeyFile,
			"--test-enable-new-auth", "--setup-database=admin",
			"--telemetry=disable", "--debug-addr=-", "--log-level=WARN", "--no-log-uuid",
		}, []string{
			"FERRETDB_SETUP_USERNAME=" + at.User, "FERRETDB_SETUP_PASSWORD=" + at.Password.Reveal(),
		}
}
