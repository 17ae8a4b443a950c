package backup

import (
	"context"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"

	"tristore/drivers/cluster"
)

// pgDump writes out to a stream, and the directory format into a folder.
func pgDump(ctx context.Context, from Place, how How, out io.Writer) (Report, error) {
	program, _, err := pgTool(ctx, from, "pg_dump")
	if err != nil {
		return Report{Tool: "pg_dump"}, err
	}
	invoke := invocation(from, program, "--format="+string(how.Format))
	for _, table := range how.Without {
		invoke.Args = append(invoke.Args, `--exclude-table="`+table+`"`)
	}
	if how.Only != "" {
		invoke.Args = append(invoke.Args, `--table="`+how.Only+`"`)
	}
	if how.Snapshot != "" {
		invoke.Args = append(invoke.Args, "--snapshot="+how.Snapshot)
	}
	if how.SchemaOnly {
		invoke.Args = append(invoke.Args, "--schema-only")
	}
	switch how.Format {
	case Directory:
		invoke.Args = append(invoke.Args, fmt.Sprintf("--jobs=%d", max(1, how.Jobs)), "--file={folder}")
		invoke.FolderOut = how.folder
	case Plain: // pg_restore has these at restore, psql has not
		invoke.Args = append(invoke.Args, "--clean", "--if-exists")
		invoke.Out = out
	default:
		invoke.Out = out
	}
	report, err := call{program, from.Cluster.Admin.URL.Password(), invoke}.run(ctx)
	if how.Snapshot != "" {
		report.Way = "--snapshot, so that others can read the same moment"
	}
	return report, err
}

// pgRestore restores as the platform's page says, with --clean --if-exists, and stops at
// the first error. A plain dump is a script, which psql reads.
//
// A pg_restore of 17 or later sends a setting that servers before 17 do not know, and so
// ends at its first statement. There is no option against it: there, pg_restore writes
// its script to psql instead of sending it, and that one line is left out on the way.
func pgRestore(ctx context.Context, to Place, from source) (Report, error) {
	if from.archive.Format == Plain {
		return psqlScript(ctx, to, from.stream)
	}
	program, client, err := restorer(ctx, to, from.archive)
	if err != nil {
		return Report{Tool: "pg_restore"}, err
	}
	args := from.arguments()
	if client >= settingSince && to.Cluster.Engine.Major < settingSince {
		report, err := pgRestoreScript(ctx, to, program, from.into(cluster.Invocation{Args: args}))
		if from.how.Jobs > 1 {
			report.Way += fmt.Sprintf("; in one job and not in %d, since psql reads one script", from.how.Jobs)
		}
		return report, err
	}
	if from.archive.Format == Directory {
		args = append(args, fmt.Sprintf("--jobs=%d", max(1, from.how.Jobs)))
	}
	return call{program, to.Cluster.Admin.URL.Password(), from.into(invocation(to, program, args...))}.run(ctx)
}

// psqlScript sends a plain dump to psql, without the setting that the server may not know.
func psqlScript(ctx context.Context, to Place, script io.Reader) (Report, error) {
	psql, _, err := pgTool(ctx, to, "psql")
	if err != nil {
		return Report{Tool: "psql"}, err
	}
	way := ""
	if to.Cluster.Engine.Major < settingSince {
		from := script
		reader, plain := io.Pipe()
		defer func() { _ = reader.CloseWithError(io.ErrClosedPipe) }() // returns nil, always; ends the copying below
		go func() {
			filtered := &withoutSetting{to: plain}
			_, err := io.Copy(filtered, from)
			_ = plain.CloseWithError(errors.Join(err, filtered.flush())) // returns nil, always
		}()
		script, way = reader, leftOut(to)
	}
	invoke := scriptInvocation(to, psql)
	invoke.In = script
	report, err := call{psql, to.Cluster.Admin.URL.Password(), invoke}.run(ctx)
	report.Way = way
	return report, err
}

func scriptInvocation(to Place, psql *cluster.Program) cluster.Invocation {
	return invocation(to, psql, "--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", "--file=-")
}

func leftOut(to Place) string {
	return fmt.Sprintf("the script goes to psql without its line %q, which PostgreSQL %d does not know", setting, to.Cluster.Engine.Major)
}

// settingSince is the major whose pg_restore sends SET transaction_timeout.
const settingSince = 17

func pgRestoreScript(ctx context.Context, to Place, restore *cluster.Program, invokeRestore cluster.Invocation) (Report, error) {
	psql, _, err := pgTool(ctx, to, "psql")
	if err != nil {
		return Report{Tool: "psql"}, err
	}
	script, plain := io.Pipe()
	// psql ends first when a statement fails; closing its end then ends pg_restore too.
	writing := make(chan error, 1)
	var wrote Report
	go func() {
		var err error
		filtered := &withoutSetting{to: plain}
		invokeRestore.Args, invokeRestore.Out = append(invokeRestore.Args, "--file=-"), filtered
		wrote, err = call{program: restore, invoke: invokeRestore}.run(ctx)
		err = errors.Join(err, filtered.flush())
		_ = plain.CloseWithError(err) // returns nil, always
		writing <- err
	}()
	invoke := scriptInvocation(to, psql)
	invoke.In = script
	report, err := call{psql, to.Cluster.Admin.URL.Password(), invoke}.run(ctx)
	_ = script.CloseWithError(io.ErrClosedPipe) // returns nil, always
	wroteErr := <-writing
	report.Tool, report.Version = "pg_restore | psql", wrote.Version+" | "+report.Version
	report.Command = wrote.Command + " | " + report.Command
	report.Way = leftOut(to)
	report.Errors, report.Warnings, report.Notes = append(wrote.Errors, report.Errors...), append(wrote.Warnings, report.Warnings...), append(wrote.Notes, report.Notes...)
	if err != nil && errors.Is(wroteErr, io.ErrClosedPipe) {
		wroteErr = nil // it only could not go on writing
	}
	return report, errors.Join(err, wroteErr)
}

