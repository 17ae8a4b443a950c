package cluster

import (
	"archive/tar"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"

	"github.com/moby/moby/api/types/build"
	"github.com/moby/moby/api/types/jsonstream"
	"github.com/moby/moby/client"

	"tristore/drivers/cluster/images"
)

// buildImage sends the ingredients to the daemon and has it build and name the image.
func buildImage(ctx context.Context, daemon client.APIClient, name string, of ingredients) (err error) {
	arguments := map[string]*string{}
	for key, value := range of.arguments {
		arguments[key] = &value
	}
	packed, packing := io.Pipe()
	go func() { packing.CloseWithError(of.pack(packing)) }()
	defer func() { err = errors.Join(err, packed.Close()) }() // ends the packing too
	result, err := daemon.ImageBuild(ctx, packed, client.ImageBuildOptions{
		Tags: []string{name}, BuildArgs: arguments, Remove: true, ForceRemove: true, Version: build.BuilderV1,
	})
	if err != nil {
		return fmt.Errorf("sending it to the daemon: %w", err)
	}
	defer func() { err = errors.Join(err, result.Body.Close()) }()
	return follow(result.Body)
}

// imported is a file system that becomes an image of one layer.
type imported struct{ name, digest, file string }

func importImage(ctx context.Context, daemon client.APIClient, i imported) (err error) {
	file, err := os.Open(i.file)
	if err != nil {
		return fmt.Errorf("importing %s: %w", i.name, err)
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	result, err := daemon.ImageImport(ctx, client.ImageImportSource{Source: io.NopCloser(file), SourceName: "-"}, i.name,
		client.ImageImportOptions{Changes: []string{"LABEL " + labelDigest + "=" + i.digest}})
	if err != nil {
		return fmt.Errorf("importing %s: %w", i.name, err)
	}
	defer func() { err = errors.Join(err, result.Close()) }()
	return follow(result)
}

// follow reads a build to its end: the daemon reports a failure in the stream.
func follow(stream io.Reader) error {
	var last string
	for decoder := json.NewDecoder(stream); ; {
		var message struct {
			Stream string            `json:"stream"`
			Error  *jsonstream.Error `json:"errorDetail"`
		}
		if err := decoder.Decode(&message); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return fmt.Errorf("reading the daemon's answer: %w", err)
		}
		if message.Error != nil {
			return fmt.Errorf("the daemon stopped after %q: %w", last, message.Error)
		}
		if message.Stream != "" {
			last = message.Stream
		}
	}
}

// pack writes the build context: the folder's files, and the programs beside them.
func (i ingredients) pack(to io.Writer) error {
	archive := tar.NewWriter(to)
	entries, err := images.Files.ReadDir(i.folder)
	if err != nil {
		return err
	}
	for _, entry := range entries {
		content, err := images.Files.ReadFile(path.Join(i.folder, entry.Name()))
		if err != nil {
			return err
		}
		// An embedded file has lost its mode; the daemon reads a Dockerfile whatever its mode.
		header := &tar.Header{Typeflag: tar.TypeReg, Name: entry.Name(), Mode: 0o755, Size: int64(len(content))}
		if err := archive.WriteHeader(header); err != nil {
			return err
		}
		if _, err := archive.Write(content); err != nil {
			return err
		}
	}
	for name, from := range i.programs {
		if err := packTree(archive, name, from); err != nil {
			return fmt.Errorf("packing %s: %w", name, err)
		}
	}
	return archive.Close()
}

// packTree adds a file, or a folder with all below it, as root's and without times, so
// that the daemon finds the same content to be the same.
func packTree(archive *tar.Writer, name, from string) error {
	return filepath.WalkDir(from, func(at string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		var target string
		if info.Mode().Type() == fs.ModeSymlink {
			if target, err = os.Readlink(at); err != nil {
				return err
			}
		}
		header, err := tar.FileInfoHeader(info, target)
		if err != nil {
			return err
		}
		below, err := filepath.Rel(from, at)
		if err != nil {
			return err
		}
		*header = tar.Header{Typeflag: header.Typeflag, Name: path.Join(name, filepath.ToSlash(below)),
			Linkname: target, Mode: header.Mode, Size: header.Size}
		if err := archive.WriteHeader(header); err != nil {
			return err
		}
		if !info.Mode().IsRegular() {
			return nil
		}
		file, err := os.Open(at)
		if err != nil {
			return err
		}
		_, err = io.Copy(archive, file)
		return errors.Join(err, file.Close())
	})
}
