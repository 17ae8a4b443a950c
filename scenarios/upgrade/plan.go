package upgrade

import (
	"fmt"
	"slices"
	"strings"

	"tristore/drivers"
	"tristore/scenarios/road"
)

// Method is how the content gets to the new major.
type Method string

// The methods.
const (
	ByDump    Method = "dump"       // pg_dump and pg_restore while nobody writes
	BlueGreen Method = "bluegreen"  // logical replication while the application writes, then a cut-over
	InPlace   Method = "pg_upgrade" // the data folder itself, where the programs of both majors are there
)

// Methods lists them in the order shown to users.
func Methods() []Method { return []Method{ByDump, BlueGreen, InPlace} }

// Way is which pairs of majors are gone through.
type Way string

// The ways from one major to another.
const (
	Direct Way = "direct" // the one pair
	Chain  Way = "chain"  // one major after the other, each beginning with what the last one left
	All    Way = "all"    // every pair of majors between the two, each on its own
)

// Pair is one upgrade.
type Pair struct {
	From drivers.Engine `json:"from"`
	To   drivers.Engine `json:"to"`
}

// String stands for the pair where an engine's word would, such as "postgres:12-16".
func (p Pair) String() string { return fmt.Sprintf("%s-%d", p.From, p.To.Major) }

// Title is the pair in prose.
func (p Pair) Title() string { return fmt.Sprintf("%s to %d", p.From.Title(), p.To.Major) }

// Pairs lists the upgrades of a way from one major to another. Its errors are sentences
// for the user.
func Pairs(from, to drivers.Engine, way Way) ([]Pair, error) {
	for _, engine := range []drivers.Engine{from, to} {
		if engine.Product != drivers.Postgres {
			return nil, fmt.Errorf("an upgrade drill goes from one PostgreSQL major to another, and %s is none of them: name two such as postgres:12 and postgres:16", engine)
		}
	}
	switch {
	case from.Major == to.Major:
		return nil, fmt.Errorf("%s to %s is no upgrade: name two majors such as postgres:12 and postgres:16", from, to)
	case from.Major > to.Major:
		return nil, fmt.Errorf("%s to %s is a downgrade, which PostgreSQL has no way for: exchange --from and --to", from, to)
	}
	var majors []drivers.Engine
	for _, known := range drivers.Supported() {
		if engine := known.Engine; engine.Product == drivers.Postgres && engine.Major >= from.Major && engine.Major <= to.Major {
			majors = append(majors, engine)
		}
	}
	slices.SortFunc(majors, func(a, b drivers.Engine) int { return a.Major - b.Major })
	var all []Pair
	for i, old := range majors {
		for _, next := range majors[i+1:] {
			direct := old == from && next == to
			if way == All || way == Chain && next == majors[i+1] || way == Direct && direct {
				all = append(all, Pair{old, next})
			}
		}
	}
	return all, nil
}

// Plan is everything that a drill depends on. The head's engine is the last major that is
// gone to, and its reach is that of all: embedded or container.
type Plan struct {
	road.Head
	Pairs  []Pair  `json:"pairs"`
	Way    Way     `json:"way"`
	By     Method  `json:"by"`
	Seed   uint64  `json:"seed"`
	Faults []Fault `json:"faults,omitempty"`
}

// The claims of a drill; their sentences and rules stand in package suites.
const (
	Snapshot   = "UPGRADE-1"
	Content    = "UPGRADE-2"
	Serve      = "UPGRADE-3"
	Answers    = "UPGRADE-4"
	Order      = "UPGRADE-5"
	Statistics = "UPGRADE-6"
	CutOver    = "UPGRADE-7"
)

// Claims lists them in the order shown.
func Claims() []string {
	return []string{Snapshot, Content, Serve, Answers, Order, Statistics, CutOver}
}

// Fault is something that is done wrong on purpose; the empty one is nothing.
type Fault string

// The faults, each with the claim that must see it.
const (
	NoSnapshot      Fault = "snapshot-skipped"
	BadSnapshot     Fault = "snapshot-cut"
	LostRow         Fault = "row-lost"
	InvalidIndex    Fault = "index-invalid"
	StaleSequence   Fault = "sequence-left-behind"
	DroppedIndex    Fault = "index-dropped"
	OtherCollation  Fault = "collation-exchanged"
	NoStatistics    Fault = "statistics-missing"
	ForgottenWrites Fault = "writes-forgotten"
)

// Faults lists each with the claim that must fail.
func Faults() map[Fault]string {
	return map[Fault]string{NoSnapshot: Snapshot, BadSnapshot: Snapshot, LostRow: Content, InvalidIndex: Content, StaleSequence: Serve,
		DroppedIndex: Answers, OtherCollation: Order, NoStatistics: Statistics, ForgottenWrites: CutOver}
}

// ParseFaults reads the words that a user typed.
func ParseFaults(words []string) (all []Fault, err error) {
	var known []string
	for fault := range Faults() {
		known = append(known, string(fault))
	}
	slices.Sort(known)
	for _, word := range words {
		if !slices.Contains(known, word) {
			return nil, fmt.Errorf("fault %q is not known; did you mean %s? known: %s", word, drivers.Nearest(word, known), strings.Join(known, ", "))
		}
		all = append(all, Fault(word))
	}
	return all, nil
}

// has tells whether the plan asks for a fault.
func (p Plan) has(fault Fault) bool { return slices.Contains(p.Faults, fault) }
