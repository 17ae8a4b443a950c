package programs

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// debian returns a folder that holds one package of a Debian suite and the libraries it
// needs, unpacked and not installed: nothing of this machine's own packages is touched,
// and root is not needed. The mirror and the keyring are those that this machine's apt
// is set up with; what is fetched carries the suite's signature. A suite moves, so that
// the version is what it had on the day of the fetch.
func (c Cache) debian(ctx context.Context, suite, name string) (string, error) {
	return c.Entry(ctx, "debian/"+suite+"-"+name, func(ctx context.Context, dir string) error {
		for _, program := range []string{"apt-get", "apt-cache", "dpkg-deb"} {
			if _, err := exec.LookPath(program); err != nil {
				return fmt.Errorf("%s is needed and this is no Debian: %w", program, err)
			}
		}
		apt := aptBox{dir: filepath.Join(dir, "apt")}
		if err := apt.open(ctx, suite); err != nil {
			return err
		}
		packages, err := apt.closure(ctx, name)
		if err != nil {
			return err
		}
		if err := apt.unpack(ctx, packages, dir); err != nil {
			return err
		}
		var spare []error
		for _, left := range []string{"apt", "usr/share/doc", "usr/share/man", "usr/share/locale", "usr/share/info"} {
			spare = append(spare, os.RemoveAll(filepath.Join(dir, left)))
		}
		return errors.Join(spare...)
	})
}

// aptBox is an apt of its own: one suite, no installed packages, all state below dir.
type aptBox struct{ dir string }

func (a aptBox) open(ctx context.Context, suite string) error {
	mirror, err := debianMirror(ctx)
	if err != nil {
		return err
	}
	for _, folder := range []string{"lists/partial", "archives/partial"} {
		if err := os.MkdirAll(filepath.Join(a.dir, folder), 0o755); err != nil {
			return err
		}
	}
	keyring := "/usr/share/keyrings/debian-archive-keyring.gpg"
	source := fmt.Sprintf("deb [signed-by=%s] %s %s main\n", keyring, mirror, suite)
	if err := errors.Join(os.WriteFile(filepath.Join(a.dir, "sources.list"), []byte(source), 0o644),
		os.WriteFile(filepath.Join(a.dir, "status"), nil, 0o644)); err != nil {
		return err
	}
	if _, err := a.run(ctx, a.dir, "apt-get", "update", "--error-on=any"); err != nil {
		return fmt.Errorf("reading the list of Debian's suite %s; is there a network, and does the mirror that apt is set up with answer? %w", suite, err)
	}
	return nil
}

// options keep apt inside its box; the machine's other settings, a proxy say, hold.
func (a aptBox) options() []string {
	at := func(name string) string { return filepath.Join(a.dir, name) }
	var all []string
	for _, option := range []string{
		"Dir::State=" + a.dir, "Dir::State::Lists=" + at("lists"), "Dir::State::status=" + at("status"),
		"Dir::Cache=" + a.dir, "Dir::Cache::archives=" + at("archives"), "Dir::Log=" + a.dir,
		"Dir::Etc::SourceList=" + at("sources.list"), "Dir::Etc::SourceParts=-", "Dir::Etc::Preferences=-", "Dir::Etc::PreferencesParts=-",
		"Acquire::Languages=none", "Acquire::Retries=2", "APT::Sandbox::User=", "APT::Install-Recommends=false",
		"APT::Update::Post-Invoke::=", "Debug::NoLocking=true",
	} {
		all = append(all, "-o", option)
	}
	return all
}

func (a aptBox) run(ctx context.Context, dir, program string, args ...string) (string, error) {
	command := Command(ctx, program, append(a.options(), args...)...)
	command.Dir = dir
	var out bytes.Buffer
	var said Tail
	command.Stdout, command.Stderr = &out, &said
	if err := Run(command); err != nil {
		if ctx.Err() != nil {
			return "", fmt.Errorf("%s was given up: %w", program, ctx.Err())
		}
		return "", fmt.Errorf("%s says: %s: %w", program, said.Line(), err)
	}
	return out.String(), nil
}

// closure is the package and every library below it. Other programs that it depends on
// are left out: Debian's wrapper wants Perl, which a call by path does not use.
func (a aptBox) closure(ctx context.Context, name string) ([]string, error) {
	listed, err := a.run(ctx, a.dir, "apt-cache", "depends", "--recurse", "--no-recommends", "--no-suggests",
		"--no-conflicts", "--no-breaks", "--no-replaces", "--no-enhances", name)
	if err != nil {
		return nil, fmt.Errorf("asking what %s needs: %w", name, err)
	}
	return libraries(listed, name), nil
}

