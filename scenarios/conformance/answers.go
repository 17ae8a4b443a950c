package conformance

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"tristore/drivers/store"
)

// answer renders what a call gave, or how it was refused.
func answer(outcome store.Outcome, value any) string {
	if !outcome.OK() {
		return outcome.String()
	}
	return text(value)
}

// text is one spelling per value, whatever the engine's numeric type or time zone.
func text(value any) string {
	switch v := value.(type) {
	case nil:
		return "null"
	case time.Time:
		return v.UTC().Format(time.RFC3339Nano)
	case []any:
		said := make([]string, len(v))
		for i := range v {
			said[i] = text(v[i])
		}
		return "[" + strings.Join(said, " ") + "]"
	default:
		return fmt.Sprint(v)
	}
}

// asSet renders an array whose order the documents do not promise.
func asSet(value any) string {
	list, is := value.([]any)
	if !is {
		return text(value)
	}
	said := make([]string, len(list))
	for i := range list {
		said[i] = text(list[i])
	}
	slices.Sort(said)
	return "{" + strings.Join(said, " ") + "}"
}

// keysText renders found rows by their key, in the order found.
func keysText(rows []store.Document) string {
	if len(rows) == 0 {
		return "none"
	}
	said := make([]string, len(rows))
	for i, row := range rows {
		said[i] = text(row["key"])
	}
	return strings.Join(said, ",")
}

// sortedKeys is keysText for a find without an order.
func sortedKeys(rows []store.Document) string {
	said := strings.Split(keysText(rows), ",")
	slices.Sort(said)
	return strings.Join(said, ",")
}

// groupText renders groups as key=value.
func groupText(groups []store.Document, key, value string) string {
	said := make([]string, len(groups))
	for i, group := range groups {
		said[i] = text(group[key]) + "=" + text(group[value])
	}
	return strings.Join(said, ",")
}
