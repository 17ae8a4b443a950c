package backup

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"
	"slices"
	"strings"

	"tristore/drivers/cluster"
)

// Roles are those that a dump names and a restore therefore needs.
type Roles struct {
	Named []string // sorted; without PUBLIC and those that every server has
	// Owner is who owns most of its tables; empty when nobody is said to.
	Owner string
}

// RolesOf reads a dump's statements about owners and grants. A dump that cannot be read
// to its end gives what stood there until then: the restore will tell what is wrong.
func RolesOf(ctx context.Context, near Place, archive Archive) (Roles, error) {
	read := &roleReader{tables: map[string]int{}}
	if archive.Format == Plain {
		file, err := os.Open(archive.Path)
		if err != nil {
			return Roles{}, fmt.Errorf("reading the dump: %w", err)
		}
		err = read.all(file)
		return read.roles(), errors.Join(err, file.Close())
	}
	program, _, err := restorer(ctx, near, archive)
	if err != nil {
		return Roles{}, err
	}
	from := source{archive: archive}
	invoke := cluster.Invocation{Args: []string{"--schema-only", "--file=-"}}
	if archive.Format == Directory {
		invoke.Args = append(invoke.Args, "--format=directory", "{folder}")
	} else {
		file, err := os.Open(archive.Path)
		if err != nil {
			return Roles{}, fmt.Errorf("reading the dump: %w", err)
		}
		defer func() { _ = file.Close() }() // read only
		from.stream = file
	}
	invoke = from.into(invoke)
	script, plain := io.Pipe()
	invoke.Out = plain
	done := make(chan error, 1)
	go func() {
		_, err := call{program: program, invoke: invoke}.run(ctx)
		_ = plain.Close() // returns nil, always
		done <- err
	}()
	err = read.all(script)
	_ = script.CloseWithError(io.ErrClosedPipe) // returns nil, always
	if ran := <-done; ran != nil && !Broke(ran) {
		err = errors.Join(err, ran)
	}
	return read.roles(), err
}

// roleReader collects roles from the lines of a script.
type roleReader struct {
	named  []string
	tables map[string]int // by owner
}

// name is an identifier as pg_dump writes it.
const name = `("(?:[^"]|"")+"|[a-z_][a-z0-9_$]*)`

//nolint:gochecknoglobals // a table nobody writes, compiled once
var roleLines = []*regexp.Regexp{
	regexp.MustCompile(`^ALTER .* OWNER TO ` + name + `;$`),
	regexp.MustCompile(`^GRANT .* TO ` + name + `(?: WITH GRANT OPTION)?;$`),
	regexp.MustCompile(`^REVOKE .* FROM ` + name + `;$`),
	regexp.MustCompile(`^ALTER DEFAULT PRIVILEGES FOR ROLE ` + name + ` `),
	regexp.MustCompile(`^ALTER DEFAULT PRIVILEGES .* TO ` + name + `(?: WITH GRANT OPTION)?;$`),
	regexp.MustCompile(`^SET SESSION AUTHORIZATION ` + name + `;$`),
}

// lineMax bounds one line of a script; a row of a plain dump may be long.
const lineMax = 1 << 30

func (r *roleReader) all(script io.Reader) error {
	lines := bufio.NewScanner(script)
	lines.Buffer(make([]byte, 64<<10), lineMax)
	rows := false
	for lines.Scan() {
		line := lines.Text()
		switch {
		case rows:
			rows = line != `\.`
		case strings.HasPrefix(line, "COPY ") && strings.HasSuffix(line, "FROM stdin;"):
			rows = true
		default:
			r.line(line)
		}
	}
	if err := lines.Err(); err != nil {
		return fmt.Errorf("reading the dump's statements: %w", err)
	}
	return nil
}

func (r *roleReader) line(line string) {
	for _, form := range roleLines {
		found := form.FindStringSubmatch(line)
		if found == nil {
			continue
		}
		role := found[1]
		if strings.HasPrefix(role, `"`) {
			role = strings.ReplaceAll(role[1:len(role)-1], `""`, `"`)
		}
		if strings.EqualFold(role, "public") || strings.HasPrefix(role, "pg_") {
			continue
		}
		if strings.HasPrefix(line, "ALTER TABLE ") {
			r.tables[role]++
		}
		if !slices.Contains(r.named, role) {
			r.named = append(r.named, role)
		}
	}
}

func (r *roleReader) roles() Roles {
	slices.Sort(r.named)
	all := Roles{Named: r.named}
	for _, role := range r.named { // by name, so that equal counts give one answer
		if r.tables[role] > r.tables[all.Owner] {
			all.Owner = role
		}
	}
	return all
}