// libraries picks from what apt-cache prints: a package stands at the start of a line,
// what it depends on is indented, a virtual one stands in angle brackets.
func libraries(listed, name string) []string {
	chosen := []string{name}
	for line := range strings.Lines(listed) {
		found := strings.TrimSpace(line)
		if found == "" || strings.HasPrefix(line, " ") || strings.HasPrefix(found, "<") {
			continue
		}
		library := strings.HasPrefix(found, "lib") && !strings.Contains(found, "perl") && !strings.Contains(found, ":")
		if library && !slices.Contains(chosen, found) {
			chosen = append(chosen, found)
		}
	}
	return chosen
}

func (a aptBox) unpack(ctx context.Context, packages []string, dir string) error {
	archives := filepath.Join(a.dir, "archives")
	if _, err := a.run(ctx, archives, "apt-get", append([]string{"download"}, packages...)...); err != nil {
		return fmt.Errorf("fetching %s: %w", strings.Join(packages, ", "), err)
	}
	fetched, err := filepath.Glob(filepath.Join(archives, "*.deb"))
	if err != nil || len(fetched) != len(packages) {
		return errors.Join(fmt.Errorf("apt fetched %d packages of %d", len(fetched), len(packages)), err)
	}
	for _, archive := range fetched {
		command := Command(ctx, "dpkg-deb", "-x", archive, dir)
		var said Tail
		command.Stderr = &said
		if err := Run(command); err != nil {
			return fmt.Errorf("unpacking %s: %s: %w", filepath.Base(archive), said.Line(), err)
		}
	}
	return nil
}

// debianMirror asks apt where this machine gets Debian's main packages from.
func debianMirror(ctx context.Context) (string, error) {
	command := Command(ctx, "apt-get", "indextargets", "--format", "$(REPO_URI)|$(CODENAME)|$(SUITE)|$(COMPONENT)|$(LABEL)", "Created-By: Packages")
	var out bytes.Buffer
	var said Tail
	command.Stdout, command.Stderr = &out, &said
	if err := Run(command); err != nil {
		return "", fmt.Errorf("asking apt for its mirrors: %s: %w", said.Line(), err)
	}
	if mirror := pickMirror(out.String()); mirror != "" {
		return mirror, nil
	}
	return "", errors.New("apt on this machine is set up with no mirror of Debian")
}

// pickMirror takes the first archive labelled Debian. Before the first apt-get update
// there are no labels: then the first whose address ends like such an archive's.
func pickMirror(targets string) string {
	unlabelled := ""
	for line := range strings.Lines(targets) {
		fields := strings.Split(strings.TrimSpace(line), "|")
		if len(fields) != 5 || fields[3] != "main" {
			continue
		}
		if fields[4] == "Debian" {
			return fields[0]
		}
		if unlabelled == "" && strings.HasPrefix(fields[4], "$") && strings.HasSuffix(strings.TrimSuffix(fields[0], "/"), "/debian") {
			unlabelled = fields[0]
		}
	}
	return unlabelled
}

// viaLoader is a call of a program by the loader and with the libraries of its own
// folder, since those of this machine may be older.
func viaLoader(root, program string) (Client, error) {
	var loader string
	for _, pattern := range []string{"usr/lib64/ld-linux*.so.*", "lib64/ld-linux*.so.*", "usr/lib/*/ld-linux*.so.*", "lib/*/ld-linux*.so.*", "usr/lib/ld-linux*.so.*", "lib/ld-linux*.so.*"} {
		found, _ := filepath.Glob(filepath.Join(root, pattern)) // the pattern is right
		for _, path := range found {
			if loader == "" && isELF(path) {
				loader = path
			}
		}
	}
	if loader == "" {
		return Client{}, fmt.Errorf("no loader among the libraries in %s", root)
	}
	var folders []string
	for _, pattern := range []string{"usr/lib/*-linux-gnu*", "lib/*-linux-gnu*"} {
		found, _ := filepath.Glob(filepath.Join(root, pattern))
		folders = append(folders, found...)
	}
	return Client{Path: loader, Args: []string{"--argv0", program, "--library-path", strings.Join(folders, ":"), program}}, nil
}
