package trace

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strings"
)

// oddity is why a part of a log is left out; reading goes on behind it.
type oddity string

func (o oddity) Error() string { return string(o) }

// source reads one log, one message at a time: an oddity counts, any other error ends
// it, io.EOF in order.
type source interface {
	next() (entry, error)
}

// lines reads lines of bounded length.
type lines struct {
	from   *bufio.Reader
	buffer []byte
	ended  bool // the last line had its end
}

func newLines(from io.Reader) *lines {
	return &lines{from: bufio.NewReaderSize(from, 1<<16), ended: true}
}

// next gives a line without its end; it is valid until the next call. A line that is
// too long is an oddity and skipped to its end.
func (l *lines) next() ([]byte, error) {
	l.buffer = l.buffer[:0]
	long := false
	for {
		part, err := l.from.ReadSlice('\n')
		if long = long || len(l.buffer)+len(part) > RecordMax; !long {
			l.buffer = append(l.buffer, part...)
		}
		switch {
		case errors.Is(err, bufio.ErrBufferFull):
			continue
		case err != nil && !errors.Is(err, io.EOF):
			return nil, err
		case long:
			return nil, oddity(oddLong)
		case err != nil && len(l.buffer) == 0:
			return nil, io.EOF
		}
		l.ended = err == nil
		line := l.buffer
		if l.ended {
			line = line[:len(line)-1]
		}
		if n := len(line); n > 0 && line[n-1] == '\r' {
			line = line[:n-1]
		}
		return line, nil
	}
}

// foreign refuses a file that is no text of a log, by its first bytes.
func (l *lines) foreign(format string) error {
	head, _ := l.from.Peek(8) // an error shows when it is read
	like := looksLike(head)
	if like == "" || like == looksLike([]byte("2024")) || (format == "jsonlog" || format == Profiler) && strings.HasSuffix(like, "JSON") {
		return nil
	}
	if format == Profiler {
		format = "export of the profiler"
	}
	return fmt.Errorf("it is no %s in UTF-8 text%s", format, like)
}
