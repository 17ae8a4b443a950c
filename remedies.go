package main

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"tristore/drivers"
	"tristore/reports/result"
	"tristore/scenarios/capacity"
)

// remedyWords are the words of capacity for what is tried before a split.
type remedyWords struct {
	asked []string
	costs string

	names []string // as they were read
}

func (r *remedyWords) declare(c *cobra.Command) {
	set := c.Flags()
	set.StringSliceVar(&r.asked, "remedies", nil, "try these on the shared cluster before a split, and measure what each buys: all, or some of "+strings.Join(capacity.Remedies(), ","))
	set.StringVar(&r.costs, "costs", "", "what remedies cost, a CSV: "+costsHead+" (default: a table of ours, which is not yours)")
}

// read gives the table of costs, and nil where no remedy is asked for.
func (r *remedyWords) read(c *cobra.Command) (*result.Costs, error) {
	if len(r.asked) == 0 {
		if c.Flags().Changed("remedies") {
			return nil, fmt.Errorf("--remedies names none: give all, or some of %s", strings.Join(capacity.Remedies(), ", "))
		}
		if r.costs != "" {
			return nil, errors.New("--costs goes with --remedies: add it")
		}
		return nil, nil
	}
	var err error
	if r.names, err = capacity.ParseRemedies(r.asked); err != nil {
		return nil, fmt.Errorf("--remedies: %w", err)
	}
	return r.readCosts(r.names)
}

// readCosts reads the user's table, or ours.
func (r *remedyWords) readCosts(names []string) (*result.Costs, error) {
	if r.costs == "" {
		return parseCosts(strings.NewReader(shippedCosts), names)
	}
	file, err := os.Open(r.costs)
	if err != nil {
		return nil, fmt.Errorf("--costs %s cannot be read: %w", r.costs, err)
	}
	defer func() { _ = file.Close() }() // read only
	costs, err := parseCosts(file, names)
	if err != nil {
		return nil, fmt.Errorf("--costs %s: %w", r.costs, err)
	}
	costs.Said = filepath.Base(r.costs)
	return costs, nil
}

const costsHead = "remedy,money_per_month,work_days,downtime_minutes,risk"

// shippedCosts are guesses that let remedies be ranked before somebody knows better. The row
// called unit says how much of each is one unit of cost.
const shippedCosts = costsHead + `
unit,200,1,60,0
settings,0,0.5,5,0.1
indexes,0,1,1,0.05
pool-caps,0,0.5,5,0.2
cpu,200,0.5,10,0.05
memory,100,0.5,10,0.05
`

// costsMax bounds a table: it has a row for each remedy.
const costsMax = 1 << 16

// parseCosts reads a table, which has a row called unit and one for each remedy asked for.
func parseCosts(from io.Reader, names []string) (*result.Costs, error) {
	reader := csv.NewReader(io.LimitReader(from, costsMax))
	reader.TrimLeadingSpace = true
	rows, err := reader.ReadAll()
	if err != nil {
		return nil, fmt.Errorf("no CSV: %w", err)
	}
	if len(rows) == 0 || strings.Join(rows[0], ",") != costsHead {
		return nil, fmt.Errorf("the first line must be %s", costsHead)
	}
	costs, units := &result.Costs{Of: map[string]result.Cost{}}, false
	known := append(capacity.Remedies(), "unit")
	for _, row := range rows[1:] {
		name := row[0]
		_, twice := costs.Of[name]
		switch {
		case !slices.Contains(known, name):
			return nil, fmt.Errorf("%q is no remedy; did you mean %s?", name, drivers.Nearest(name, known))
		case twice || units && name == "unit":
			return nil, fmt.Errorf("%s is given twice: keep one row", name)
		}
		cost, err := parseCost(row)
		if err != nil {
			return nil, err
		}
		if name == "unit" {
			costs.Unit, units = cost, true
		} else {
			costs.Of[name] = cost
		}
	}
	if !units || !(costs.Unit.MoneyPerMonth > 0 && costs.Unit.WorkDays > 0 && costs.Unit.DowntimeMinutes > 0) {
		return nil, errors.New("a row called unit must say how much money, work and downtime is one unit of cost, each above 0, such as unit,200,1,60,0")
	}
	for _, name := range names {
		switch c, told := costs.Of[name]; {
		case !told:
			return nil, fmt.Errorf("it has no row for %s, which is asked for", name)
		case c.MoneyPerMonth+c.WorkDays+c.DowntimeMinutes == 0:
			return nil, fmt.Errorf("%s costs nothing at all, so that nothing could be weighed against it: give its work days at least", name)
		}
	}
	return costs, nil
}

func parseCost(row []string) (c result.Cost, err error) {
	into := []*float64{&c.MoneyPerMonth, &c.WorkDays, &c.DowntimeMinutes, &c.Risk}
	columns := strings.Split(costsHead, ",")[1:]
	for i, at := range into {
		if *at, err = strconv.ParseFloat(strings.TrimSpace(row[i+1]), 64); err != nil || !(*at >= 0) || math.IsInf(*at, 0) {
			return c, fmt.Errorf("%s of %s is a plain number, 0 or more: it cannot be %q", columns[i], row[0], row[i+1])
		}
	}
	if c.Risk >= 1 {
		return c, fmt.Errorf("risk of %s is the chance that it must be taken back and made again, below 1: it cannot be %g", row[0], c.Risk)
	}
	return c, nil
}
