package store

import (
	"fmt"
	"maps"
	"slices"
)

// Difference is how a second database differs from a first: what was promised and is
// not there, and what is there and was not promised.
type Difference struct {
	Lost, Gained []string // catalogue lines, sorted
	Tables       []TableDifference
}

// TableDifference is one table whose content is not the same; a table that is missing
// on one side has no rows there.
type TableDifference struct {
	Table     string
	Want, Got TableDigest
}

// String names the table and how its content differs.
func (t TableDifference) String() string {
	if t.Want.Rows == t.Got.Rows {
		return fmt.Sprintf("table %s: %d rows on both sides, content differs", t.Table, t.Want.Rows)
	}
	return fmt.Sprintf("table %s: %d rows wanted, %d there", t.Table, t.Want.Rows, t.Got.Rows)
}

// Against compares other with f; f is what was promised.
func (f Fingerprint) Against(other Fingerprint) Difference {
	d := Difference{Lost: only(f.Objects, other.Objects), Gained: only(other.Objects, f.Objects)}
	names := slices.Sorted(maps.Keys(f.Tables))
	for name := range other.Tables {
		if _, known := f.Tables[name]; !known {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	for _, name := range names {
		if want, got := f.Tables[name], other.Tables[name]; want.Rows != got.Rows || want.Hash != got.Hash {
			d.Tables = append(d.Tables, TableDifference{name, want, got})
		}
	}
	return d
}

// Catalogue counts the catalogue lines that differ.
func (d Difference) Catalogue() int { return len(d.Lost) + len(d.Gained) }

// None tells whether nothing differs.
func (d Difference) None() bool { return d.Catalogue() == 0 && len(d.Tables) == 0 }

// Rows counts rows that are missing, rows that are too many, and tables with as many
// rows as promised and another content.
func (d Difference) Rows() (missing, extra int64, changed int) {
	for _, t := range d.Tables {
		switch {
		case t.Got.Rows < t.Want.Rows:
			missing += t.Want.Rows - t.Got.Rows
		case t.Got.Rows > t.Want.Rows:
			extra += t.Got.Rows - t.Want.Rows
		default:
			changed++
		}
	}
	return missing, extra, changed
}

// Lines names every difference, one a line.
func (d Difference) Lines() []string {
	var lines []string
	for _, lost := range d.Lost {
		lines = append(lines, "missing: "+lost)
	}
	for _, gained := range d.Gained {
		lines = append(lines, "not promised: "+gained)
	}
	for _, table := range d.Tables {
		lines = append(lines, table.String())
	}
	return lines
}

// only gives the lines of a that b has not, counting repetitions, sorted.
func only(a, b []string) []string {
	have := map[string]int{}
	for _, line := range b {
		have[line]++
	}
	var lines []string
	for _, line := range a {
		if have[line] == 0 {
			lines = append(lines, line)
			continue
		}
		have[line]--
	}
	slices.Sort(lines)
	return lines
}
