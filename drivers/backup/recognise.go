package backup

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// Recognise looks at somebody's dump of one PostgreSQL database, tells its format and
// takes its digest. Nothing is written. Its errors are sentences for the user.
func Recognise(path string) (Archive, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return Archive{}, err
	}
	archive := Archive{Path: path, From: filepath.Base(path)}
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return archive, fmt.Errorf("there is no dump at %s: name a file or folder that pg_dump wrote", path)
	case err != nil:
		return archive, fmt.Errorf("the dump %s cannot be read: %w", path, err)
	case info.IsDir():
		archive.Format, err = folderFormat(path)
	case !info.Mode().IsRegular():
		err = fmt.Errorf("%s is no plain file: name a file or folder that pg_dump wrote", path)
	default:
		archive.Format, err = fileFormat(path)
	}
	if err != nil {
		return archive, err
	}
	return Sealed(archive)
}

func folderFormat(path string) (Format, error) {
	if info, err := os.Stat(filepath.Join(path, "toc.dat")); err == nil && info.Mode().IsRegular() {
		return Directory, nil
	}
	return "", fmt.Errorf("the folder %s is no dump of pg_dump --format=directory: it has no file toc.dat", path)
}

// headBytes are enough to tell every format.
const headBytes = 4 << 10

func fileFormat(path string) (Format, error) {
	file, err := os.Open(path)
	if err != nil {
		return "", fmt.Errorf("the dump %s cannot be read: %w", path, err)
	}
	defer func() { _ = file.Close() }() // read only
	head := make([]byte, headBytes)
	n, err := io.ReadFull(file, head)
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) && !errors.Is(err, io.EOF) {
		return "", fmt.Errorf("the dump %s cannot be read: %w", path, err)
	}
	head = head[:n]
	has := func(text string) bool { return bytes.Contains(head, []byte(text)) }
	switch {
	case n == 0:
		return "", fmt.Errorf("%s is empty: nothing was dumped into it", path)
	case bytes.HasPrefix(head, []byte("PGDMP")):
		return Custom, nil
	case bytes.HasPrefix(head, []byte{0x1f, 0x8b}):
		return "", fmt.Errorf("%s is compressed by gzip: unpack it first (mongodump archives cannot be verified yet)", path)
	case has("-- PostgreSQL database cluster dump"):
		return "", fmt.Errorf("%s holds a whole cluster (pg_dumpall): give the dump of one database, by pg_dump", path)
	case has("-- PostgreSQL database dump"):
		return Plain, nil
	}
	return "", fmt.Errorf("%s is no dump in the custom, directory or plain format of pg_dump: its first bytes are none of theirs", path)
}
