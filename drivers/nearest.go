package drivers

import "strings"

// Nearest returns the candidate with the fewest single-letter edits from text,
// for "did you mean" sentences; the first of equals, "" without candidates.
func Nearest(text string, candidates []string) string {
	best, bestDistance := "", -1
	for _, candidate := range candidates {
		if d := distance(strings.ToLower(text), candidate); bestDistance < 0 || d < bestDistance {
			best, bestDistance = candidate, d
		}
	}
	return best
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
