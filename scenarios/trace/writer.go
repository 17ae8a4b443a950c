package trace

import (
	"bufio"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/klauspost/compress/zstd"
)

// Version is the version of the format that this package writes.
const Version = 1

const (
	headerWords = "tristore-trace "
	endWords    = "trcend1\n"
	// A skippable frame of zstd: a magic number and the length of what it holds.
	headerMagic  = 0x184D2A50
	trailerMagic = 0x184D2A51
	frameHead    = 8
	// trailerTail is the length of the JSON once more, and endWords.
	trailerTail = 4 + len(endWords)
	summaryMax  = 1 << 20
	// window is how far back the compressor looks, and what a reader must hold.
	window = 1 << 20
)

// Summary is what a trace says of itself at its end.
type Summary struct {
	Records int64 `json:"records"`
	// Span is how long after the first statement the last one is due.
	Span time.Duration `json:"span_ns"`
	// Databases are named by the records, at most DatabasesMax of them; "" is one that the log did not name.
	Databases []string `json:"databases"`
	// Source is the kind of log, such as csvlog, or Profiler.
	Source string `json:"source"`
	Hashed bool   `json:"hashed"` // literals and parameters were hashed
	// NotReplayable are statements of the log that are not in the trace, by reason.
	NotReplayable []Count `json:"not_replayable,omitempty"`
	// Other are lines of the log that are no statements, by kind.
	Other []Count `json:"other,omitempty"`
}

// Commands tells whether the records are commands of MongoDB; otherwise they are SQL.
func (s Summary) Commands() bool { return s.Source == Profiler }

// Classify reads the class off the text of a record.
func (s Summary) Classify(text string) (class Class, why string) {
	if s.Commands() {
		return ClassifyCommand(text)
	}
	return Classify(text)
}

// Count is how many there were of one kind.
type Count struct {
	What string `json:"what"`
	N    int64  `json:"n"`
}

// DatabasesMax bounds the databases of one trace.
const DatabasesMax = 1000

// Writer writes one trace. It is complete when Close returned nil.
type Writer struct {
	to     *bufio.Writer
	body   *zstd.Encoder
	buffer []byte
	last   time.Duration
	count  int64
	named  map[string]bool
	list   []string
}

// NewWriter begins a trace.
func NewWriter(to io.Writer) (*Writer, error) {
	w := &Writer{to: bufio.NewWriterSize(to, 1<<16), named: map[string]bool{}}
	words := fmt.Sprintf("%s%d\n", headerWords, Version)
	if _, err := w.to.Write(append(frame(headerMagic, len(words)), words...)); err != nil {
		return nil, fmt.Errorf("writing the trace: %w", err)
	}
	var err error
	if w.body, err = zstd.NewWriter(w.to, zstd.WithEncoderConcurrency(1), zstd.WithWindowSize(window), zstd.WithEncoderCRC(true)); err != nil {
		return nil, fmt.Errorf("writing the trace: %w", err)
	}
	return w, nil
}

func frame(magic uint32, length int) []byte {
	head := binary.LittleEndian.AppendUint32(nil, magic)
	return binary.LittleEndian.AppendUint32(head, uint32(length))
}

// errTooLong says that a record is beyond RecordMax.
var errTooLong = fmt.Errorf("longer than %d MiB", RecordMax>>20)

// Write adds a record, which must not be due before the one written last.
func (w *Writer) Write(r Record) error {
	if r.Due < w.last {
		return fmt.Errorf("writing the trace: a statement due at %s comes after one due at %s", r.Due, w.last)
	}
	if !w.named[r.Database] {
		if len(w.list) >= DatabasesMax {
			return fmt.Errorf("the log names over %d databases: import them with --database, one after the other", DatabasesMax)
		}
		w.named[r.Database] = true
		w.list = append(w.list, r.Database)
	}
	w.buffer = r.append(w.buffer[:0])
	if len(w.buffer) > RecordMax {
		return errTooLong
	}
	length := binary.AppendUvarint(make([]byte, 0, binary.MaxVarintLen64), uint64(len(w.buffer)))
	_, lengthErr := w.body.Write(length)
	_, err := w.body.Write(w.buffer)
	if err := errors.Join(lengthErr, err); err != nil {
		return fmt.Errorf("writing the trace: %w", err)
	}
	w.last = r.Due
	w.count++
	return nil
}

// Close ends the trace with its summary; what the writer counted itself is filled in.
func (w *Writer) Close(s Summary) (Summary, error) {
	s.Records, s.Span, s.Databases = w.count, w.last, w.list
	text, err := json.Marshal(s)
	if err == nil && len(text) > summaryMax {
		err = fmt.Errorf("its summary takes %d bytes", len(text))
	}
	if err == nil {
		err = w.body.Close()
	}
	if err == nil {
		tail := append(frame(trailerMagic, len(text)+trailerTail), text...)
		tail = append(binary.LittleEndian.AppendUint32(tail, uint32(len(text))), endWords...)
		_, err = w.to.Write(tail)
	}
	if err == nil {
		err = w.to.Flush()
	}
	if err != nil {
		return s, fmt.Errorf("ending the trace: %w", err)
	}
	return s, nil
}
