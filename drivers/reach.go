package drivers

import (
	"fmt"
	"slices"
)

// Reach is how we get at an engine.
type Reach string

// The reaches. Auto is a question, never an answer: a started cluster has one of the others.
const (
	Auto      Reach = "auto"
	Embedded  Reach = "embedded"
	Container Reach = "container"
	External  Reach = "external"
)

// ParseReach reads the word a user typed.
func ParseReach(text string) (Reach, error) {
	known := []string{string(Auto), string(Embedded), string(Container), string(External)}
	if !slices.Contains(known, text) {
		return "", fmt.Errorf("reach %q is not known; did you mean %s? known: auto, embedded, container, external", text, Nearest(text, known))
	}
	return Reach(text), nil
}
