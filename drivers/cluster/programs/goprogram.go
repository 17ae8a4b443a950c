package programs

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// modules holds a go.mod and a go.sum per program. They end in .txt since go:embed
// refuses a folder with a go.mod; so our own module does not know their dependencies.
//
//go:embed ferretdb/*.txt mongotools/*.txt ycsb/*.txt
var modules embed.FS

// goProgram is a program built from the Go module cache, every dependency pinned by
// the checksums of its go.sum. The build vendors first, so that a file which the
// authors generate before they build (stamps) can be put beside the code.
type goProgram struct {
	title    string // in prose
	key      string // in the cache; holds the version
	mod, sum string // names in modules
	packages map[string]string
	stamps   map[string]string // file below vendor to its content
	tags     string
	defines  []string // -X of the linker
	// checked is a built program that must print version when it is asked for it.
	checked, version string
	ask              string // --version when empty
}

// goProgramDir builds the program once and returns the folder that holds its executables.
func (c Cache) goProgramDir(ctx context.Context, p goProgram) (string, error) {
	fingerprint, err := p.fingerprint()
	if err != nil {
		return "", err
	}
	return c.Entry(ctx, p.key+"-"+fingerprint, p.build)
}

// fingerprint changes with anything that the build depends on, so that an entry made by
// an older recipe is not taken for this one.
func (p goProgram) fingerprint() (string, error) {
	hash := sha256.New()
	for _, name := range []string{p.mod, p.sum} {
		content, err := modules.ReadFile(name)
		if err != nil {
			return "", fmt.Errorf("reading what pins %s: %w", p.title, err)
		}
		hash.Write(content)
	}
	_, _ = fmt.Fprintf(hash, "%q %q %q %q", p.packages, p.stamps, p.tags, p.defines) // maps print in key order; a hash takes all
	return hex.EncodeToString(hash.Sum(nil)[:4]), nil
}

func (p goProgram) build(ctx context.Context, dir string) (err error) {
	tool, err := exec.LookPath("go")
	if err != nil {
		return fmt.Errorf("%s is built from its Go module and there is no go command: install Go 1.26 or later and put it on the PATH", p.title)
	}
	work, err := os.MkdirTemp(dir, "build")
	if err != nil {
		return fmt.Errorf("making a folder to build in: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(work)) }()
	if err := p.vendor(ctx, tool, work); err != nil {
		return err
	}
	for name, source := range p.packages {
		args := []string{"build", "-mod=vendor", "-trimpath", "-buildvcs=false", "-tags", p.tags,
			"-ldflags", strings.Join(append([]string{"-s", "-w"}, p.defines...), " "), "-o", filepath.Join(dir, name), source}
		if err := goCommand(ctx, tool, work, args...); err != nil {
			return fmt.Errorf("building %s: %w", name, err)
		}
	}
	said, err := exec.CommandContext(ctx, filepath.Join(dir, p.checked), cmp.Or(p.ask, "--version")).CombinedOutput()
	if err != nil || !bytes.Contains(said, []byte(p.version)) {
		return errors.Join(fmt.Errorf("the built %s does not say version %s but %q", p.checked, p.version, tail(said)), err)
	}
	return nil
}

// vendor brings the pinned modules below work and puts the stamps among them.
func (p goProgram) vendor(ctx context.Context, tool, work string) error {
	pinned := map[string]string{"go.mod": p.mod, "go.sum": p.sum}
	for name, from := range pinned {
		content, err := modules.ReadFile(from)
		if err == nil {
			err = os.WriteFile(filepath.Join(work, name), content, 0o600)
		}
		if err != nil {
			return fmt.Errorf("writing %s: %w", name, err)
		}
	}
	if err := goCommand(ctx, tool, work, "mod", "vendor"); err != nil {
		return fmt.Errorf("fetching the modules of %s: %w", p.title, err)
	}
	for name, from := range pinned { // vendoring adds what the pin does not know
		before, _ := modules.ReadFile(from)
		after, err := os.ReadFile(filepath.Join(work, name))
		if err != nil || !bytes.Equal(before, after) {
			return errors.Join(fmt.Errorf("the pinned %s of %s is not complete", name, p.title), err)
		}
	}
	for name, content := range p.stamps {
		if err := os.WriteFile(filepath.Join(work, "vendor", name), []byte(content), 0o600); err != nil {
			return fmt.Errorf("stamping the version: %w", err)
		}
	}
	return nil
}

// goCommand runs the go command without a workspace and without a C compiler.
func goCommand(ctx context.Context, tool, dir string, args ...string) error {
	command := exec.CommandContext(ctx, tool, args...)
	command.Dir = dir
	command.Env = append(command.Environ(), "GOWORK=off", "CGO_ENABLED=0", "GO111MODULE=on", "GOFLAGS=")
	said, err := command.CombinedOutput()
	if err != nil {
		return fmt.Errorf("go %s: %w: %s", args[0], err, tail(said))
	}
	return nil
}

// tail is the end of what a program said, short enough for one message.
func tail(said []byte) string {
	const most = 600
	text := strings.TrimSpace(string(said))
	if len(text) > most {
		text = "… " + strings.ToValidUTF8(text[len(text)-most:], "")
	}
	return text
}
