package boundary

import (
	"fmt"
	"math"
)

// Standing is where a search stands, as far as its windows tell; for eyes only.
type Standing struct {
	Bracket Interval // highest load certified good, lowest certified bad
	Windows int      // taken
	Left    int      // windows to expect yet
}

const (
	// usual is how many windows certify a load, about, and rampUsual how many a ramp takes.
	usual, rampUsual = 5.5, 6
	// lastUsual are those of the flanks and of the last look at both ends.
	lastUsual = 8
)

// Standing reads the state of a search.
func (s State) Standing() Standing {
	under := &search{plan: s.Plan, taken: s.Taken}
	at := Standing{Windows: len(s.Taken)}
	screened := 0
	for _, c := range under.paths() {
		switch {
		case c.Void != 0:
		case c.Answer == Good && c.Load > at.Bracket.Low:
			at.Bracket.Low = c.Load
		case c.Answer == Bad && (at.Bracket.High == 0 || c.Load < at.Bracket.High):
			at.Bracket.High = c.Load
		}
	}
	for _, t := range s.Taken {
		if t.Purpose == Screen {
			screened++
		}
	}
	var loads float64
	if at.Bracket.Both() && at.Bracket.Low < at.Bracket.High {
		loads = math.Ceil(max(0, math.Log2(math.Log(at.Bracket.High/at.Bracket.Low)/math.Log1p(s.Plan.Width))))
	} else {
		loads = 4 // two ends, and two halvings of what a step spans
		if at.Bracket.Low > 0 || at.Bracket.High > 0 {
			loads = 3
		}
	}
	ramp := 0
	if screened == len(s.Taken) {
		ramp = max(1, rampUsual-screened)
	}
	at.Left = min(ramp+int(loads*usual)+lastUsual, max(0, s.Plan.Windows-len(s.Taken)))
	return at
}

// String is the bracket in a few words.
func (s Standing) String() string {
	switch b := s.Bracket; {
	case b.Both():
		return fmt.Sprintf("%.3g–%.3g×", b.Low, b.High)
	case b.Low > 0:
		return fmt.Sprintf("over %.3g×", b.Low)
	case b.High > 0:
		return fmt.Sprintf("under %.3g×", b.High)
	default:
		return fmt.Sprintf("window %d", s.Windows)
	}
}
