package result

// Prepared is a deployment with a bottleneck that was built in on purpose, and what is
// known of it: advice that does not say so is wrong.
type Prepared struct {
	Name string `json:"name"`
	Made string `json:"made"` // how, in a sentence
	// Verdict is the right advice, and Cause the channel that it goes through; empty where
	// collections slow nothing.
	Verdict string `json:"verdict"`
	Cause   string `json:"cause,omitempty"`
	// Proof is what the server's own statistics say where the bottleneck really is. A
	// deployment that does not show it was not made, whatever the advice is.
	Proof []Shown `json:"proof"`
}

// Shown is a bound on one reading of the statistics, in the middle over a cell's windows.
type Shown struct {
	Cell    Cell    `json:"cell"`
	Reading string  `json:"reading"` // a name in SplitWindow.Seen
	Says    string  `json:"says"`
	AtLeast float64 `json:"at_least,omitempty"`
	AtMost  float64 `json:"at_most,omitempty"` // 0 is no bound
	// Of is the reading that both bounds are shares of; empty where they are values.
	Of string `json:"of,omitempty"`
}
