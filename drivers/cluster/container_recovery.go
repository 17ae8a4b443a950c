package cluster

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"

	"github.com/containerd/errdefs"
	"github.com/testcontainers/testcontainers-go"
)

// baseFile is a base backup among our files in the container, until it is laid out.
const baseFile = "/base.tar"

// laidOut are the files from which a container's server recovers. A segment that cannot be
// read here is one that the server will miss.
func laidOut(from *Recovery) []testcontainers.ContainerFile {
	if from == nil {
		return nil
	}
	all := []testcontainers.ContainerFile{{HostFilePath: from.Base, ContainerFilePath: inside + baseFile, FileMode: 0o600}}
	if from.WAL == "" {
		return all
	}
	all = append(all, testcontainers.ContainerFile{Reader: strings.NewReader(""), ContainerFilePath: inside + recoverySignal, FileMode: 0o600})
	segments, _ := filepath.Glob(filepath.Join(from.WAL, "*")) // the pattern is right
	for _, segment := range segments {
		all = append(all, testcontainers.ContainerFile{HostFilePath: segment, ContainerFilePath: inside + "/" + restoreFolder + "/" + filepath.Base(segment), FileMode: 0o600})
	}
	return all
}

// fetchArchive copies what the server archived out of its container.
func (t containerTools) fetchArchive(ctx context.Context, folder string) (err error) {
	daemon, err := openDaemon(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, daemon.Close()) }()
	from := folderExchange{t, daemon, inside + "/" + archiveFolder}
	if err := from.out(ctx, folder); !errdefs.IsNotFound(err) {
		return err
	}
	return os.Mkdir(folder, 0o700) // it archived nothing: it is for whoever reads the folder to see that
}
