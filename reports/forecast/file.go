package forecast

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"time"

	"tristore/reports/result"
)

const (
	fileExample = "week,auth_per_s,collections_per_s"
	mostRows    = 1040 // twenty years
	mostLine    = 4096
	// perMinute turns a column of minutes into seconds.
	perMinute = 60
)

// ReadWeeks reads a file of weekly peaks: a header that names the unit of each column, then
// one line a week without a gap. Its errors are sentences for the user.
func ReadWeeks(from io.Reader) ([]result.WeekPeak, error) {
	lines := bufio.NewScanner(from)
	lines.Buffer(nil, mostLine)
	var columns []column
	var weeks []result.WeekPeak
	var last time.Time
	for number := 1; lines.Scan(); number++ {
		line := strings.TrimSpace(strings.TrimPrefix(lines.Text(), "\uFEFF"))
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		var err error
		if columns == nil {
			columns, err = readHeader(line)
		} else {
			var week result.WeekPeak
			if week, last, err = readWeek(line, columns, last); err == nil {
				weeks = append(weeks, week)
			}
		}
		if err == nil && len(weeks) > mostRows {
			err = fmt.Errorf("over %d weeks: give the latest", mostRows)
		}
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", number, err)
		}
	}
	switch err := lines.Err(); {
	case errors.Is(err, bufio.ErrTooLong):
		return nil, fmt.Errorf("a line is longer than %d characters: this is no file of weekly peaks", mostLine)
	case err != nil:
		return nil, fmt.Errorf("reading the weekly peaks: %w", err)
	case columns == nil:
		return nil, fmt.Errorf("the file is empty: begin with the line %s", fileExample)
	case len(weeks) < 2:
		return nil, fmt.Errorf("%d week tells no growth: give at least %d weeks, or state a rate with --growth 6%%/month", len(weeks), Fewest)
	}
	return weeks, nil
}

// column is one column of the file.
type column struct {
	name  string
	put   func(w *result.WeekPeak, perS float64) // nil is the week
	scale float64                                // to requests per second
}

func readHeader(line string) ([]column, error) {
	if strings.Contains(line, ";") {
		return nil, fmt.Errorf("columns are parted by commas, and this line has semicolons: write %s", fileExample)
	}
	var all []column
	seen := map[string]bool{}
	for field := range strings.SplitSeq(line, ",") {
		name := strings.ToLower(strings.TrimSpace(field))
		store, unit, _ := strings.Cut(name, "_per_")
		c := column{name: name, scale: 1}
		switch store {
		case "week":
			store = "week"
		case "auth":
			c.put = func(w *result.WeekPeak, perS float64) { w.AuthPerS = perS }
		case "collections":
			c.put = func(w *result.WeekPeak, perS float64) { w.CollectionsPerS = perS }
		default:
			return nil, fmt.Errorf("the column %q is not known: the first line names them, such as %s", field, fileExample)
		}
		switch {
		case seen[store]:
			return nil, fmt.Errorf("the column %s stands there twice", store)
		case c.put == nil && name == "week", unit == "s":
		case unit == "min":
			c.scale = 1.0 / perMinute
		default:
			return nil, fmt.Errorf("the column %q has no unit: call it %s_per_s or %s_per_min", name, store, store)
		}
		seen[store] = true
		all = append(all, c)
	}
	if !seen["week"] || !seen["auth"] {
		return nil, fmt.Errorf("the first line must name the columns week and auth_per_s: write %s", fileExample)
	}
	return all, nil
}

// readWeek reads one line, which must be seven days after the last.
func readWeek(line string, columns []column, last time.Time) (w result.WeekPeak, at time.Time, err error) {
	fields := strings.Split(line, ",")
	if len(fields) != len(columns) {
		return w, last, fmt.Errorf("%d fields, and the first line names %d columns", len(fields), len(columns))
	}
	at = last
	for i, c := range columns {
		text := strings.TrimSpace(fields[i])
		if c.put == nil {
			if at, err = time.Parse(time.DateOnly, text); err != nil {
				return w, last, fmt.Errorf("a week is named by a date in it, such as 2026-03-02: it cannot be %q", text)
			}
			w.Week = text
			continue
		}
		value, err := strconv.ParseFloat(text, 64)
		if err != nil || !(value > 0) || math.IsInf(value, 0) || value > 1e9 {
			return w, last, fmt.Errorf("%s is a plain number above 0, its unit stands in the first line: it cannot be %q; leave no week out", c.name, text)
		}
		c.put(&w, value*c.scale)
	}
	const week = 7 * 24 * time.Hour
	if step := at.Sub(last); !last.IsZero() && step != week {
		if step > week && step%week == 0 {
			return w, last, fmt.Errorf("there is a gap: the week of %s is missing (%d of them); add its peak, or begin the file after the gap", last.Add(week).Format(time.DateOnly), int(step/week)-1)
		}
		return w, last, fmt.Errorf("%s does not stand seven days after %s: give one line a week, oldest first", w.Week, last.Format(time.DateOnly))
	}
	return w, at, nil
}
