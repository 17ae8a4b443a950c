package terminal

import (
	"fmt"
	"strings"

	"tristore/reports/known"
	"tristore/reports/result"
)

// preparedTable writes what was advised on each prepared deployment, beside what is right.
func preparedTable(page *strings.Builder, run *result.Run) {
	if len(run.Prepared) == 0 {
		return
	}
	rows := [][4]string{{"deployment", "known answer", "advice given", "right?"}}
	var why []string
	for i := range run.Prepared {
		line := known.Of(&run.Prepared[i])
		rows = append(rows, [4]string{line.Name, line.Known, line.Given, string(line.Standing)})
		why = append(why, fmt.Sprintf("%s: %s", line.Name, line.Why))
	}
	var wide [4]int
	for _, row := range rows {
		for at, cell := range row {
			wide[at] = max(wide[at], len([]rune(printable(cell))))
		}
	}
	page.WriteString("\n")
	for _, row := range rows {
		fmt.Fprintf(page, "%-*s  %-*s  %-*s  %s\n", wide[0], printable(row[0]), wide[1], printable(row[1]), wide[2], printable(row[2]), printable(row[3]))
	}
	page.WriteString("\n")
	for _, said := range why {
		page.WriteString(printable(said) + "\n")
	}
}
