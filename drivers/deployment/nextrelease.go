package deployment

import (
	"fmt"
	"io/fs"
	"strings"
	"time"

	"tristore/drivers"
)

// NextRelease is files with one version more, as a next release of the platform would
// ship: it adds an index to a table that is there already, which only its owner may do.
func NextRelease(files fs.FS, family drivers.Family, table string) (fs.FS, error) {
	versions, err := Versions(files)
	if err != nil {
		return nil, err
	}
	next := int64(1)
	if len(versions) > 0 {
		next = versions[len(versions)-1] + 1
	}
	name := fmt.Sprintf("%04d_next_release.up.%s", next, extension(family))
	text := fmt.Sprintf(`[{"createIndexes": %q, "indexes": [{"key": {"updatedAt": 1, "_id": 1}, "name": "next_release"}]}]`, table)
	if family == drivers.FamilyPostgres {
		text = fmt.Sprintf(`CREATE INDEX "next_release" ON %q ("_id");`, table)
	}
	return oneMore{files, schemaFile{name: name, text: text}}, nil
}

// oneMore is a folder with a file more than is there.
type oneMore struct {
	fs.FS
	more schemaFile
}

// ReadDir lists the file among the others; its name sorts last.
func (o oneMore) ReadDir(folder string) ([]fs.DirEntry, error) {
	entries, err := fs.ReadDir(o.FS, folder)
	return append(entries, fs.FileInfoToDirEntry(o.more)), err
}

// Open hands the file out.
func (o oneMore) Open(name string) (fs.File, error) {
	if name == o.more.name {
		return &openFile{strings.NewReader(o.more.text), o.more}, nil
	}
	return o.FS.Open(name)
}

// schemaFile is a file in memory, and what is known of it.
type schemaFile struct{ name, text string }

func (s schemaFile) Name() string       { return s.name }
func (s schemaFile) Size() int64        { return int64(len(s.text)) }
func (s schemaFile) Mode() fs.FileMode  { return 0o444 }
func (s schemaFile) ModTime() time.Time { return time.Time{} }
func (s schemaFile) IsDir() bool        { return false }
func (s schemaFile) Sys() any           { return nil }

type openFile struct {
	*strings.Reader
	of schemaFile
}

func (f *openFile) Stat() (fs.FileInfo, error) { return f.of, nil }
func (f *openFile) Close() error               { return nil }