// pgTool finds a tool that is no older than the server: an older pg_dump refuses it, and
// an older pg_restore cannot read what a newer pg_dump wrote.
func pgTool(ctx context.Context, at Place, name string) (program *cluster.Program, client int, err error) {
	program, err = at.Cluster.Tools.Find(ctx, name)
	if err != nil {
		return nil, 0, err
	}
	if client, err = major(program.Version); err != nil {
		return nil, 0, err
	}
	if server := at.Cluster.Engine.Major; client < server {
		return nil, client, &cluster.ToolMissing{Tool: name, Install: fmt.Sprintf("the one found is %s, and PostgreSQL %d needs %d or later", program.Version, server, server)}
	}
	if admin := at.Cluster.Admin; program.CAFile == "" && !admin.SelfSigned && client < systemRootsSince {
		return nil, client, &cluster.ToolMissing{Tool: name, Install: fmt.Sprintf("the one found is %s, and only %d or later knows this machine's roots: install one, or give --ca-file", program.Version, systemRootsSince)}
	}
	return program, client, nil
}

// Ready tells whether there are tools that can dump from a PostgreSQL cluster: a
// *cluster.ToolMissing when they cannot be had, or are older than its server.
func Ready(ctx context.Context, at Place) error {
	_, _, err := pgTool(ctx, at, "pg_dump")
	return err
}

// restorer finds a pg_restore that can read the archive. One that is too old says nothing
// about the archive, and so is a tool that is missing.
func restorer(ctx context.Context, at Place, archive Archive) (program *cluster.Program, client int, err error) {
	program, client, err = pgTool(ctx, at, "pg_restore")
	if err != nil {
		return nil, 0, err
	}
	if needs := needsClient(archive); client < needs {
		return nil, client, &cluster.ToolMissing{Tool: "pg_restore", Install: fmt.Sprintf(
			"the archive was written by a pg_dump of %d or later, which %s cannot read: install clients of %d or later, or restore into a newer PostgreSQL", needs, program.Version, needs)}
	}
	return program, client, nil
}

// systemRootsSince is the major whose clients can verify by the machine's own roots.
const systemRootsSince = 16

func invocation(at Place, program *cluster.Program, args ...string) cluster.Invocation {
	call := wholeCluster(at, program, args...)
	call.Args = append(call.Args, "--dbname="+at.Database)
	return call
}

// wholeCluster calls a tool that is about no one database.
func wholeCluster(at Place, program *cluster.Program, args ...string) cluster.Invocation {
	admin := at.Cluster.Admin
	mode := "verify-full"
	if admin.SelfSigned {
		mode = "require"
	}
	env := []string{"PGPASSWORD=" + admin.URL.Password().Reveal(), "PGSSLMODE=" + mode, "PGAPPNAME=tristore backup", "PGCONNECT_TIMEOUT=15"}
	switch {
	case admin.SelfSigned: // with a root certificate, require would verify against it
	case program.CAFile != "":
		env = append(env, "PGSSLROOTCERT="+program.CAFile)
	default:
		env = append(env, "PGSSLROOTCERT=system")
	}
	return cluster.Invocation{Env: env, Args: append(args, "--no-password",
		"--host="+program.Host, "--port="+program.Port, "--username="+admin.URL.User())}
}

// major reads "pg_restore (PostgreSQL) 17.10 (Debian …)".
func major(version string) (int, error) {
	found := regexp.MustCompile(`\) ([0-9]+)`).FindStringSubmatch(version)
	if found == nil {
		return 0, fmt.Errorf("the version of the tool cannot be read from %q", version)
	}
	return strconv.Atoi(found[1])
}

// setting is the line that servers before settingSince do not know.
const setting = "SET transaction_timeout = 0;"

// settingWithin is how many lines of a script may hold it: what comes later is data.
const settingWithin = 40

// withoutSetting passes a script on without that one line.
type withoutSetting struct {
	to    io.Writer
	head  []byte
	lines int
}

// Write looks at whole lines of the head and passes the rest through.
func (w *withoutSetting) Write(data []byte) (int, error) {
	if w.lines >= settingWithin {
		return w.to.Write(data)
	}
	w.head = append(w.head, data...)
	for w.lines < settingWithin {
		line, rest, whole := strings.Cut(string(w.head), "\n")
		if !whole {
			return len(data), nil
		}
		w.head = []byte(rest)
		w.lines++
		if line == setting {
			continue
		}
		if _, err := io.WriteString(w.to, line+"\n"); err != nil {
			return 0, err
		}
	}
	return len(data), w.flush()
}

// flush passes on what is left of the head.
func (w *withoutSetting) flush() error {
	left := w.head
	w.head = nil
	_, err := w.to.Write(left)
	return err
}
