package drivers

import "strings"

// Nearest returns the candidate with the fewest single-letter edits from text, whatever
// the case, for "did you mean" sentences; of equals the one that begins most like text,
// then the first; "" without candidates.
func Nearest(text string, candidates []string) string {
	best, bestDistance, bestPrefix := "", -1, 0
	text = strings.ToLower(text)
	for _, candidate := range candidates {
		lower := strings.ToLower(candidate)
		d, prefix := distance(text, lower), commonPrefix(text, lower)
		if bestDistance < 0 || d < bestDistance || d == bestDistance && prefix > bestPrefix {
			best, bestDistance, bestPrefix = candidate, d, prefix
		}
	}
	return best
}

func commonPrefix(a, b string) int {
	n := 0
	for n < len(a) && n < len(b) && a[n] == b[n] {
		n++
	}
	return n
}

// distance is Levenshtein's, over bytes, in one row of memory.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			substitute := diagonal
			if a[i] != b[j] {
				substitute++
			}
			diagonal = row[j+1]
			row[j+1] = min(substitute, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
