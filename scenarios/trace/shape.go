package trace

import (
	"regexp"
	"slices"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// CommandTemplate is a command of MongoDB, in BSON, without anything that could have come
// from documents: every value is a ?, and of names only those stay that a schema has. A
// map may hold an id or a slug as a name, so that of a path its first name stays, and of a
// document that is a value nothing. What is no query and no change keeps its first word.
func CommandTemplate(command []byte) string {
	var c bson.D
	if bson.Unmarshal(command, &c) != nil || len(c) == 0 {
		return "(not told)"
	}
	name := canonical(c[0].Key)
	known, is := formOf(name)
	if !is {
		return schemaName(name) + " …"
	}
	var b strings.Builder
	b.WriteString(name)
	if collection, is := c[0].Value.(string); is {
		b.WriteString(" " + collection)
	}
	for _, e := range c[1:] {
		what, is := known.parts[e.Key]
		switch {
		case name == getMore && e.Key == "collection":
			if collection, is := e.Value.(string); is {
				b.WriteString(" " + collection)
			}
		case !is, slices.Contains([]string{"batchSize", "singleBatch", "maxTimeMS", "cursor", "ordered"}, e.Key): // says nothing of the shape
		case what == shape && e.Key != "sort", e.Key == "documents":
			b.WriteString(" " + e.Key + " ?")
		default:
			b.WriteString(" " + e.Key + " ")
			outline(&b, e.Value, true)
		}
		if b.Len() > templateMax {
			return strings.ToValidUTF8(b.String()[:templateMax], "") + " …"
		}
	}
	return b.String()
}

// outline writes the shape of a value. A document opens where it is known to be one of
// operators or of fields: at the top, and below an operator.
func outline(b *strings.Builder, v any, opens bool) {
	switch v := v.(type) {
	case bson.D:
		if !opens && (len(v) == 0 || !strings.HasPrefix(v[0].Key, "$")) {
			break
		}
		b.WriteByte('{')
		for i, e := range v {
			if i > 0 {
				b.WriteString(", ")
			}
			b.WriteString(schemaName(e.Key) + ": ")
			outline(b, e.Value, strings.HasPrefix(e.Key, "$") || slices.Contains([]string{"q", "u"}, e.Key))
		}
		b.WriteByte('}')
		return
	case bson.A:
		if !opens || !slices.ContainsFunc(v, func(one any) bool { _, is := one.(bson.D); return is }) {
			break
		}
		b.WriteByte('[')
		for i, one := range v {
			if i > 0 {
				b.WriteString(", ")
			}
			outline(b, one, true)
		}
		b.WriteByte(']')
		return
	}
	b.WriteByte('?')
}

// nameForm is a name that somebody chose for a field or an operator; one with several
// digits in a row may be an id.
var nameForm = regexp.MustCompile(`^\$?[A-Za-z_]+([0-9]{1,2}[A-Za-z_]*)?$`)

// longestName bounds a name of a schema.
const longestName = 40

func schemaName(path string) string {
	head, rest, _ := strings.Cut(path, ".")
	if len(head) > longestName || !nameForm.MatchString(head) {
		return "…"
	}
	if rest != "" {
		head += ".…"
	}
	return head
}
