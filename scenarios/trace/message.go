package trace

import (
	"strconv"
	"strings"
	"time"
)

// entry is one message of a server's log, whatever the log's format.
type entry struct {
	at       time.Duration // since 1970
	session  string
	database string
	severity string
	message  string
	detail   string
	op       *operation // of a profiler's document, which has no message
}

// said is what a message tells of a statement.
type said struct {
	text     string
	prepared bool
	simple   bool          // came by the simple protocol, which has no parameters
	took     time.Duration // zero when the message was written before the statement ran
}

// Kinds of messages that are no statement.
const (
	otherParse    = "parse and bind steps of statements that have a message of their own"
	otherDuration = "durations of statements that have a message of their own"
	otherFailed   = "errors: statements that failed when they were recorded, and other failures"
	otherPlan     = "plans of auto_explain"
	otherMessage  = "messages about other things"
	oddFetch      = "a further fetch from a portal"
	oddFastpath   = "a function called by the fastpath protocol"
	oddParameters = "its parameters were not logged, or not all of them"
	oddUTF8       = "not in UTF-8"
	oddLong       = "longer than 16 MiB"
	oddDamaged    = "a row or line of the log that is damaged or was cut off"
	oddUnreadable = "a parameter list that cannot be read"
	oddUnlike     = "a line that does not fit the log_line_prefix given"
)

// statementOf finds the statement that a message of severity LOG tells about: either
// what, a statement, or other, why the message is none, or odd, why it cannot be replayed.
func statementOf(message string) (what said, other, odd string) {
	rest := message
	if after, is := strings.CutPrefix(message, "duration: "); is {
		milliseconds, behind, _ := strings.Cut(after, " ms")
		took, err := strconv.ParseFloat(milliseconds, 64)
		if err != nil || took < 0 || took > 1e12 {
			return said{}, otherMessage, ""
		}
		what.took = time.Duration(took * float64(time.Millisecond))
		rest = strings.TrimLeft(behind, " ")
		switch {
		case rest == "":
			return said{}, otherDuration, ""
		case strings.HasPrefix(rest, "plan:"):
			return said{}, otherPlan, ""
		}
	}
	step, text, found := strings.Cut(rest, ": ")
	verb, name, _ := strings.Cut(step, " ")
	switch {
	case !found:
		return said{}, otherMessage, ""
	case step == "statement":
		what.simple = true
	case verb == "parse", verb == "bind":
		return said{}, otherParse, ""
	case strings.HasPrefix(step, "execute fetch from "):
		return said{}, "", oddFetch
	case verb == "execute" && name != "":
		what.prepared = !strings.HasPrefix(name, "<unnamed>")
	case step == "fastpath function call":
		return said{}, "", oddFastpath
	default:
		return said{}, otherMessage, ""
	}
	what.text = text
	return what, "", ""
}

// parametersOf reads a detail such as "parameters: $1 = 'it”s', $2 = NULL"; newer
// servers begin it with a capital.
func parametersOf(detail string) (params []Param, ok bool) {
	list, is := cutWord(detail, "arameters: ")
	if !is {
		return nil, true // some other detail, or none
	}
	for list != "" {
		name := "$" + strconv.Itoa(len(params)+1) + " = "
		if list, is = strings.CutPrefix(list, name); !is || len(params) >= paramsMax {
			return nil, false
		}
		var p Param
		if after, null := strings.CutPrefix(list, "NULL"); null {
			p.Null, list = true, after
		} else if p.Value, list, ok = quotedValue(list); !ok {
			return nil, false
		}
		params = append(params, p)
		if list == "" {
			return params, true
		}
		if list, is = strings.CutPrefix(list, ", "); !is || list == "" {
			return nil, false
		}
	}
	return params, len(params) > 0
}

func cutWord(detail, word string) (rest string, is bool) {
	if detail == "" || detail[0]|0x20 != 'p' {
		return detail, false
	}
	return strings.CutPrefix(detail[1:], word)
}

// quotedValue reads '…' in which a quote is written twice.
func quotedValue(s string) (value, rest string, ok bool) {
	if s == "" || s[0] != '\'' {
		return "", s, false
	}
	for i := 1; i < len(s); i++ {
		if s[i] != '\'' {
			continue
		}
		if i+1 < len(s) && s[i+1] == '\'' {
			i++
			continue
		}
		return strings.ReplaceAll(s[1:i], "''", "'"), s[i+1:], true
	}
	return "", s, false
}
