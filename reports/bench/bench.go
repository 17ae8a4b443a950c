// Package bench turns the output of go test -bench into the table of performance
// targets: ours beside theirs, measured in one interleaved run on the same machine.
//
// A benchmark reports three metrics, and this package nothing but arithmetic:
// "ours-UNIT" and "theirs-UNIT", medians of the two sides, and "target-at-most" or
// "target-at-least", the wanted ratio of ours to theirs. A target of ours alone has a
// "theirs-UNIT" that is the bound itself. It may also report "lowest-ratio" and
// "highest-ratio", between which the ratios of its rounds lay. One that was skipped, failed or never came to
// its end is a row as well, with the reason and not held. Arrow: bench imports nothing of ours.
package bench

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// Row is one performance target.
type Row struct {
	Name   string  `json:"name"`
	Ours   float64 `json:"ours"`
	Theirs float64 `json:"theirs"`
	Unit   string  `json:"unit"`
	Ratio  float64 `json:"ratio"` // ours per theirs
	// Lowest and Highest are the ratios of single rounds; zero where they were not told.
	Lowest  float64 `json:"lowest_ratio,omitempty"`
	Highest float64 `json:"highest_ratio,omitempty"`
	Target  float64 `json:"target"`
	Better  string  `json:"better"` // higher or lower
	Held    bool    `json:"held"`
	NotRun  string  `json:"not_run,omitempty"` // why there are no numbers; such a target is never held
}

// NotBuilt begins the reason of a skip that says that the other side, which is compared
// with where it can be built, is not there. It leaves a target of nobody unmeasured.
const NotBuilt = "not built here: "

// Unmeasured tells whether a target has no numbers that it could have had.
func (r Row) Unmeasured() bool { return r.NotRun != "" && !strings.HasPrefix(r.NotRun, NotBuilt) }

// The metrics of a benchmark line.
const (
	prefix       = "Benchmark" // of the line itself
	oursPrefix   = "ours-"
	theirsPrefix = "theirs-"
	lowest       = "lowest-ratio"
	highest      = "highest-ratio"
	atMost       = "target-at-most"
	atLeast      = "target-at-least"
)

// Read takes rows from what `go test -v -bench` prints: measured targets, and
// benchmarks and packages that did not come to an end. Other lines and benchmarks
// without a target are passed over. A line with a target and without its two sides is an
// error: a target that compares nothing is not held.
func Read(from io.Reader) ([]Row, error) {
	var rows []Row
	var said []string // what a benchmark logged, since go test gives the reason before the name
	failed := false   // a benchmark of this package was named already
	lines := bufio.NewScanner(from)
	for lines.Scan() {
		line := lines.Text()
		fields := strings.Fields(line)
		switch {
		case strings.HasPrefix(line, "    "):
			said = append(said, strings.TrimSpace(line))
			continue
		case len(fields) == 3 && fields[0] == "---" && (fields[1] == "SKIP:" || fields[1] == "FAIL:"):
			rows = append(rows, Row{Name: strings.TrimPrefix(fields[2], prefix), NotRun: reason(fields[1], said)})
			failed = failed || fields[1] == "FAIL:"
		case len(fields) > 1 && fields[0] == "FAIL" && !failed:
			rows = append(rows, Row{Name: fields[1], NotRun: reason("FAIL:", fields[2:])})
		case len(fields) > 1 && (fields[0] == "FAIL" || fields[0] == "ok"):
			failed = false
		case len(fields) >= 4 && strings.HasPrefix(fields[0], prefix):
			row, has, err := read(fields)
			if err != nil {
				return nil, err
			}
			if has {
				rows = append(rows, row)
			}
		}
		said = nil
	}
	return rows, lines.Err()
}

func reason(how string, said []string) string {
	if _, lacks, is := strings.Cut(strings.Join(said, " "), " "+NotBuilt); is && how == "SKIP:" {
		return NotBuilt + lacks
	}
	word := map[string]string{"SKIP:": "skipped", "FAIL:": "failed"}[how]
	if len(said) == 0 {
		return word + " without a reason"
	}
	return word + ": " + strings.Join(said, " ")
}

func read(fields []string) (row Row, has bool, err error) {
	row.Name = strings.TrimPrefix(fields[0], prefix)
	if dash := strings.LastIndexByte(row.Name, '-'); dash > 0 {
		row.Name = row.Name[:dash]
	}
	sides := 0
	for i := 2; i+1 < len(fields); i += 2 {
		value, err := strconv.ParseFloat(fields[i], 64)
		if err != nil || math.IsNaN(value) || math.IsInf(value, 0) {
			return row, false, fmt.Errorf("benchmark %s: %q is no number", row.Name, fields[i])
		}
		switch unit := fields[i+1]; {
		case strings.HasPrefix(unit, oursPrefix):
			row.Ours, row.Unit, sides = value, strings.TrimPrefix(unit, oursPrefix), sides+1
		case strings.HasPrefix(unit, theirsPrefix):
			row.Theirs, sides = value, sides+1
		case unit == lowest:
			row.Lowest = value
		case unit == highest:
			row.Highest = value
		case unit == atMost:
			row.Target, row.Better, has = value, "lower", true
		case unit == atLeast:
			row.Target, row.Better, has = value, "higher", true
		}
	}
	if has && (sides != 2 || row.Theirs <= 0 || row.Unit == "") {
		return row, false, fmt.Errorf("benchmark %s has a target and not both sides of it", row.Name)
	}
	if has {
		row.Ratio = row.Ours / row.Theirs
		row.Held = row.Better == "lower" && row.Ratio <= row.Target || row.Better == "higher" && row.Ratio >= row.Target
	}
	return row, has, nil
}

// Write saves rows as JSON at path, making its folder.
func Write(path string, rows []Row) error {
	data, err := json.MarshalIndent(rows, "", " ")
	if err != nil {
		return fmt.Errorf("encoding the benchmark table: %w", err)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return fmt.Errorf("saving the benchmark table: %w", err)
	}
	if err := os.WriteFile(path, append(data, '\n'), 0o644); err != nil {
		return fmt.Errorf("saving the benchmark table: %w", err)
	}
	return nil
}

// Table writes rows for a reader.
func Table(to io.Writer, rows []Row) error {
	var page strings.Builder
	fmt.Fprintf(&page, "%-34s %12s %12s %-8s %7s  %s\n", "target", "ours", "theirs", "unit", "ratio", "wanted")
	for _, r := range rows {
		if r.NotRun != "" {
			if r.Unmeasured() {
				fmt.Fprintf(&page, "%-34s NOT RUN: %s\n", r.Name, r.NotRun)
			} else {
				fmt.Fprintf(&page, "%-34s %s\n", r.Name, r.NotRun)
			}
			continue
		}
		sign, held, spread := "≤", "held", ""
		if r.Highest > 0 {
			spread = fmt.Sprintf(" (%.3g–%.3g by round)", r.Lowest, r.Highest)
		}
		if r.Better == "higher" {
			sign = "≥"
		}
		if !r.Held {
			held = "NOT HELD"
		}
		fmt.Fprintf(&page, "%-34s %12.4g %12.4g %-8s %7.3f  %s %g %s%s\n", r.Name, r.Ours, r.Theirs, r.Unit, r.Ratio, sign, r.Target, held, spread)
	}
	_, err := io.WriteString(to, page.String())
	return err
}
