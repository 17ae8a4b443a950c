package campaign

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"tristore/drivers"
	"tristore/drivers/store"
	"tristore/reports/result"
	"tristore/scenarios/auth"
	"tristore/scenarios/collections"
	"tristore/scenarios/dataset"
	"tristore/scenarios/load"
	"tristore/scenarios/measure"
	"tristore/scenarios/road"
)

// Plan is everything a load run depends on.
type Plan struct {
	road.Head
	road.Terms
	Seed uint64 `json:"seed"`

	Workload string         `json:"workload"` // auth or collections
	Profile  auth.Profile   `json:"profile"`  // of auth: store operations per request
	Mix      string         `json:"mix"`      // which requests or operations, and how often
	Keys     dataset.Spread `json:"keys"`     // which rows they ask for
	BulkRows int            `json:"bulk_rows"`
	// Pipeline sends the independent reads of an auth request together.
	Pipeline bool `json:"pipeline,omitempty"`

	// Closed has each worker begin its next arrival when its last has ended: there is no rate then.
	Closed bool `json:"closed,omitempty"`

	Rate    float64       `json:"rate_per_s"`
	Pace    Pace          `json:"pace"`
	From    float64       `json:"from_per_s,omitempty"` // of a ramp, which ends at Rate
	Steps   load.Steps    `json:"steps,omitempty"`      // of steps; Rate is then their mean
	Workers int           `json:"workers"`              // arrivals under way at once
	Warm    time.Duration `json:"warm_ns"`              // the shortest warm-up; it ends when latencies are steady
	WarmMax time.Duration `json:"warm_max_ns"`          // the patience with it; at least long enough to tell
	Cold    bool          `json:"cold,omitempty"`       // no warm-up: what the first arrivals meet is what is asked
	Measure time.Duration `json:"measure_ns"`
	Drain   time.Duration `json:"drain_ns"` // bounds how late the last arrivals may end

	Identity    dataset.Sizes           `json:"identity"`
	Collections dataset.CollectionSizes `json:"collections"`
	Recorder    measure.Range           `json:"recorder"`
	// Keep the loaded data set, so that the next run with the same seed and sizes begins with
	// it, where the engine in its reach can; elsewhere the set is loaded every time.
	Keep bool `json:"keep_data,omitempty"`
}

// Pace is how arrivals are spaced.
type Pace string

// The paces.
const (
	Poisson  Pace = "poisson"  // as many independent users do
	Constant Pace = "constant" // evenly
	Ramp     Pace = "ramp"     // evenly, from one rate to another over the measured phase
	Steps    Pace = "steps"    // evenly, at one rate after the other
)

// For is a plan for an engine: a data set that it loads within seconds, the promise that
// the platform's own monitoring page makes of its API, and the warm-up of the suites.
func For(engine drivers.Engine, workload string) Plan {
	plan := Plan{
		Head: road.Head{Engine: engine}, Terms: road.Usual(), Workload: workload, Profile: auth.V27, Mix: string(collections.Everyday), BulkRows: 50,
		Rate: 100, Pace: Poisson, Workers: auth.Workers, WarmMax: 30 * time.Second, Measure: time.Minute, Drain: 30 * time.Second,
		Identity: dataset.Modest(), Collections: dataset.ModestCollections(), Recorder: measure.InForce(),
	}
	plan.Promises = []result.Promise{{Percent: 99, LimitMs: 200}}
	if engine.Product == drivers.FerretDB {
		plan.Identity, plan.Collections = dataset.Small(), dataset.SmallCollections()
	}
	return plan
}

// Workloads are the words that a plan may ask for.
func Workloads() []string { return []string{auth.Name, collections.Name} }

// Check refuses a plan that could not be carried out, in a sentence for the user.
func (p Plan) Check() error {
	for _, word := range []struct {
		what string
		err  error
	}{
		{"workload", known(p.Workload, Workloads()...)},
		{"profile", known(string(p.Profile), string(auth.Fork), string(auth.V27))},
		{"mix", known(p.Mix, p.mixes()...)},
		{"spread of keys", knownKeys(p.Keys)},
		{"pace", known(string(p.Pace), string(Poisson), string(Constant), string(Ramp), string(Steps))},
	} {
		if word.err != nil {
			return fmt.Errorf("%s %w", word.what, word.err)
		}
	}
	if err := p.checkClosed(); err != nil {
		return err
	}
	if err := p.pacer().Check(); err != nil && !p.Closed {
		return err
	}
	switch {
	case p.Measure < time.Second || p.Measure > longest || p.Warm < 0 || p.Warm > longest || p.WarmMax < p.Warm || p.WarmMax > longest:
		return fmt.Errorf("a load is measured for between a second and %s, after a warm-up of at most that; asked for %s after %s to %s", longest, p.Measure, p.Warm, p.WarmMax)
	case p.Workers < 1 || p.Workers > mostWorkers:
		return fmt.Errorf("a load has between 1 and %d workers; asked for %d", mostWorkers, p.Workers)
	case !p.Closed && p.mean()*p.Measure.Seconds() < 1:
		return fmt.Errorf("at %g per second not one arrival is due in %s: raise the rate or the duration", p.mean(), p.Measure)
	case !p.Cold && (p.Pace == Ramp || p.Pace == Steps):
		return fmt.Errorf("a rate that changes has no steady part: ask for it cold, so that the window begins with the first arrival")
	case !p.Closed && len(p.Promises) == 0:
		return fmt.Errorf("a load needs a promise to be judged by, such as p99=200ms")
	}
	if err := cmp.Or(p.checkPipeline(), p.checkData(), p.checkStores()); err != nil {
		return err
	}
	return p.Terms.Check(p.Measure)
}

