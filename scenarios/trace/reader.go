package trace

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/klauspost/compress/zstd"
)

// Reader reads one trace from its beginning to its end.
type Reader struct {
	Summary Summary

	name   string // in errors
	body   *zstd.Decoder
	from   *bufio.Reader
	buffer []byte
	last   time.Duration
	count  int64
	file   io.Closer
}

// Open opens a trace file. Its errors are sentences for the user.
func Open(path string) (*Reader, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("the trace %s cannot be read: name a file that tristore trace import wrote", path)
	}
	info, err := file.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = fmt.Errorf("the trace %s is no regular file: its end must be known before it is used", path)
	}
	var r *Reader
	if err == nil {
		r, err = NewReader(file, info.Size(), path)
	}
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	r.file = file
	return r, nil
}

// NewReader reads a trace of which the size is known; name stands in errors. It looks at
// both ends at once: a trace without its end is refused before a record is used.
func NewReader(from io.ReaderAt, size int64, name string) (*Reader, error) {
	begin, err := readHeader(from, size, name)
	if err != nil {
		return nil, err
	}
	summary, end, err := readTrailer(from, begin, size, name)
	if err != nil {
		return nil, err
	}
	body, err := zstd.NewReader(io.NewSectionReader(from, begin, end-begin), zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(window), zstd.WithDecoderLowmem(true))
	if err != nil {
		return nil, fmt.Errorf("%s is damaged: %w", name, err)
	}
	return &Reader{Summary: summary, name: name, body: body, from: bufio.NewReaderSize(body, 1<<16)}, nil
}

func readHeader(from io.ReaderAt, size int64, name string) (begin int64, err error) {
	if size == 0 {
		return 0, fmt.Errorf("%s is empty, so it is no trace: make one with tristore trace import", name)
	}
	head := make([]byte, min(size, 64))
	if _, err := from.ReadAt(head, 0); err != nil && !errors.Is(err, io.EOF) {
		return 0, fmt.Errorf("reading %s: %w", name, err)
	}
	foreign := fmt.Errorf("%s is no trace of tristore%s: make one with tristore trace import", name, looksLike(head))
	if len(head) < frameHead || binary.LittleEndian.Uint32(head) != headerMagic {
		return 0, foreign
	}
	length := int64(binary.LittleEndian.Uint32(head[4:]))
	words, is := strings.CutPrefix(string(head[frameHead:]), headerWords)
	number, _, ended := strings.Cut(words, "\n")
	version, numberErr := strconv.Atoi(number)
	switch {
	case !is && strings.HasPrefix(headerWords, string(head[frameHead:])), is && !ended && size < frameHead+length:
		return 0, cutShort(name, size)
	case !is, !ended, numberErr != nil, version < 1:
		return 0, foreign
	case version > Version:
		return 0, fmt.Errorf("%s has trace version %d, newer than the %d this tristore reads: use a newer tristore", name, version, Version)
	case length != int64(len(headerWords)+len(number)+1):
		return 0, fmt.Errorf("%s is damaged: its header does not add up", name)
	}
	return frameHead + length, nil
}

func cutShort(name string, size int64) error {
	return fmt.Errorf("%s is cut short or something was added behind it: %d bytes, and they do not end as a trace does; copy or import it again", name, size)
}

// looksLike says what a file that is no trace may be.
func looksLike(head []byte) string {
	for _, known := range []struct{ begin, what string }{
		{"\x1f\x8b", "a gzip file"}, {"\x28\xb5\x2f\xfd", "some other zstd file"}, {"BZh", "a bzip2 file"}, {"\xfd7zXZ", "an xz file"},
		{"\xff\xfe", "text in UTF-16"}, {"\xfe\xff", "text in UTF-16"}, {"\xef\xbb\xbf", "text in UTF-8 with a byte order mark"},
		{"{", "JSON"}, {"PGDMP", "a dump of PostgreSQL"},
	} {
		if bytes.HasPrefix(head, []byte(known.begin)) {
			return "; it looks like " + known.what
		}
	}
	if len(head) >= 4 && strings.Trim(string(head[:4]), "0123456789") == "" {
		return "; it looks like a log"
	}
	return ""
}

func readTrailer(from io.ReaderAt, begin, size int64, name string) (summary Summary, end int64, err error) {
	tail := make([]byte, trailerTail)
	if size < begin+frameHead+int64(trailerTail) {
		return summary, 0, cutShort(name, size)
	}
	if _, err := from.ReadAt(tail, size-int64(trailerTail)); err != nil && !errors.Is(err, io.EOF) {
		return summary, 0, fmt.Errorf("reading %s: %w", name, err)
	}
	length := int64(binary.LittleEndian.Uint32(tail))
	end = size - int64(trailerTail) - length - frameHead
	if string(tail[4:]) != endWords {
		return summary, 0, cutShort(name, size)
	}
	damaged := fmt.Errorf("%s is damaged: its summary does not add up", name)
	if length > summaryMax || end < begin {
		return summary, 0, damaged
	}
	text := make([]byte, frameHead+length)
	if _, err := from.ReadAt(text, end); err != nil && !errors.Is(err, io.EOF) {
		return summary, 0, fmt.Errorf("reading %s: %w", name, err)
	}
	if !bytes.Equal(text[:frameHead], frame(trailerMagic, int(length)+trailerTail)) || json.Unmarshal(text[frameHead:], &summary) != nil ||
		summary.Records < 0 || summary.Span < 0 || len(summary.Databases) > DatabasesMax {
		return summary, 0, damaged
	}
	return summary, end, nil
}

// Next gives the next record, or io.EOF behind the last when there were as many as the
// trace says.
func (r *Reader) Next() (Record, error) {
	length, err := binary.ReadUvarint(r.from)
	if errors.Is(err, io.EOF) { // a length that is cut is an unexpected one
		if r.count != r.Summary.Records {
			return Record{}, fmt.Errorf("%s is damaged: it holds %d records and says %d", r.name, r.count, r.Summary.Records)
		}
		return Record{}, io.EOF
	}
	if err == nil && length > RecordMax {
		err = errTooLong
	}
	var record Record
	if err == nil {
		record, err = r.record(int(length))
	}
	if err != nil {
		return Record{}, fmt.Errorf("%s is damaged behind record %d: %w", r.name, r.count, err)
	}
	r.count++
	return record, nil
}

func (r *Reader) record(length int) (Record, error) {
	if cap(r.buffer) < length {
		r.buffer = make([]byte, length)
	}
	r.buffer = r.buffer[:length]
	if _, err := io.ReadFull(r.from, r.buffer); err != nil {
		return Record{}, err
	}
	record, err := decode(r.buffer)
	if err == nil && record.Due < r.last {
		err = errors.New("it is due before the one in front of it")
	}
	r.last = record.Due
	return record, err
}

// Close ends reading.
func (r *Reader) Close() error {
	r.body.Close()
	if r.file == nil {
		return nil
	}
	return r.file.Close()
}
