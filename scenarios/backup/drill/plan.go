package drill

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"tristore/drivers"
	"tristore/drivers/backup"
	"tristore/drivers/store"
	"tristore/reports/result"
	"tristore/scenarios/road"
)

// Plan is everything a drill depends on.
type Plan struct {
	road.Head
	Seed uint64 `json:"seed"`
	// Keep the loaded data sets in the cache, where the next drill with the same seed and
	// sizes finds them; for embedded PostgreSQL.
	Keep bool `json:"keep_data,omitempty"`

	Sizes  []int64 `json:"sizes_bytes"` // of the databases on disk; each is drilled
	Rounds int     `json:"rounds"`      // of each size
	Under  Under   `json:"under"`
	Rate   float64 `json:"rate_per_s"`   // of each workload
	Writes float64 `json:"writes_per_s"` // of the ledger: sign-ups, each with a workspace and a binding
	Order  Order   `json:"order"`
	// Format of the dumps, and the jobs of one in the directory format; empty is what the
	// platform's page shows.
	Format backup.Format `json:"format,omitempty"`
	Jobs   int           `json:"jobs,omitempty"`
	// Compare takes dumps in the other orders as well, to see which leaves fewest dangling references.
	Compare bool          `json:"compare_orders,omitempty"`
	Every   time.Duration `json:"every_ns,omitempty"` // how often dumps are to be taken; zero is not said
	// Planned is the size that the promised time to serve is to hold for; zero is the largest
	// of several, and not asked where there is one.
	Planned int64              `json:"planned_bytes"`
	Past    []result.DrillPast `json:"past,omitempty"`
	// Own drills somebody's own databases at the external address; nil fills stores of ours.
	Own *Own `json:"own,omitempty"`
}

// Under says what the stores do while they are dumped.
type Under string

// The loads.
const (
	Idle        Under = "idle"
	Auth        Under = "auth"
	Collections Under = "collections"
	Both        Under = "both"
	// Theirs is whatever the owners of somebody's own databases do meanwhile.
	Theirs Under = "their own"
)

// Unders lists them.
func Unders() []Under { return []Under{Idle, Auth, Collections, Both} }

// Order arranges the three dumps.
type Order string

// Together takes the three moments at once, by snapshots that the dumps share, and then
// dumps one after the other; only PostgreSQL can.
const Together Order = "together"

// InOrder dumps one store after the other, each as it stands then.
func InOrder(names ...store.Name) Order {
	words := make([]string, 0, len(names))
	for _, name := range names {
		words = append(words, string(name))
	}
	return Order(strings.Join(words, ","))
}

// Names are the stores in the order in which they are dumped.
func (o Order) Names() []store.Name {
	if o == Together {
		return store.Names()
	}
	var names []store.Name
	for word := range strings.SplitSeq(string(o), ",") {
		names = append(names, store.Name(word))
	}
	return names
}

// Orders are the arrangements that are worth comparing on an engine: each store first or
// last, and all at one moment where the engine can.
func Orders(engine drivers.Engine) []Order {
	all := []Order{
		InOrder(store.UsersStore, store.PermissionsStore, store.CollectionsStore),
		InOrder(store.CollectionsStore, store.PermissionsStore, store.UsersStore),
		InOrder(store.PermissionsStore, store.UsersStore, store.CollectionsStore),
	}
	if engine.Family() == drivers.FamilyPostgres {
		all = append(all, Together)
	}
	return all
}

// The promises of the platform, in seconds [D].
const (
	promisedRTO = 3600
	promisedRPO = 300
)

// What a drill may ask for.
const (
	smallest  = 1 << 20
	largest   = 1 << 40
	mostSizes = 16
	mostRound = 20
	mostRate  = 10_000
	mostWrite = 500
	mostJobs  = 64
)

