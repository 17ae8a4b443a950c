// Package backup runs the documented dump and restore of one store's database: pg_dump
// and pg_restore, mongodump and mongorestore, by the client tools that stand near the
// cluster, in its container or on this machine.
//
// Opinion: a tool that exits 0 after it complained has failed; what it wrote on standard
// error is kept, masked and sorted by what it means. No secret stands in an argument:
// PostgreSQL's tools read PGPASSWORD, MongoDB's a configuration file. An archive is read
// back as a stream, so that both reaches work alike; for mongodump that means --archive
// where the platform's page shows --out.
// Arrow: backup imports drivers and cluster.
package backup

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"tristore/drivers"
	"tristore/drivers/cluster"
)

// Place is one database on one cluster; tools sign in to it as the administrator.
type Place struct {
	Cluster  *cluster.Cluster
	Database string
}

// Report is how a tool fared.
type Report struct {
	Tool    string // such as pg_dump
	Version string // what the tool says
	Where   string // on this machine, or inside the container
	Way     string // what was done other than the platform's page shows; empty when nothing
	Command string // as it was called; no secret ever stands in an argument
	Seconds float64
	Bytes   int64 // of the archive
	// Errors, Warnings and Notes are the lines on standard error, secrets masked.
	Errors, Warnings, Notes []string
}

// Complained is a tool that exited 0 after it had written errors.
type Complained struct {
	Tool   string
	Errors []string
}

func (e *Complained) Error() string {
	return fmt.Sprintf("%s exited 0 and complained %d times, first: %s", e.Tool, len(e.Errors), e.Errors[0])
}

// Altered is an archive that is not what was dumped. Not every change is seen by the
// tools: pg_restore takes an archive that lost its last byte.
type Altered struct{ Path string }

func (e *Altered) Error() string { return "the archive " + e.Path + " is not what was dumped" }

// Unfinished is a plain dump without the line that pg_dump ends with. psql would take it:
// to psql, the end of the file is the end of the rows.
type Unfinished struct{ Path string }

func (e *Unfinished) Error() string {
	return "the dump " + e.Path + " lacks the last line of a whole one: " + lastLine
}

// Broke tells whether err is a tool or an archive that did not do what it must, as
// opposed to a tool that is missing or could not be started.
func Broke(err error) bool {
	var failed *cluster.ToolFailed
	var complained *Complained
	var altered *Altered
	var unfinished *Unfinished
	return errors.As(err, &failed) || errors.As(err, &complained) || errors.As(err, &altered) || errors.As(err, &unfinished)
}

// LeavesIndexesOut tells whether the engine's restore can bring back documents only, so
// that whoever restores makes the indexes: FerretDB 1 refuses the index options that
// mongorestore sends.
func LeavesIndexesOut(engine drivers.Engine) bool {
	return engine == drivers.Engine{Product: drivers.FerretDB, Major: 1}
}

// call is one run of a tool with its report.
type call struct {
	program *cluster.Program
	secret  drivers.Secret
	invoke  cluster.Invocation
}

// run executes the tool, keeps and sorts what it wrote on standard error, and turns
// errors behind an exit of 0 into a failure.
func (c call) run(ctx context.Context) (Report, error) {
	report := Report{Tool: c.program.Name, Version: c.program.Version, Where: c.program.Where,
		Command: strings.Join(append([]string{c.program.Name}, c.invoke.Args...), " ")}
	said := &bounded{limit: stderrMax}
	c.invoke.Err = said
	began := time.Now()
	err := c.program.Run(ctx, c.invoke)
	report.Seconds = time.Since(began).Seconds()
	sortLines(&report, mask(said.String(), c.secret))
	if err == nil && len(report.Errors) > 0 {
		err = &Complained{report.Tool, report.Errors}
	}
	return report, err
}

// stderrMax bounds what is kept of a tool's standard error, in bytes.
const stderrMax = 256 << 10

// bounded keeps the first bytes written to it.
type bounded struct {
	bytes.Buffer
	limit int
}

// Write pretends to take everything, so that the tool is not ended by a closed pipe.
func (b *bounded) Write(data []byte) (int, error) {
	room := max(0, b.limit-b.Len())
	_, err := b.Buffer.Write(data[:min(room, len(data))])
	return len(data), err
}

func mask(text string, secret drivers.Secret) string {
	if secret.Empty() {
		return text
	}
	return strings.ReplaceAll(text, secret.Reveal(), secret.String())
}

// sortLines puts each line where it belongs.
func sortLines(report *Report, text string) {
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if line == "" {
			continue
		}
		switch meaning(line) {
		case anError:
			report.Errors = append(report.Errors, line)
		case aWarning:
			report.Warnings = append(report.Warnings, line)
		default:
			report.Notes = append(report.Notes, line)
		}
	}
}
