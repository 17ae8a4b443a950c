package render

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"tristore/reports/result"
)

// mark is how a status looks: a shape, a word and a colour class, so that it reads
// without colour and without fonts.
type mark struct {
	Class string
	Word  string
}

func markOf(s result.Status) mark {
	switch s {
	case result.Pass:
		return mark{"pass", "pass"}
	case result.Fail:
		return mark{"fail", "FAIL"}
	case result.Invalid:
		return mark{"invalid", "invalid"}
	case result.NotApplicable:
		return mark{"na", "n/a"}
	default:
		return mark{"unknown", "inconclusive"}
	}
}

// verdictSentence is what tristore tells the reader; a run nobody judged says so.
func verdictSentence(run *result.Run) string {
	if run.Verdict.Sentence != "" {
		return run.Verdict.Sentence
	}
	return "INCONCLUSIVE: this run has not been judged"
}

// headline takes the status word off the sentence, which stands beside it as a badge,
// and keeps the first clause apart from what qualifies it.
func headline(run *result.Run) (first, rest string) {
	sentence := strings.TrimPrefix(verdictSentence(run), run.Verdict.Status.String()+": ")
	first, rest, _ = strings.Cut(sentence, "; ")
	return capital(first), capital(rest)
}

func capital(text string) string {
	if text == "" || text[0] < 'a' || text[0] > 'z' {
		return text
	}
	return strings.ToUpper(text[:1]) + text[1:]
}

// source spells a claim's source marks.
func source(marks string) string {
	var words []string
	for _, m := range strings.Split(marks, "+") {
		switch m {
		case "D":
			words = append(words, "documented")
		case "C":
			words = append(words, "seen in code")
		case "I":
			words = append(words, "inferred")
		}
	}
	return strings.Join(words, " + ")
}

// moment prints a time for people anywhere; an unset one says so.
func moment(t time.Time) string {
	if t.IsZero() {
		return "not recorded"
	}
	return t.UTC().Format("2006-01-02 15:04:05 UTC")
}

// span prints a duration in the two units that matter.
func span(s float64) string {
	switch {
	case s <= 0:
		return "–"
	case s < 10:
		return strconv.FormatFloat(s, 'f', 1, 64) + " s"
	case s < 120:
		return strconv.FormatFloat(s, 'f', 0, 64) + " s"
	case s < 7200:
		return fmt.Sprintf("%d min %d s", int(s)/60, int(s)%60)
	default:
		return fmt.Sprintf("%d h %d min", int(s)/3600, int(s)/60%60)
	}
}

// milli prints milliseconds with three significant digits, and seconds above a minute's worth.
func milli(ms float64) string {
	switch {
	case ms < 0: // result.Unread
		return "not read"
	case ms == 0:
		return "0 ms"
	case ms >= 10000:
		return strconv.FormatFloat(ms/1000, 'f', 1, 64) + " s"
	case ms >= 100:
		return strconv.FormatFloat(ms, 'f', 0, 64) + " ms"
	case ms >= 10:
		return strconv.FormatFloat(ms, 'f', 1, 64) + " ms"
	default:
		return strconv.FormatFloat(ms, 'f', 2, 64) + " ms"
	}
}

// count prints an integer with thin groups of three.
func count(n int64) string {
	digits := strconv.FormatInt(n, 10)
	sign := ""
	if n < 0 {
		sign, digits = "-", digits[1:]
	}
	for at := len(digits) - 3; at > 0; at -= 3 {
		digits = digits[:at] + "\u202f" + digits[at:]
	}
	return sign + digits
}

// plural counts a noun.
func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return strconv.Itoa(n) + " " + noun + "s"
}
