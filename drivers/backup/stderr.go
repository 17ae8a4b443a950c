package backup

import (
	"regexp"
	"strings"
)

// The meanings of a line on a tool's standard error. A tool has no codes there: its
// words are all there is, and this table is the one place that reads them.
type lineMeaning int

const (
	aNote lineMeaning = iota
	aWarning
	anError
)

//nolint:gochecknoglobals // a table nobody writes, compiled once
var meanings = []struct {
	means   lineMeaning
	pattern *regexp.Regexp
}{
	// pg_dump, pg_restore and psql, then what the server answered them.
	{anError, regexp.MustCompile(`^(pg_dump|pg_restore|psql|pg_basebackup): (error|fatal):`)},
	{anError, regexp.MustCompile(`errors ignored on restore: [1-9]`)},
	{anError, regexp.MustCompile(`(^|: )(ERROR|FATAL|PANIC): `)},
	{aWarning, regexp.MustCompile(`^(pg_dump|pg_restore|psql|pg_basebackup): warning:|(^|: )WARNING: `)},
	// mongodump and mongorestore prefix a time.
	{anError, regexp.MustCompile(`[1-9][0-9]* document\(s\) failed to restore`)},
	{anError, regexp.MustCompile(`(?i)^\S*\s*(failed: |error |continuing through error|panic: )`)},
	{aWarning, regexp.MustCompile(`(?i)^\S*\s*(warning|deprecated)`)},
}

func meaning(line string) lineMeaning {
	line = strings.TrimSpace(line)
	for _, m := range meanings {
		if m.pattern.MatchString(line) {
			return m.means
		}
	}
	return aNote
}
