package road

import (
	"fmt"
	"log/slog"
	"slices"
	"time"

	"tristore/drivers"
	"tristore/drivers/cluster"
	"tristore/reports/result"
)

// Head begins the plan of a run on one engine: which, how it is reached, where files lie,
// and who hears of it.
type Head struct {
	RunID  string         `json:"run_id"`
	Engine drivers.Engine `json:"engine"`
	Reach  drivers.Reach  `json:"reach"`
	Why    string         `json:"why,omitempty"` // why that reach
	Images cluster.Images `json:"images"`
	Dir    string         `json:"dir"`
	Cache  string         `json:"cache"`

	Log  *slog.Logger   `json:"-"` // hears of slow steps; nil discards
	Tell func(Progress) `json:"-"` // hears how it goes; nil is not called
	// Quiet returns when nothing else of ours runs, and gives the machine back by what it
	// returns; nil does not wait.
	Quiet func() (done func(), err error) `json:"-"`
}

// Progress is what a screen shows of a run.
type Progress struct {
	Done, Total int // in the run's own unit
	Current     string
	Live        bool // Current changes every second
	Bytes       bool // the unit is bytes
}

// Say tells where a run stands, if anybody listens.
func (h Head) Say(p Progress) {
	if h.Tell != nil {
		h.Tell(p)
	}
}

// Terms are what an offered load is judged by.
type Terms struct {
	Promises   []result.Promise `json:"promises"`
	Confidence float64          `json:"confidence"`
	MaxFailed  float64          `json:"max_failed_share"`
	MinReached float64          `json:"min_reached_share"`
}

// Usual are the terms of somebody who promised nothing.
func Usual() Terms { return Terms{Confidence: 0.99, MaxFailed: 0.001, MinReached: 0.99} }

// Check refuses terms that say nothing of a window of that length, in a sentence for the user.
func (t Terms) Check(window time.Duration) error {
	for i, promise := range t.Promises {
		if !(promise.Percent > 0 && promise.Percent < 100) || !(promise.LimitMs > 0) || promise.LimitMs > float64(time.Hour/time.Millisecond) {
			return fmt.Errorf("a promise is a percentile between 0 and 100 and a time above zero and up to an hour; asked for %s=%gms", promise.Name(), promise.LimitMs)
		}
		if slices.ContainsFunc(t.Promises[:i], func(other result.Promise) bool { return other.Name() == promise.Name() }) {
			return fmt.Errorf("%s is promised twice: keep one limit", promise.Name())
		}
		if promise.LimitMs >= window.Seconds()*1000 {
			return fmt.Errorf("%s=%gms lets every arrival end after a window of %s, so that nothing could show a store that falls behind: measure for longer than a promise takes", promise.Name(), promise.LimitMs, window)
		}
	}
	return nil
}

// Load writes the terms down.
func (t Terms) Load(workload string, on drivers.Engine) *result.Load {
	return &result.Load{Workload: workload, Engine: on.String(), Promises: t.Promises, Confidence: t.Confidence, MaxFailed: t.MaxFailed, MinReached: t.MinReached}
}

// Facts are what is known of a run before it began.
func (h Head) Facts() *result.Run {
	support := h.Engine.Support()
	return &result.Run{
		Schema: result.Schema, ID: h.RunID, Began: time.Now().UTC(),
		Engines: []result.Engine{{Engine: h.Engine.String(), Title: h.Engine.Title(), Reach: string(h.Reach), Why: h.Why,
			StandIn: support.StandIn, Warning: support.Warning(time.Now())}},
		Environment: result.Environment{Asked: map[string]map[string]string{}, InForce: map[string]map[string]string{}},
	}
}

// Spec asks for the cluster of a run; the address is of an external one.
func (h Head) Spec(durable cluster.Durability, address cluster.External) cluster.Spec {
	return cluster.Spec{
		Engine: h.Engine, Reach: h.Reach, Durability: durable, Images: h.Images, Address: address,
		Dir: h.Dir, Cache: h.Cache, RunID: h.RunID, Log: h.Log,
	}
}

// Met writes down which cluster was started, and with which settings.
func Met(on *cluster.Cluster, facts *result.Run) {
	engine := &facts.Engines[0]
	engine.Version, engine.ReadySeconds = on.Version, on.Ready.Seconds()
	facts.Environment.Asked[engine.Engine], facts.Environment.InForce[engine.Engine] = on.Asked, on.InForce
}
