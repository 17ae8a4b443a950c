package result

// Outlook is what the user said of the future and of the platform. A verdict on when to
// split needs it, and no measurement gives it.
type Outlook struct {
	Today        string  `json:"today"` // the date from which weeks are counted, 2026-03-02
	Growth       *Growth `json:"growth,omitempty"`
	HorizonWeeks int     `json:"horizon_weeks"`
	LeadWeeks    int     `json:"lead_weeks,omitempty"` // from the decision to a split that serves; 0 was not told
	Headroom     float64 `json:"headroom"`             // what a week may exceed its peak by, as a share, and the promise still hold
	Seed         uint64  `json:"seed"`                 // of the forecast's paths
	// Connections are the platform's pods; nil was not told.
	Connections *Connections `json:"connections,omitempty"`
}

// Growth is where the growth of demand comes from: a stated rate or peaks of past weeks.
type Growth struct {
	Source string `json:"source"` // rate, file or observed
	Said   string `json:"said"`   // the rate or the file, in the user's word
	// LowPerMonth and HighPerMonth are a stated rate as a share, equal where it was one number.
	LowPerMonth  float64    `json:"low_per_month,omitempty"`
	HighPerMonth float64    `json:"high_per_month,omitempty"`
	Weeks        []WeekPeak `json:"weeks,omitempty"`
	Looks        []Look     `json:"looks,omitempty"`
}

// Look is one observation of a live cluster: transactions per second in the mean and at the
// peak, of users and permissions together and of collections.
type Look struct {
	At              string  `json:"at"` // a date
	Auth            float64 `json:"auth_per_s"`
	AuthPeak        float64 `json:"auth_peak_per_s"`
	Collections     float64 `json:"collections_per_s"`
	CollectionsPeak float64 `json:"collections_peak_per_s"`
}

// The sources of growth.
const (
	GrowthRate     = "rate"
	GrowthFile     = "file"
	GrowthObserved = "observed"
)

// WeekPeak is the highest demand of one week; 0 where a store was not told of.
type WeekPeak struct {
	Week            string  `json:"week"` // a date in it, each seven days after the one before
	AuthPerS        float64 `json:"auth_per_s"`
	CollectionsPerS float64 `json:"collections_per_s,omitempty"`
}

// Connections is what the platform's pods may open, and what the cluster has.
type Connections struct {
	Gateway    int `json:"gateway_pods"`
	Workspaces int `json:"workspaces_pods"`
	Events     int `json:"events_pods"`
	Runtime    int `json:"runtime_pods"`
	Workers    int `json:"workers"` // threads of each runtime pod
	PoolMin    int `json:"pool_min"`
	PoolMax    int `json:"pool_max"`
	// Max is the cluster's max_connections; Reserved of them are for administrators.
	Max      int `json:"max_connections"`
	Reserved int `json:"reserved"`
}
