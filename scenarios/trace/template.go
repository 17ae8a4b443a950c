package trace

import (
	"slices"
	"strings"
)

// templateMax bounds a template in bytes.
const templateMax = 600

// Template is a statement without anything that could have come from the rows or from a
// person: every literal is a ?, comments are gone, and of what is no query or change of
// rows (which may hold a password or a path) only its first word is left. Names of tables
// and columns stay. A text that cannot be cut into words gives nothing of itself.
func Template(statement string) string {
	tokens, err := lex(statement)
	if err != nil {
		return "(not shown: " + err.Error() + ")"
	}
	words := meaning(tokens)
	if len(words) == 0 {
		return "(empty)"
	}
	if !slices.ContainsFunc([]string{"SELECT", "INSERT", "UPDATE", "DELETE", "MERGE", "WITH", "VALUES"}, words[0].is) && words[0].raw != "(" {
		if words[0].kind == word {
			return strings.ToUpper(words[0].raw) + " …"
		}
		return "(not shown: it begins with no keyword)"
	}
	var b strings.Builder
	for _, t := range tokens {
		if t.kind == text && t.raw[0] == '\'' && strings.Contains(t.inner, `\`) {
			return "(not shown: nobody can tell where its literals end)" // with standard_conforming_strings off a backslash hides a quote
		}
		switch t.kind {
		case text, bits, escaped, number:
			b.WriteByte('?')
		case space:
			b.WriteByte(' ')
		case word, quoted, parameter, symbol:
			b.WriteString(t.raw)
		}
	}
	short := strings.Join(strings.Fields(b.String()), " ")
	if len(short) > templateMax {
		short = strings.ToValidUTF8(short[:templateMax], "") + " …"
	}
	return short
}
