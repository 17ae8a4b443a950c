package cluster

import (
	"archive/tar"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"tristore/drivers"
)

// Recovery lets a cluster begin from a base backup of another one, and go on by that
// one's archived WAL up to a moment. For PostgreSQL, embedded and in containers.
type Recovery struct {
	// Base is a base backup: one file in tar format, with the WAL that makes it consistent.
	Base string
	// WAL is a folder of archived segments; empty recovers to the end of the base.
	WAL string
	// Target is the last moment whose commits come back; zero is the end of the WAL.
	Target time.Time
	// Pause stops at the target and leaves the cluster read-only, where it would be
	// promoted otherwise.
	Pause bool
	// Follow lets the cluster follow its primary by streaming; nil follows nobody. See CanFollow.
	Follow *Following
	// Of is the cluster that the base was taken of, running or not: its accounts came along.
	Of *Cluster
}

// CanArchive tells whether clusters of an engine in a reach can keep their WAL and begin
// from a base backup.
func CanArchive(engine drivers.Engine, reach drivers.Reach) bool {
	return engine.Family() == drivers.FamilyPostgres && (reach == drivers.Embedded || reach == drivers.Container)
}

// ErrEnded marks a server that ended by itself before it was ready: one that finds its
// WAL or its files wanting does.
var ErrEnded = errors.New("the server ended before it was ready")

// FetchWAL copies what the server archived so far into a folder, which it makes. It is
// for a cluster that was started with Archiving.
func (c *Cluster) FetchWAL(ctx context.Context, folder string) error {
	if c.fetchWAL == nil {
		return fmt.Errorf("%s (%s) was not started to archive its WAL", c.Engine, c.Reach)
	}
	if err := c.fetchWAL(ctx, folder); err != nil {
		return fmt.Errorf("fetching the archived WAL of %s: %w", c.Engine, err)
	}
	return nil
}

// Where WAL goes to and comes from, below a folder of the server's own.
const (
	archiveFolder = "archive"
	restoreFolder = "restore"
)

// walSettings make a server archive, recover, or neither. A segment gets its name when it
// is whole, and a name is never used twice.
func walSettings(spec Spec, home string) map[string]string {
	settings := map[string]string{}
	if spec.Archiving {
		folder := shellWord(home + "/" + archiveFolder)
		settings["wal_level"], settings["archive_mode"] = "replica", "on"
		settings["archive_command"] = fmt.Sprintf("mkdir -p %[1]s && test ! -f %[1]s/%%f && cp %%p %[1]s/%%f.part && mv %[1]s/%%f.part %[1]s/%%f", folder)
	}
	if r := spec.Recovery; r != nil && r.WAL != "" {
		settings["restore_command"] = fmt.Sprintf("cp %s/%%f %%p", shellWord(home+"/"+restoreFolder))
		// Nobody is let in before the target is reached, so that an answer is one of the end.
		settings["recovery_target_action"], settings["hot_standby"] = "promote", "off"
		if !r.Target.IsZero() {
			settings["recovery_target_time"] = r.Target.UTC().Format("2006-01-02 15:04:05.000000-07")
		}
		if r.Pause {
			settings["recovery_target_action"], settings["hot_standby"] = "pause", "on"
		}
	}
	return settings
}

// shellWord quotes a path for the shell, and for the server's own use of percent signs.
func shellWord(path string) string {
	return "'" + strings.NewReplacer("'", `'\''`, "%", "%%").Replace(path) + "'"
}

// recoverySignal is the file by which a server knows that it recovers from an archive.
const recoverySignal = "/recovery.signal"

// recover lays a base backup and the archived WAL where an embedded server finds them.
func (r *postgresProgram) recover(e *embedded) error {
	from := e.spec.Recovery
	r.password, r.replaced = from.Of.Admin.URL.Password(), true
	err := unpackBase(from.Base, r.data(e), e.as)
	if err == nil && from.WAL != "" {
		err = copyFolder(from.WAL, filepath.Join(e.run.path, restoreFolder), e.as)
		if err == nil {
			signal := filepath.Join(r.data(e), recoverySignal)
			err = errors.Join(os.WriteFile(signal, nil, 0o600), e.as.give(signal))
		}
	}
	if err == nil && from.Follow != nil {
		err = r.follow(e, *from.Follow)
	}
	if err != nil {
		return fmt.Errorf("laying out a base backup: %w", err)
	}
	return nil
}

// unpackBase makes a data folder of a base backup, owned by the account.
func unpackBase(base, data string, as *account) (err error) {
	file, err := os.Open(base)
	if err != nil {
		return err
	}
	defer func() { _ = file.Close() }() // read only
	if err := errors.Join(os.MkdirAll(data, 0o700), as.give(data)); err != nil {
		return err
	}
	archive := tar.NewReader(file)
	for {
		header, err := archive.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err == nil {
			err = unpackEntry(archive, header, data, as)
		}
		if err != nil {
			return fmt.Errorf("unpacking %s: %w", base, err)
		}
	}
}

func unpackEntry(archive io.Reader, header *tar.Header, data string, as *account) error {
	name := filepath.Clean(header.Name)
	if !filepath.IsLocal(name) {
		return fmt.Errorf("file %q would leave its folder", header.Name)
	}
	path := filepath.Join(data, name)
	switch header.Typeflag {
	case tar.TypeDir:
		return errors.Join(os.MkdirAll(path, 0o700), as.give(path))
	case tar.TypeReg:
		return writeGiven(path, archive, as)
	default:
		return fmt.Errorf("%q is neither file nor folder", header.Name)
	}
}

func writeGiven(path string, content io.Reader, as *account) error {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(file, content)
	return errors.Join(err, file.Close(), as.give(path))
}

// copyFolder copies the plain files of a folder into one that it makes.
func copyFolder(from, to string, as *account) error {
	entries, err := os.ReadDir(from)
	if err == nil {
		err = errors.Join(os.Mkdir(to, 0o700), as.give(to))
	}
	for _, entry := range entries {
		if err == nil && entry.Type().IsRegular() {
			err = copyFile(filepath.Join(from, entry.Name()), filepath.Join(to, entry.Name()), as)
		}
	}
	return err
}

// fetchArchive copies what an embedded server archived. One that archived nothing gives
// an empty folder: it is for whoever reads it to see that.
func (e *embedded) fetchArchive(_ context.Context, folder string) error {
	from := filepath.Join(e.run.path, archiveFolder)
	if _, err := os.Stat(from); errors.Is(err, os.ErrNotExist) {
		return os.Mkdir(folder, 0o700)
	}
	return copyFolder(from, folder, nil)
}
