package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"tristore/scenarios/trace"
)

// traceCommand makes traces; tristore replay uses them.
func traceCommand(to streams) *cobra.Command {
	c := &cobra.Command{
		Use:   "trace",
		Short: "Make a trace, a recorded workload, from what a server recorded",
		Args:  cobra.NoArgs,
		RunE:  func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	c.AddCommand(traceImportCommand(to))
	return c
}

func traceImportCommand(to streams) *cobra.Command {
	var want trace.Import
	var path string
	c := &cobra.Command{
		Use:   "import FILE…",
		Short: "Read PostgreSQL logs (log_statement or log_min_duration_statement), or an export of MongoDB's system.profile, into one trace; - is standard input",
		Args: func(_ *cobra.Command, files []string) error {
			if len(files) == 0 {
				return errors.New("trace import needs a log: name its files in any order, or - for standard input")
			}
			return nil
		},
		RunE: func(c *cobra.Command, files []string) error {
			summary, err := importTrace(c.Context(), want, files, importPlaces{path, to.in})
			if err != nil {
				return err
			}
			return tellImport(to.out, summary, path)
		},
	}
	set := c.Flags()
	set.StringVar(&want.Format, "format", "csvlog", "the log's format: csvlog, jsonlog (PostgreSQL 15 and later), stderr; profiler (MongoDB, by mongoexport or mongodump)")
	set.StringVar(&want.Prefix, "prefix", trace.DefaultPrefix, "log_line_prefix of a stderr log, as the server has it")
	set.StringVar(&want.Database, "database", "", "database of all statements, whatever the log says; a stderr log without %d says nothing")
	set.BoolVar(&want.Hash, "hash-literals", false, "replace literals and parameters by others of the same shape, so that the trace can leave its site")
	set.StringVarP(&path, "output", "o", "", "the trace to write")
	return c
}

// importPlaces are where an import reads standard input and writes.
type importPlaces struct {
	path string
	in   io.Reader
}

// importTrace writes the trace whole or not at all.
func importTrace(ctx context.Context, want trace.Import, files []string, places importPlaces) (summary trace.Summary, err error) {
	if places.path == "" {
		return summary, errors.New("trace import needs a place for the trace: give -o TRACE")
	}
	if info, err := os.Stat(places.path); err == nil && !info.Mode().IsRegular() {
		return summary, fmt.Errorf("-o %s is no file: name one", places.path)
	}
	var logs []trace.Log
	for _, name := range files {
		from := places.in
		if name != "-" {
			file, err := os.Open(name)
			if err != nil {
				return summary, fmt.Errorf("the log %s cannot be read: name a log file of PostgreSQL, or an export of MongoDB's profiler", name)
			}
			defer func() { _ = file.Close() }() // only read
			from = file
		}
		logs = append(logs, trace.Log{Name: name, From: interruptible{ctx, from}})
	}
	want.Scratch = filepath.Dir(places.path)
	temporary, err := os.CreateTemp(want.Scratch, ".trace-*")
	if err != nil {
		return summary, fmt.Errorf("the trace cannot be written to %s: name another place with -o", places.path)
	}
	defer func() { _ = os.Remove(temporary.Name()) }() // gone already when renamed
	summary, err = want.Run(logs, temporary)
	if err == nil {
		err = errors.Join(temporary.Chmod(0o600), temporary.Sync()) // it holds what users wrote
	}
	if err := errors.Join(err, temporary.Close()); err != nil {
		return summary, err
	}
	return summary, os.Rename(temporary.Name(), places.path)
}

// interruptible ends reading with the context.
type interruptible struct {
	ctx  context.Context
	from io.Reader
}

func (i interruptible) Read(into []byte) (int, error) {
	if i.ctx.Err() != nil {
		return 0, errors.New("stopped by a signal; no trace was written")
	}
	return i.from.Read(into)
}

// tellImport prints what was imported, and by reason what was not.
func tellImport(to io.Writer, s trace.Summary, path string) error {
	all := s.Records
	for _, c := range s.NotReplayable {
		all += c.N
	}
	text := fmt.Sprintf("%d of %d statements are in %s; they span %s\n", s.Records, all, path, s.Span.Round(time.Millisecond))
	for _, c := range s.NotReplayable {
		text += fmt.Sprintf("  %8d  not replayable: %s\n", c.N, c.What)
	}
	for _, c := range s.Other {
		text += fmt.Sprintf("  %8d  no statements: %s\n", c.N, c.What)
	}
	if s.Hashed {
		text += "literals and parameters were hashed; names, and the shape of what was hashed, are still there to be read\n"
	}
	_, err := io.WriteString(to, text)
	return err
}
