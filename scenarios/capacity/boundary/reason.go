package boundary

// Reason is why a result is irregular.
type Reason string

// The reasons.
const (
	ReasonHighest     Reason = "x_max"           // the promise is kept at the highest load allowed
	ReasonLowest      Reason = "x_min"           // it is not kept at the lowest
	ReasonBudget      Reason = "budget"          // the windows are spent
	ReasonLoads       Reason = "loads"           // as many loads were certified as are allowed
	ReasonUndecided   Reason = "undecided"       // passing is a matter of luck over more than the planned width
	ReasonNoise       Reason = "noise"           // the zone is too wide against the planned width, or unknown
	ReasonNonMonotone Reason = "non-monotone"    // a load fails below one that keeps the promise
	ReasonInvalid     Reason = "generator limit" // one window was invalid in every try
	ReasonDrift       Reason = "drift"           // the machine changed again and again
	ReasonProbe       Reason = "probe"           // the cluster could not be measured
	ReasonInterrupted Reason = "interrupted"     // the context ended
	ReasonPlan        Reason = "plan"            // the plan or the saved state cannot be searched by
)

// next is the cheapest step that could make the result a regular one.
func (r Reason) next() string {
	switch r {
	case ReasonHighest:
		return "allow a higher load, or take it that the highest load allowed is kept"
	case ReasonLowest:
		return "allow a lower load, or ask for a latency limit that the idle cluster keeps"
	case ReasonBudget, ReasonInterrupted:
		return "resume the search from its saved state with more windows"
	case ReasonLoads, ReasonUndecided, ReasonNoise, ReasonNonMonotone:
		return "search again with longer windows on a quieter machine, or accept a wider bracket"
	case ReasonDrift:
		return "find what changes the machine or the cluster, then search again"
	case ReasonInvalid:
		return "lower the highest load or move the generator to a machine of its own"
	case ReasonProbe:
		return "mend what the sentence names, then resume from the saved state"
	case ReasonPlan:
		return "mend the plan or the saved state as the sentence says"
	default:
		return ""
	}
}

// stop ends a search before the planned width.
type stop struct {
	reason Reason
	detail string
	cause  error
}

func (s *stop) Error() string { return string(s.reason) + ": " + s.detail }
