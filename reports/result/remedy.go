package result

import "strings"

// Remedy is one thing, or several at once, that was tried on the shared cluster before a split.
type Remedy struct {
	// Names are those of its parts, in the order in which they were put on top of each other.
	Names  []string `json:"names"`
	Change string   `json:"change"` // what was changed, with its values
	Rule   string   `json:"rule"`   // by which rule the values were chosen
	// Absent says why it could not be made here; then nothing of it was tried.
	Absent string `json:"absent,omitempty"`
	// Tried is what was seen of the claims that it must not break, with it on.
	Tried []Observation `json:"tried,omitempty"`
	// Conforms and Refused are what Tried was judged to be: that every claim passed, and else
	// which did not, with its reason.
	Conforms bool   `json:"conforms"`
	Refused  string `json:"refused,omitempty"`
	// Baseline is the boundary of the shared cluster as it is and Boundary that with the
	// remedy, searched in turns, a window of each; nil when not searched.
	Baseline *Boundary `json:"baseline,omitempty"`
	Boundary *Boundary `json:"boundary,omitempty"`
	InForce  string    `json:"in_force,omitempty"` // the settings and limits that its server reported
	Trouble  string    `json:"trouble,omitempty"`  // why it could not be measured
}

// Name is how a remedy is called: settings, or settings+indexes.
func (r Remedy) Name() string { return strings.Join(r.Names, "+") }

// Costs is the table by which remedies are weighed.
type Costs struct {
	Said string `json:"said"` // the user's file; empty for the shipped default
	// Unit is how much of each part is one unit of cost.
	Unit Cost            `json:"unit"`
	Of   map[string]Cost `json:"of"` // by the name of a remedy
}

// Cost is what one remedy takes.
type Cost struct {
	MoneyPerMonth   float64 `json:"money_per_month"`
	WorkDays        float64 `json:"work_days"`
	DowntimeMinutes float64 `json:"downtime_minutes"`
	// Risk is the chance that it has to be taken back and made again.
	Risk float64 `json:"risk"`
}
