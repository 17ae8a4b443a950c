package trace

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// DefaultPrefix is log_line_prefix as PostgreSQL ships it. It names no database.
const DefaultPrefix = "%m [%p] "

// prefixMax bounds the log_line_prefix that is taken.
const prefixMax = 1000

// prefix is a log_line_prefix as a pattern, with the numbers of the groups that matter;
// zero is none.
type prefix struct {
	pattern           *regexp.Regexp
	time, epoch       int // %m or %t, %n
	session, database int // %c or else %p, %d
	severity          int
}

// escape is what one %-escape is printed as.
type escape struct {
	pattern string
	into    func(p *prefix) *int // where the number of its group goes; nil has none
}

const day = `[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}`

// escapes are those of PostgreSQL 12 to 18; others are whatever is printed.
func escapes(letter byte) escape {
	switch letter {
	case 'm':
		return escape{day + `\.[0-9]+ \S+`, func(p *prefix) *int { return &p.time }}
	case 't':
		return escape{day + ` \S+`, func(p *prefix) *int { return &p.time }}
	case 'n':
		return escape{`[0-9]+\.[0-9]+`, func(p *prefix) *int { return &p.epoch }}
	case 'c':
		return escape{`[0-9a-f]+\.[0-9a-f]+`, func(p *prefix) *int { return &p.session }}
	case 'p':
		return escape{`[0-9]+`, func(p *prefix) *int { return &p.session }}
	case 'd':
		return escape{`.*?`, func(p *prefix) *int { return &p.database }}
	case 's':
		return escape{day + ` \S+`, nil}
	case 'l', 'x', 'P', 'Q':
		return escape{`-?[0-9]*`, nil}
	case '%':
		return escape{`%`, nil}
	default:
		return escape{`.*?`, nil}
	}
}

// newPrefix turns the setting into a pattern, or says what it lacks.
func newPrefix(setting string) (prefix, error) {
	if len(setting) > prefixMax {
		return prefix{}, fmt.Errorf("log_line_prefix has %d characters, over %d", len(setting), prefixMax)
	}
	var p prefix
	var pattern strings.Builder
	groups := 0
	group := func(inner string) int {
		groups++
		pattern.WriteString("(" + inner + ")")
		return groups
	}
	pattern.WriteString("^")
	quits := ""
	for rest := setting; rest != ""; {
		plain, behind, more := strings.Cut(rest, "%")
		pattern.WriteString(regexp.QuoteMeta(plain))
		if rest = behind; !more {
			break
		}
		after := strings.TrimLeft(rest, "-0123456789")
		if after == "" {
			return prefix{}, fmt.Errorf("log_line_prefix %q ends inside an escape: give it as the server has it", setting)
		}
		padding := ""
		if len(after) < len(rest) {
			padding = " *"
		}
		letter := after[0]
		rest = after[1:]
		if letter == 'q' { // processes that are no session print nothing more
			pattern.WriteString("(?:")
			quits += ")?"
			continue
		}
		e := escapes(letter)
		pattern.WriteString(padding)
		if n := group(e.pattern); e.into != nil && (letter != 'p' || p.session == 0) {
			*e.into(&p) = n
		}
		pattern.WriteString(padding)
	}
	pattern.WriteString(quits)
	p.severity = group("[A-Z0-9]+")
	pattern.WriteString(":  ")
	if p.time == 0 && p.epoch == 0 || p.session == 0 {
		return prefix{}, fmt.Errorf("log_line_prefix %q tells no time or no session: the log needs %%m, %%t or %%n, and %%c or %%p", setting)
	}
	var err error
	if p.pattern, err = regexp.Compile(pattern.String()); err != nil {
		return prefix{}, fmt.Errorf("log_line_prefix %q cannot be read: %w", setting, err)
	}
	return p, nil
}

// moment reads the time of a line.
func (p prefix) moment(clock *moments, group func(int) string) (at time.Duration, ok bool, err error) {
	if p.time > 0 {
		return clock.read(group(p.time))
	}
	at, ok = parseEpoch(group(p.epoch))
	return at, ok, nil
}

// parseEpoch reads seconds since 1970 with a fraction.
func parseEpoch(text string) (time.Duration, bool) {
	seconds, fraction, _ := strings.Cut(text, ".")
	whole, wholeErr := strconv.ParseInt(seconds, 10, 33)
	part, partErr := strconv.ParseFloat("0."+fraction, 64)
	return time.Duration(whole)*time.Second + time.Duration(part*float64(time.Second)), wholeErr == nil && partErr == nil
}