func (p Plan) checkPipeline() error {
	switch {
	case p.Pipeline && p.Workload != auth.Name:
		return fmt.Errorf("--pipeline is of the %s workload, whose requests make independent reads; drop it, or load %s", auth.Name, auth.Name)
	case p.Pipeline && p.Engine.Family() != drivers.FamilyPostgres:
		return fmt.Errorf("--pipeline sends reads together, which %s does not take; drop it, or ask for a PostgreSQL engine", p.Engine.Title())
	}
	return nil
}

// asks are the stores that the workload asks.
func (p Plan) asks() (names []string) {
	asked := collections.Stores()
	if p.Workload == auth.Name {
		asked = auth.Asked(p.Profile, auth.Mix(p.Mix))
	}
	for _, name := range asked {
		names = append(names, string(name))
	}
	return names
}

// checkStores refuses a promise on operations that nobody makes.
func (p Plan) checkStores() error {
	for _, promise := range p.Promises {
		if asks := p.asks(); promise.Store != "" && !slices.Contains(asks, promise.Store) {
			return fmt.Errorf("%s is promised, and the %s mix of %s never asks a store %q: it asks %s", promise.Name(), p.Mix, p.Workload, promise.Store, strings.Join(asks, " and "))
		}
	}
	return nil
}

// mostRows bounds a data set: more takes hours to load and tells nothing new on one machine.
const mostRows = 20_000_000

func (p Plan) checkData() error {
	identity := dataset.Identity{Sizes: p.Identity}
	if err := identity.Check(); err != nil {
		return err
	}
	rows := 0
	for _, n := range identity.Rows() {
		rows += n
	}
	if p.Workload == collections.Name {
		data := dataset.Collections{Of: identity, Sizes: p.Collections}
		if err := data.Check(); err != nil {
			return err
		}
		rows = data.Rows()
	}
	if rows > mostRows || rows < 0 {
		return fmt.Errorf("the data set would have %d rows, over %d: ask for a smaller one", rows, mostRows)
	}
	if p.BulkRows < 1 || p.BulkRows > store.BulkMax {
		return fmt.Errorf("a bulk has between 1 and %d rows; asked for %d", store.BulkMax, p.BulkRows)
	}
	return nil
}

// known refuses a word that is not one of all.
func known(word string, all ...string) error {
	if slices.Contains(all, word) {
		return nil
	}
	return fmt.Errorf("%q is not known; did you mean %s? choose %s", word, drivers.Nearest(word, all), strings.Join(all, " or "))
}

func knownKeys(keys dataset.Spread) error {
	var all []string
	for _, spread := range dataset.Spreads() {
		all = append(all, string(spread))
	}
	if keys == "" {
		return nil // the workload's own
	}
	return known(string(keys), all...)
}

// mixes are the words for the mixes of the plan's workload.
func (p Plan) mixes() (all []string) {
	if p.Workload == auth.Name {
		for _, mix := range auth.Mixes() {
			all = append(all, string(mix))
		}
		return all
	}
	for _, mix := range collections.Mixes() {
		all = append(all, string(mix))
	}
	return all
}

// longest bounds a window, whose every second is kept once for all workers (at most 150 MB
// for a day); mostWorkers bounds their recorders.
const (
	longest     = 24 * time.Hour
	mostWorkers = 256
)

// pacer gives the arrivals of the whole run, warm-up included.
func (p Plan) pacer() load.Pacer {
	switch p.Pace {
	case Constant:
		return load.Constant{PerSecond: p.Rate}
	case Ramp:
		return load.Ramp{From: p.From, To: p.Rate, Over: p.Measure}
	case Steps:
		return p.Steps
	default:
		return load.Poisson{PerSecond: p.Rate, Seed: p.Seed}
	}
}

// Then adds a step; the measured phase and the mean rate are those of all steps.
func (p *Plan) Then(perSecond float64, within time.Duration) {
	p.Steps, p.Measure = append(p.Steps, load.Level{PerSecond: perSecond, For: within}), p.Measure+within
	p.Rate = p.Steps.Planned(0, p.Measure) / p.Measure.Seconds()
}

// mean is the planned rate over the measured phase.
func (p Plan) mean() float64 {
	switch p.Pace {
	case Ramp:
		return (p.From + p.Rate) / 2
	case Steps:
		return p.Steps.Planned(0, p.Measure) / p.Measure.Seconds()
	default:
		return p.Rate
	}
}

// rates says how fast arrivals come, for a reader.
func (p Plan) rates() string {
	switch p.Pace {
	case Ramp:
		return fmt.Sprintf("%g to %g/s", p.From, p.Rate)
	case Steps:
		var all []string
		for _, level := range p.Steps {
			all = append(all, fmt.Sprintf("%g/s %s", level.PerSecond, level.For))
		}
		return "steps of " + strings.Join(all, ", ")
	default:
		return fmt.Sprintf("%g/s %s", p.Rate, p.Pace)
	}
}

// fastest is the highest rate of the plan, which the generator is proved at twice.
func (p Plan) fastest() float64 {
	most := max(p.Rate, p.From)
	for _, level := range p.Steps {
		most = max(most, level.PerSecond)
	}
	return most
}
