package render

import (
	"embed"
	"fmt"
	"html/template"
	"io"
	"strings"

	"tristore/reports/result"
)

//go:embed pages/*
var pages embed.FS

// HTML writes the report as one file that needs no other: style and plots stand inside,
// there is no script, and its content policy forbids fetching anything.
func HTML(w io.Writer, run *result.Run) error {
	parsed, err := template.New("report.html").Funcs(template.FuncMap{
		"ordinal": ordinal, "mark": markOf, "source": source, "moment": moment, "span": span, "milli": milli,
		"count": count, "plain": func(n int) string { return count(int64(n)) }, "plural": plural, "number": number, "anchor": anchor, "capital": capital, "fields": strings.Fields,
		"middle": func(p plot) float64 { return (p.Left + p.Right) / 2 },
		"add":    func(a, b float64) float64 { return a + b },
	}).ParseFS(pages, "pages/*")
	if err != nil {
		return fmt.Errorf("reading the report's template: %w", err)
	}
	if err := parsed.ExecuteTemplate(w, "report.html", viewOf(run)); err != nil {
		return fmt.Errorf("writing the report: %w", err)
	}
	return nil
}
