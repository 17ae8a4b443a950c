package trace

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"
)

// csvlog reads PostgreSQL's csvlog: rows of 23 columns until 12, 24 in 13, 26 since 14.
type csvlog struct {
	lines   *lines
	clock   moments
	row     []byte
	held    []byte // the first line of a row that was found behind a damaged one
	columns []string
}

// The columns that are read.
const (
	csvTime       = 0
	csvDatabase   = 2
	csvSession    = 5
	csvSeverity   = 11
	csvMessage    = 13
	csvDetail     = 14
	csvColumnsMin = 23
)

// rowBegin is how each row begins, and hardly ever a line inside a statement.
var rowBegin = regexp.MustCompile(`^[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3} [-+A-Za-z0-9:]{1,12},["a-zA-Z,]`)

func (c *csvlog) next() (entry, error) {
	if err := c.readRow(); err != nil {
		return entry{}, err
	}
	if !c.split() || len(c.columns) < csvColumnsMin {
		return entry{}, oddity(oddDamaged)
	}
	at, ok, err := c.clock.read(c.columns[csvTime])
	if err != nil {
		return entry{}, err
	}
	if !ok {
		return entry{}, oddity(oddDamaged)
	}
	return entry{at: at, session: c.columns[csvSession], database: c.columns[csvDatabase], severity: c.columns[csvSeverity],
		message: c.columns[csvMessage], detail: c.columns[csvDetail]}, nil
}

// readRow gathers lines until every quote is closed. A line that begins as a row does
// inside an open quote says that the row before it was cut off, as by a crash.
func (c *csvlog) readRow() error {
	c.row = append(c.row[:0], c.held...)
	c.held = c.held[:0]
	for quotes := bytes.Count(c.row, []byte{'"'}); ; {
		if len(c.row) > 0 && quotes%2 == 0 {
			return nil
		}
		line, err := c.lines.next()
		switch {
		case errors.Is(err, io.EOF) && len(c.row) > 0:
			return oddity(oddDamaged) // and the end comes with the next call
		case err != nil:
			return err
		case len(line) == 0 && len(c.row) == 0:
			continue
		case len(c.row) > 0 && rowBegin.Match(line):
			c.held = append(c.held, line...)
			return oddity(oddDamaged)
		case len(c.row)+len(line) > RecordMax:
			c.row = c.row[:0]
			return oddity(oddLong)
		}
		if len(c.row) > 0 {
			c.row = append(c.row, '\n')
		}
		c.row = append(c.row, line...)
		quotes += bytes.Count(line, []byte{'"'})
	}
}

// split cuts the row into columns; false when it is no row.
func (c *csvlog) split() bool {
	c.columns = c.columns[:0]
	for rest := string(c.row); ; {
		var column string
		if strings.HasPrefix(rest, `"`) {
			end := 1
			for end < len(rest) && (rest[end] != '"' || end+1 < len(rest) && rest[end+1] == '"') {
				if rest[end] == '"' {
					end++
				}
				end++
			}
			if end >= len(rest) {
				return false
			}
			column, rest = strings.ReplaceAll(rest[1:end], `""`, `"`), rest[end+1:]
		} else {
			end := strings.IndexByte(rest, ',')
			if end < 0 {
				end = len(rest)
			}
			column, rest = rest[:end], rest[end:]
		}
		c.columns = append(c.columns, column)
		if rest == "" {
			return true
		}
		if rest[0] != ',' {
			return false
		}
		rest = rest[1:]
	}
}

// newSource reads a log of the given format.
func newSource(format, prefix string, from io.Reader) (source, error) {
	in := newLines(from)
	if format == Profiler {
		return newProfiler(in)
	}
	if err := in.foreign(format); err != nil {
		return nil, err
	}
	switch format {
	case "csvlog":
		return &csvlog{lines: in}, nil
	case "jsonlog":
		return &jsonlog{lines: in}, nil
	case "stderr":
		return newStderr(in, prefix)
	default:
		return nil, fmt.Errorf("format %q is not known: choose csvlog, jsonlog or stderr of PostgreSQL, or profiler of MongoDB", format)
	}
}
