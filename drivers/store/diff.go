package store

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Diff names what differs between two fingerprints, sorted: tables with what about them,
// and catalogue lines that only one has. Empty means equal. It cannot name rows: a
// fingerprint is a sum over them.
func (f Fingerprint) Diff(other Fingerprint) []string {
	var all []string
	for _, table := range slices.Sorted(maps.Keys(f.Tables)) {
		has := f.Tables[table]
		got, there := other.Tables[table]
		if !there {
			all = append(all, fmt.Sprintf("table %s is missing: %d rows", table, has.Rows))
			continue
		}
		if said := has.diff(got); said != "" {
			all = append(all, fmt.Sprintf("table %s: %s", table, said))
		}
	}
	for _, table := range slices.Sorted(maps.Keys(other.Tables)) {
		if _, there := f.Tables[table]; !there {
			all = append(all, fmt.Sprintf("table %s is new: %d rows", table, other.Tables[table].Rows))
		}
	}
	all = append(all, onlyIn(f.Objects, other.Objects, "missing: ")...)
	all = append(all, onlyIn(other.Objects, f.Objects, "new: ")...)
	slices.Sort(all)
	return all
}

// diff is what differs, in words; empty when nothing does.
func (d TableDigest) diff(other TableDigest) string {
	var said []string
	if d.Rows != other.Rows {
		said = append(said, fmt.Sprintf("%d rows instead of %d", other.Rows, d.Rows))
	}
	if d.Bytes != other.Bytes {
		said = append(said, fmt.Sprintf("%d bytes instead of %d", other.Bytes, d.Bytes))
	}
	if d.Hash != other.Hash {
		said = append(said, "different content")
	}
	return strings.Join(said, ", ")
}

// onlyIn gives the lines of one list that the other lacks, each as often as it is lacking.
func onlyIn(one, other []string, prefix string) []string {
	left := map[string]int{}
	for _, line := range other {
		left[line]++
	}
	var all []string
	for _, line := range one {
		if left[line]--; left[line] < 0 {
			all = append(all, prefix+line)
		}
	}
	return all
}
