package cluster

import (
	"archive/tar"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/moby/moby/client"
)

// folderExchange carries one folder between this machine and a container: a dump in
// PostgreSQL's directory format is no stream.
type folderExchange struct {
	tools  containerTools
	daemon client.APIClient
	path   string // in the container, below /tmp
}

// in copies a folder of this machine into the container.
func (f folderExchange) in(ctx context.Context, from string) error {
	reader, writer := io.Pipe()
	go func() {
		archive := tar.NewWriter(writer)
		err := pack(archive, from, path.Base(f.path))
		_ = writer.CloseWithError(errors.Join(err, archive.Close())) // returns nil, always
	}()
	_, err := f.daemon.CopyToContainer(ctx, f.tools.container, client.CopyToContainerOptions{DestinationPath: "/tmp", Content: reader})
	_ = reader.CloseWithError(io.ErrClosedPipe) // returns nil, always; ends the packing
	if err != nil {
		return fmt.Errorf("copying folder %s into the container: %w", from, err)
	}
	return nil
}

// pack writes a folder's own files, readable in the container by its owner only.
func pack(archive *tar.Writer, from, name string) error {
	if err := archive.WriteHeader(&tar.Header{Typeflag: tar.TypeDir, Name: name + "/", Mode: 0o700}); err != nil {
		return err
	}
	return filepath.WalkDir(from, func(at string, entry fs.DirEntry, err error) error {
		if err != nil || at == from {
			return err
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		if !info.Mode().IsRegular() {
			return fmt.Errorf("%s is no plain file", at)
		}
		if err := archive.WriteHeader(&tar.Header{Typeflag: tar.TypeReg, Name: name + "/" + entry.Name(), Mode: 0o600, Size: info.Size()}); err != nil {
			return err
		}
		file, err := os.Open(at)
		if err != nil {
			return err
		}
		_, err = io.Copy(archive, file)
		return errors.Join(err, file.Close())
	})
}

// out copies what the program wrote to this machine, into a folder that it makes.
func (f folderExchange) out(ctx context.Context, to string) (err error) {
	copied, err := f.daemon.CopyFromContainer(ctx, f.tools.container, client.CopyFromContainerOptions{SourcePath: f.path})
	if err != nil {
		return fmt.Errorf("copying a folder out of the container: %w", err)
	}
	defer func() { err = errors.Join(err, copied.Content.Close()) }()
	if err := os.Mkdir(to, 0o700); err != nil {
		return fmt.Errorf("copying a folder out of the container: %w", err)
	}
	archive := tar.NewReader(copied.Content)
	for {
		header, err := archive.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err == nil && header.Typeflag == tar.TypeReg {
			err = unpack(archive, header, to)
		}
		if err != nil {
			return fmt.Errorf("copying a folder out of the container: %w", err)
		}
	}
}

// unpack writes one file; the folder's own name comes first in the archive.
func unpack(archive *tar.Reader, header *tar.Header, to string) error {
	_, name, _ := strings.Cut(header.Name, "/")
	if !filepath.IsLocal(name) {
		return fmt.Errorf("file %q would leave its folder", header.Name)
	}
	file, err := os.OpenFile(filepath.Join(to, name), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(file, archive)
	return errors.Join(err, file.Close())
}
