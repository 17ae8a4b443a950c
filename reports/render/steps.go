package render

import (
	"fmt"
	"strings"

	"tristore/reports/result"
)

// ordinal numbers steps from 1.
func ordinal(i int) int { return i + 1 }

// summarySteps lists what an operation did, as a runbook would.
func summarySteps(page *strings.Builder, run *result.Run) {
	if len(run.Steps) == 0 {
		return
	}
	page.WriteString("\n## What was done\n\n| Step | What | Took | Bytes | What came out |\n|--:|---|--:|--:|---|\n")
	for i, s := range run.Steps {
		bytes := "–"
		if s.Bytes > 0 {
			bytes = count(s.Bytes)
		}
		fmt.Fprintf(page, "| %d | %s | %s | %s | %s |\n", ordinal(i), inline(capital(s.What)), span(s.Seconds), bytes, inline(s.Said))
	}
	var commands []string
	for i, s := range run.Steps {
		for _, command := range s.Commands {
			commands = append(commands, fmt.Sprintf("%2d  %s", ordinal(i), command))
		}
	}
	if len(commands) > 0 {
		page.WriteString("\nThe tools' calls, by step; passwords stand in the environment or in a file, never in an argument:\n\n" + fenced(commands))
	}
}
