package terminal

import (
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"tristore/reports/advice"
	"tristore/reports/result"
)

// Table writes how a run ended: counts per engine, what failed and what stayed
// undecided with reasons, the verdict, where the report lies, and how to repeat it.
func Table(w io.Writer, run *result.Run, dir string) error {
	var page strings.Builder
	counts(&page, run)
	latencies(&page, run)
	seen(&page, run)
	listed(&page, run, "Failed", result.Fail)
	listed(&page, run, "Undecided", result.Inconclusive, result.Invalid)
	for _, left := range run.NotRun {
		fmt.Fprintf(&page, "Not run: %s: %s\n", printable(left.What), printable(left.Why))
	}
	for _, e := range run.Engines {
		if e.Warning != "" {
			fmt.Fprintf(&page, "Warning: %s\n", printable(e.Warning))
		}
	}
	if run.Split != nil {
		split := advice.Of(run.Split)
		fmt.Fprintf(&page, "\nOne cluster or two: %s. %s\n", split.Verdict, printable(strings.Join(strings.Fields(split.Sentence+" "+split.Boundary+" "+slots(split)), " ")))
		rungs(&page, run.Split, split)
	}
	if run.Split != nil {
		besides(&page, run.Split)
	}
	interfered(&page, run)
	preparedTable(&page, run)
	verdict := run.Verdict.Sentence
	if verdict == "" {
		verdict = "INCONCLUSIVE: this run has not been judged"
	}
	fmt.Fprintf(&page, "\n%s\n\nreport  %s\nseed    %d\nrepeat  %s\n",
		printable(verdict), filepath.Join(dir, "report.html"), run.Seed, printable(run.Command))
	if _, err := io.WriteString(w, page.String()); err != nil {
		return fmt.Errorf("writing the table: %w", err)
	}
	return nil
}

// besides are the tests that the advice read, and what would follow if it were otherwise.
func besides(page *strings.Builder, split *result.Split) {
	for _, t := range advice.Of(split).Tests {
		fmt.Fprintf(page, "Read beside: %s\n", printable(t.String()))
	}
	for _, v := range advice.SensitivityOf(split) {
		fmt.Fprintf(page, "If it were: %s\n", printable(v.String()))
	}
}

// slots is the budget of connections, where the sentence does not say it already.
func slots(given advice.Advice) string {
	if said := given.Slots.String(); !strings.Contains(given.Sentence, said) {
		return said
	}
	return ""
}

// columns are the statuses in the order of the table.
func columns() []result.Status {
	return []result.Status{result.Pass, result.Fail, result.Inconclusive, result.Invalid, result.NotApplicable}
}

func counts(page *strings.Builder, run *result.Run) {
	if len(run.Engines) == 0 {
		return
	}
	wide := len("engine")
	for _, e := range run.Engines {
		wide = max(wide, len([]rune(printable(title(e)))))
	}
	fmt.Fprintf(page, "\n%-*s  pass  FAIL  inconclusive  invalid  n/a  verdict\n", wide, "engine")
	for _, e := range run.Engines {
		tally := map[result.Status]int{}
		for _, f := range run.Findings {
			if f.Engine == e.Engine {
				tally[f.Status]++
			}
		}
		fmt.Fprintf(page, "%-*s", wide, printable(title(e)))
		for i, s := range columns() {
			fmt.Fprintf(page, "  %*d", []int{4, 4, 12, 7, 3}[i], tally[s])
		}
		fmt.Fprintf(page, "  %s\n", e.Verdict.Status)
	}
	page.WriteString("\n")
}

func title(e result.Engine) string {
	name := e.Title
	if name == "" {
		name = e.Engine
	}
	if e.StandIn {
		name += " (stand-in)"
	}
	return name
}

// listedMax bounds each list: the report has them all.
const listedMax = 12

func listed(page *strings.Builder, run *result.Run, word string, wanted ...result.Status) {
	found := 0
	for _, f := range run.Findings {
		for _, s := range wanted {
			if f.Status != s {
				continue
			}
			if found++; found <= listedMax {
				fmt.Fprintf(page, "%s: %s on %s: %s\n", word, f.Claim, f.Engine, printable(f.Reason))
			}
		}
	}
	if found > listedMax {
		fmt.Fprintf(page, "%s: and %d more in the report\n", word, found-listedMax)
	}
}