// Check refuses a plan that could not be carried out, in a sentence for the user.
func (p Plan) Check() error {
	names := p.Order.Names()
	slices.Sort(names)
	whole := slices.Clone(store.Names())
	slices.Sort(whole)
	switch {
	case p.Own != nil && p.Engine.Product != drivers.Postgres:
		return fmt.Errorf("databases of your own are drilled on PostgreSQL, whose snapshots say what was dumped; for %s mark a sandbox and give --size", p.Engine.Title())
	case p.Own != nil && (p.Own.Into.Product != drivers.Postgres || p.Own.Into.Major < p.Engine.Major):
		return fmt.Errorf("--into %s is no PostgreSQL of %d or later: what %s dumped is restored into the same major or a newer one", p.Own.Into, p.Engine.Major, p.Engine.Title())
	case p.Own == nil && (len(p.Sizes) == 0 || len(p.Sizes) > mostSizes || slices.Min(p.Sizes) < smallest || slices.Max(p.Sizes) > largest):
		return fmt.Errorf("a drill has 1 to %d sizes of 1MiB to 1TiB; asked for %d of them", mostSizes, len(p.Sizes))
	case p.Rounds < 1 || p.Rounds > mostRound:
		return fmt.Errorf("a drill has 1 to %d rounds of each size; asked for %d", mostRound, p.Rounds)
	case p.Own == nil && !slices.Contains(Unders(), p.Under):
		return fmt.Errorf("load %q is not known; did you mean %s? choose idle, auth, collections or both", p.Under, drivers.Nearest(string(p.Under), []string{"idle", "auth", "collections", "both"}))
	case p.Own == nil && !(p.Rate > 0 && p.Rate <= mostRate):
		return fmt.Errorf("a load has a rate above 0 and up to %d per second; asked for %g", mostRate, p.Rate)
	case p.Own == nil && !(p.Writes > 0 && p.Writes <= mostWrite):
		return fmt.Errorf("the ledger has a rate above 0 and up to %d sign-ups per second; asked for %g", mostWrite, p.Writes)
	case p.Order != Together && !slices.Equal(names, whole):
		return fmt.Errorf("order %q is none: write users, permissions and collections in the order of their dumps, or together", p.Order)
	case p.Order == Together && p.Engine.Family() != drivers.FamilyPostgres:
		return fmt.Errorf("%s has no snapshot that three dumps could share: give an order such as %s", p.Engine.Title(), Orders(p.Engine)[0])
	case !slices.Contains(backup.Formats(p.Engine), p.format()):
		return fmt.Errorf("format %q is none of %s's tools; did you mean %s? known: %s", p.Format, p.Engine.Title(), drivers.Nearest(string(p.Format), formatWords(p.Engine)), strings.Join(formatWords(p.Engine), ", "))
	case p.Jobs < 0 || p.Jobs > mostJobs:
		return fmt.Errorf("--jobs is a number from 1 to %d; asked for %d", mostJobs, p.Jobs)
	case p.Jobs > 1 && p.format() != backup.Directory:
		return fmt.Errorf("--jobs is of the directory format, and a dump in the %s format is one stream: give --format directory, or drop --jobs", p.format())
	case p.Every < 0 || p.Planned < 0:
		return fmt.Errorf("how often, and the planned size, are above zero; asked for every %s and %d bytes", p.Every, p.Planned)
	}
	return nil
}

// format is the one that dumps are taken in.
func (p Plan) format() backup.Format { return cmp.Or(p.Format, backup.Formats(p.Engine)[0]) }

func (p Plan) jobs() int {
	if p.format() != backup.Directory {
		return 0
	}
	return max(1, p.Jobs)
}

// how are the dumps and restores of this plan shaped.
func (p Plan) how() backup.How { return backup.How{Format: p.format(), Jobs: p.jobs()} }

func formatWords(engine drivers.Engine) (words []string) {
	for _, format := range backup.Formats(engine) {
		words = append(words, string(format))
	}
	return words
}

// planned is the size that the promise is to hold for; zero is not asked.
func (p Plan) planned() int64 {
	if p.Planned > 0 || len(p.Sizes) < 2 {
		return p.Planned
	}
	return slices.Max(p.Sizes)
}

// The claims of a drill; their sentences and rules stand in package suites.
const (
	ClaimCopy   = "DRILL-1" // what came back equals what was dumped, and serves
	ClaimAcross = "DRILL-2" // the three fit together
	ClaimLedger = "RPO-1"   // nothing acknowledged before the dumps is missing
	ClaimEvery  = "RPO-2"   // the promised loss holds for dumps taken so often
	ClaimServe  = "RTO-1"   // the promised time to serve was held
	ClaimCurve  = "RTO-2"   // and holds for the planned size
	ClaimLive   = "DRILL-3" // the application lives on what came back, of somebody's own; else part of DRILL-1
)
