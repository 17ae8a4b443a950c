package programs

import (
	"archive/tar"
	"compress/gzip"
	"context"
	"crypto/sha512"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// packNPM fetches one package, name@exact-version, by the machine's npm and as that is
// set up, and returns the path of the archive in dir. Nothing in the package is run.
func packNPM(ctx context.Context, name, dir string) (string, error) {
	npm, err := exec.LookPath("npm")
	if err != nil {
		return "", fmt.Errorf("npm is needed to fetch %s and is not in PATH: install it (on Debian: apt-get install npm): %w", name, err)
	}
	command := Command(ctx, npm, "pack", name, "--pack-destination", dir, "--ignore-scripts", "--loglevel=error", "--no-update-notifier",
		"--fetch-retries=2", "--fetch-retry-mintimeout=1000", "--fetch-retry-maxtimeout=5000", "--fetch-timeout=120000")
	command.Dir = dir
	var said Tail
	command.Stderr = &said
	if err := Run(command); err != nil {
		if ctx.Err() != nil {
			return "", fmt.Errorf("npm was given up: %w", ctx.Err())
		}
		return "", fmt.Errorf("npm could not fetch %s; is there a network, and does the registry that npm is set up with answer? npm says: %.200s: %w", name, said.Line(), err)
	}
	found, err := filepath.Glob(filepath.Join(dir, "*.tgz"))
	if err != nil || len(found) != 1 {
		return "", errors.Join(fmt.Errorf("npm left %d archives of %s, not one", len(found), name), err)
	}
	return found[0], nil
}

// verify compares a file with what npm calls its integrity: sha512 in base64.
func verify(path, integrity string) error {
	wanted, is := strings.CutPrefix(integrity, "sha512-")
	if !is {
		return fmt.Errorf("integrity %q is not a sha512", integrity)
	}
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer func() { _ = file.Close() }()
	sum := sha512.New()
	if _, err := io.Copy(sum, file); err != nil {
		return fmt.Errorf("reading %s: %w", filepath.Base(path), err)
	}
	if got := base64.StdEncoding.EncodeToString(sum.Sum(nil)); got != wanted {
		return fmt.Errorf("%s is not what was pinned: its sha512 is %s and should be %s; it is not used", filepath.Base(path), got, wanted)
	}
	return nil
}

// unpack writes the regular files below prefix of a gzipped tar into dir, those that
// keep wants, by their path after the prefix. Links and devices are refused.
func unpack(packed, prefix, dir string, keep func(path string) bool) (err error) {
	file, err := os.Open(packed)
	if err != nil {
		return err
	}
	defer func() { _ = file.Close() }()
	unzipped, err := gzip.NewReader(file)
	if err != nil {
		return err
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, root.Close()) }()
	archive := tar.NewReader(unzipped)
	for {
		header, err := archive.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		path, below := strings.CutPrefix(header.Name, prefix)
		if !below || header.Typeflag == tar.TypeDir || !keep(path) {
			continue
		}
		if header.Typeflag != tar.TypeReg {
			return fmt.Errorf("%s is no regular file", header.Name)
		}
		if err := extract(root, path, header, archive); err != nil {
			return fmt.Errorf("writing %s: %w", path, err)
		}
	}
}

// extract writes one file; root keeps it inside its folder whatever the path says.
func extract(root *os.Root, path string, header *tar.Header, content io.Reader) error {
	if err := root.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	mode := os.FileMode(0o644)
	if header.FileInfo().Mode()&0o111 != 0 || strings.HasPrefix(path, "bin/") {
		mode = 0o755
	}
	file, err := root.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, mode)
	if err != nil {
		return err
	}
	_, err = io.Copy(file, content)
	return errors.Join(err, file.Close())
}
