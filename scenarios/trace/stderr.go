package trace

import (
	"errors"
)

// stderr reads PostgreSQL's plain log: each line behind a prefix of the administrator's
// making, further lines of one message behind a tab, its DETAIL as a line of its own.
type stderr struct {
	lines  *lines
	prefix prefix
	clock  moments

	pending *part // its first line was read, what continues it was not
	queued  error // found behind what was given last
	held    *part // a whole part that ended the message before it
}

// part is a line of a message with the lines that continue it.
type part struct {
	entry
	text []byte
	long bool
}

func newStderr(in *lines, format string) (*stderr, error) {
	p, err := newPrefix(format)
	return &stderr{lines: in, prefix: p}, err
}

// next gathers a message and the DETAIL that follows it from the same session.
func (s *stderr) next() (entry, error) {
	message := s.held
	s.held = nil
	if message == nil {
		var err error
		if message, err = s.part(); err != nil {
			return entry{}, err
		}
	}
	whole := message.entry
	whole.message = string(message.text)
	for {
		more, err := s.part()
		switch {
		case err != nil:
			s.queued = err
			return whole, nil
		case !belongs(more.severity) || more.session != whole.session:
			s.held = more
			return whole, nil
		case more.severity == "DETAIL":
			whole.detail = string(more.text)
		}
	}
}

// belongs tells whether a line says more of the message before it.
func belongs(severity string) bool {
	switch severity {
	case "DETAIL", "HINT", "CONTEXT", "STATEMENT", "QUERY", "LOCATION", "BACKTRACE":
		return true
	}
	return false
}

// part reads one line and those that continue it.
func (s *stderr) part() (*part, error) {
	if err := s.queued; err != nil {
		var odd oddity
		if errors.As(err, &odd) {
			s.queued = nil // told once; any other error stays
		}
		return nil, err
	}
	begun := s.pending
	s.pending = nil
	for begun == nil {
		line, err := s.lines.next()
		if err == nil && len(line) > 0 {
			begun, err = s.begin(line)
		}
		if err != nil {
			return nil, err
		}
	}
	for {
		line, err := s.lines.next()
		switch {
		case err == nil && len(line) > 0 && line[0] == '\t':
			begun.add(line[1:])
			continue
		case err == nil && len(line) == 0:
			continue
		case err == nil:
			s.pending, err = s.begin(line)
		}
		s.queued = err
		switch {
		case !s.lines.ended && s.pending == nil: // it is the last line, and nobody knows what is missing
			return nil, oddity(oddDamaged)
		case begun.long:
			return nil, oddity(oddLong)
		default:
			return begun, nil
		}
	}
}

func (p *part) add(line []byte) {
	if p.long = p.long || len(p.text)+len(line) > RecordMax; !p.long {
		p.text = append(append(p.text, '\n'), line...)
	}
}

// begin reads the first line of a part.
func (s *stderr) begin(line []byte) (*part, error) {
	found := s.prefix.pattern.FindSubmatchIndex(line)
	if found == nil {
		if line[0] == '\t' {
			return nil, nil // it continues a line that was an oddity already
		}
		return nil, oddity(oddUnlike)
	}
	group := func(n int) string {
		if n == 0 || found[2*n] < 0 {
			return ""
		}
		return string(line[found[2*n]:found[2*n+1]])
	}
	at, ok, err := s.prefix.moment(&s.clock, group)
	if err != nil {
		return nil, err
	}
	if !ok {
		return nil, oddity(oddUnlike)
	}
	p := &part{entry: entry{at: at, session: group(s.prefix.session), database: group(s.prefix.database), severity: group(s.prefix.severity)}}
	p.text = append(p.text, line[found[1]:]...)
	return p, nil
}
