package result

import "fmt"

// Status is a claim judged.
type Status int

// The statuses. Inconclusive is the zero value: unknown is never a pass.
const (
	Inconclusive Status = iota
	Pass
	Fail
	Invalid
	NotApplicable
)

//nolint:gochecknoglobals // a table nobody writes
var statusNames = [...]string{"INCONCLUSIVE", "PASS", "FAIL", "INVALID", "NOT_APPLICABLE"}

// String is the word in files and pages; a value that is no status reads as the cautious one.
func (s Status) String() string {
	if s < 0 || int(s) >= len(statusNames) {
		return statusNames[Inconclusive]
	}
	return statusNames[s]
}

// MarshalText writes the word.
func (s Status) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText refuses words it does not know.
func (s *Status) UnmarshalText(text []byte) error {
	for i, name := range statusNames {
		if name == string(text) {
			*s = Status(i)
			return nil
		}
	}
	return fmt.Errorf("status %q is not one of %v", text, statusNames)
}

// Finding is one claim judged on one engine.
type Finding struct {
	Claim    string   `json:"claim"`
	Engine   string   `json:"engine"`
	Status   Status   `json:"status"`
	Reason   string   `json:"reason,omitempty"`   // one sentence; empty only for PASS
	Evidence []string `json:"evidence,omitempty"` // numbers and lines behind the status
}

// Verdict weighs findings. The zero value is inconclusive.
type Verdict struct {
	Status   Status `json:"status"` // Pass, Fail or Inconclusive
	Sentence string `json:"sentence"`
}

// ExitCode is the process exit status that a verdict asks for: 0, 1 or 3.
func (v Verdict) ExitCode() int {
	switch v.Status {
	case Pass:
		return 0
	case Fail:
		return 1
	default:
		return 3
	}
}
