package trace

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/klauspost/compress/zstd"
)

// written is a trace of the records.
func written(t testing.TB, records ...Record) []byte {
	t.Helper()
	var to bytes.Buffer
	w, err := NewWriter(&to)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range records {
		if err := w.Write(r); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := w.Close(Summary{Source: "test"}); err != nil {
		t.Fatal(err)
	}
	return to.Bytes()
}

// readAll reads a trace to its end, or to its first error.
func readAll(data []byte) ([]Record, Summary, error) {
	r, err := NewReader(bytes.NewReader(data), int64(len(data)), "FILE")
	if err != nil {
		return nil, Summary{}, err
	}
	defer r.Close()
	var all []Record
	for {
		record, err := r.Next()
		if errors.Is(err, io.EOF) {
			return all, r.Summary, nil
		}
		if err != nil {
			return all, r.Summary, err
		}
		all = append(all, record)
	}
}

func someRecords() []Record {
	return []Record{
		{Session: 1, Database: "app", Text: "SELECT 1"},
		{Session: 1 << 63, Due: time.Millisecond, Database: "app", Text: "SELECT $1, $2, $3", Params: []Param{{Value: "a'b\x00\n"}, {Null: true}, {Value: ""}}, Prepared: true},
		{Session: 2, Due: 25 * time.Hour, Text: strings.Repeat("ü", 1<<20)},
	}
}

func TestATraceGivesItsRecordsBack(t *testing.T) {
	got, summary, err := readAll(written(t, someRecords()...))
	if err != nil || !reflect.DeepEqual(got, someRecords()) {
		t.Fatalf("%v: %d records", err, len(got))
	}
	if summary.Records != 3 || summary.Span != 25*time.Hour || !reflect.DeepEqual(summary.Databases, []string{"app", ""}) {
		t.Errorf("summary %+v", summary)
	}
	if got, _, err := readAll(written(t)); err != nil || len(got) != 0 {
		t.Errorf("an empty trace: %v, %d records", err, len(got))
	}
}

// A trace that lost any number of bytes at its end is refused before a record is used.
func TestATornTailIsRefusedAtOnce(t *testing.T) {
	whole := written(t, someRecords()...)
	for length := range len(whole) {
		_, err := NewReader(bytes.NewReader(whole[:length]), int64(length), "FILE")
		says := "is cut short"
		if length < frameHead { // nothing is left that tells that it was a trace
			says = "no trace"
		}
		if err == nil || !strings.HasPrefix(err.Error(), "FILE ") || !strings.Contains(err.Error(), says) || strings.Contains(err.Error(), "\n") {
			t.Fatalf("cut to %d of %d bytes: %v, wanted a sentence with %q", length, len(whole), err, says)
		}
	}
	if _, _, err := readAll(append(whole, "more"...)); err == nil {
		t.Error("bytes behind the end are accepted")
	}
}

func TestWhatIsNoTraceGetsOneSentence(t *testing.T) {
	future := written(t)
	future[frameHead+len(headerWords)] = '2'
	unending := append(frame(headerMagic, 4000), "tristore-trace 1 and so on"...)
	for name, c := range map[string]struct {
		data []byte
		says string
	}{
		"the future":     {future, "version 2, newer than the 1"},
		"nothing":        {nil, "is empty"},
		"a gzip file":    {[]byte("\x1f\x8b\x08\x00 and so on"), "gzip"},
		"a zstd file":    {[]byte("\x28\xb5\x2f\xfd and so on"), "other zstd"},
		"UTF-16":         {[]byte("\xff\xfe2\x000\x002\x004\x00"), "UTF-16"},
		"a log":          {[]byte("2024-01-01 00:00:00.000 UTC [1] LOG:  statement: SELECT 1\n"), "looks like a log"},
		"JSON":           {[]byte(`{"timestamp":"2024"}`), "JSON"},
		"another frame":  {append(frame(headerMagic, 5), "hello there"...), "is no trace"},
		"no version":     {append(frame(headerMagic, 17), "tristore-trace x\n"...), "is no trace"},
		"a long header":  {unending, "cut short"},
		"only zeros":     {make([]byte, 4096), "is no trace"},
		"a giant length": {append(written(t)[:len(written(t))-trailerTail], "\xff\xff\xff\xfftrcend1\n"...), "damaged"},
	} {
		_, err := NewReader(bytes.NewReader(c.data), int64(len(c.data)), "FILE")
		if err == nil || !strings.Contains(err.Error(), c.says) || !strings.HasPrefix(err.Error(), "FILE ") || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v, wanted a sentence with %q", name, err, c.says)
		}
	}
	if _, err := Open(filepath.Join(t.TempDir(), "none")); err == nil || !strings.Contains(err.Error(), "cannot be read") {
		t.Error(err)
	}
	if _, err := Open(t.TempDir()); err == nil {
		t.Error("a folder is opened as a trace")
	}
}

// Damage inside is never read as an end, nor as fewer records.
func TestDamageInsideIsAnError(t *testing.T) {
	chance := rand.New(rand.NewPCG(1, 2))
	whole := written(t, someRecords()...)
	begin, end := 25, len(whole)-trailerTail-200
	for range 300 {
		damaged := bytes.Clone(whole)
		damaged[begin+chance.IntN(end-begin)] ^= byte(1 + chance.IntN(255))
		if got, _, err := readAll(damaged); err == nil && !reflect.DeepEqual(got, someRecords()) {
			t.Fatal("other records were read from a damaged trace, without an error")
		}
	}
	// Whole frames that are missing pass every checksum; the count tells.
	fewer := written(t, someRecords()[0])
	tail := whole[bytes.LastIndex(whole, frame(trailerMagic, 0)[:4]):]
	cut := slices.Concat(fewer[:bytes.LastIndex(fewer, frame(trailerMagic, 0)[:4])], tail)
	if _, _, err := readAll(cut); err == nil || !strings.Contains(err.Error(), "holds 1 records and says 3") {
		t.Error(err)
	}
}

func TestRecordsKeepTheirOrderAndBounds(t *testing.T) {
	w, err := NewWriter(io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Write(Record{Due: time.Second}); err != nil {
		t.Fatal(err)
	}
	if err := w.Write(Record{}); err == nil {
		t.Error("a record was written behind one that is due later")
	}
	if err := w.Write(Record{Due: time.Second, Text: strings.Repeat("x", RecordMax)}); !errors.Is(err, errTooLong) {
		t.Error(err)
	}
	for i := range DatabasesMax - 1 {
		if err := w.Write(Record{Due: time.Second, Database: fmt.Sprint(i)}); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Write(Record{Due: time.Second, Database: "one more"}); err == nil {
		t.Error("the databases of a trace have no bound")
	}
}

// A gigabyte of records, in a file of a few hundred KiB, is read in bounded memory.
func TestAHugeTraceIsReadInBoundedMemory(t *testing.T) {
	path := filepath.Join(t.TempDir(), "huge")
	file, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	w, err := NewWriter(file)
	if err != nil {
		t.Fatal(err)
	}
	record := Record{Database: "app", Text: "SELECT '" + strings.Repeat("lorem ipsum ", 1<<16) + "'"}
	total := 0
	for total < 1<<30 {
		if err := w.Write(record); err != nil {
			t.Fatal(err)
		}
		total += len(record.Text)
	}
	if _, err := w.Close(Summary{}); err != nil {
		t.Fatal(err)
	}
	if err := file.Close(); err != nil {
		t.Fatal(err)
	}
	r, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	for read := 0; ; {
		next, err := r.Next()
		if errors.Is(err, io.EOF) {
			if read != total {
				t.Errorf("read %d bytes of %d", read, total)
			}
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		read += len(next.Text)
		bounded(t, 128<<20)
	}
}

// bounded fails when more than so many bytes are in use.
func bounded(t *testing.T, limit uint64) {
	t.Helper()
	var now runtime.MemStats
	runtime.ReadMemStats(&now)
	if now.HeapInuse < limit {
		return
	}
	runtime.GC() // garbage is not in use
	runtime.ReadMemStats(&now)
	if now.HeapInuse > limit {
		t.Fatalf("%d MiB are in use, over %d", now.HeapInuse>>20, limit>>20)
	}
}

func TestTheSorterSortsWhatMemoryCannotHold(t *testing.T) {
	const records = 200_000
	chance := rand.New(rand.NewPCG(5, 6))
	s := sorter{dir: t.TempDir()}
	spills := 0
	for i := range records {
		// Several records at each moment, numbered, to see that equals keep their order.
		if err := s.add(Record{Due: time.Duration(chance.Int64N(records / 10)), Session: uint64(i)}); err != nil {
			t.Fatal(err)
		}
		if i%4999 == 0 { // forty runs: more than are merged at once
			spills++
			if err := s.spill(); err != nil {
				t.Fatal(err)
			}
		}
	}
	if left, _ := os.ReadDir(s.dir); len(left) > 0 {
		t.Errorf("temporary files with a name: %v", left)
	}
	last, seen := Record{}, 0
	err := s.drain(func(r Record) error {
		if r.Due < last.Due || r.Due == last.Due && seen > 0 && r.Session < last.Session {
			t.Fatalf("%v and %d behind %v and %d", r.Due, r.Session, last.Due, last.Session)
		}
		last, seen = r, seen+1
		return nil
	})
	if err != nil || seen != records || spills < 2*fanMax {
		t.Errorf("%v: %d records of %d after %d spills", err, seen, records, spills)
	}
	if err := s.close(); err != nil {
		t.Error(err)
	}
}

func FuzzReader(f *testing.F) {
	whole := written(f, someRecords()[:2]...)
	f.Add(whole)
	f.Add(whole[:len(whole)/2])
	f.Add([]byte("tristore-trace 1\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		records, summary, err := readAll(data)
		if err != nil && (strings.Contains(err.Error(), "\n") || !strings.HasPrefix(err.Error(), "FILE ")) {
			t.Errorf("no sentence: %v", err)
		}
		if err == nil && int64(len(records)) != summary.Records {
			t.Errorf("%d records of %d and no error", len(records), summary.Records)
		}
	})
}

// FuzzRecord: whatever decodes is what was encoded.
func FuzzRecord(f *testing.F) {
	for _, r := range someRecords()[:2] {
		f.Add(r.append(nil))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		r, err := decode(data)
		if err != nil {
			return
		}
		again, err := decode(r.append(nil))
		if err != nil || !reflect.DeepEqual(r, again) {
			t.Errorf("%+v became %+v: %v", r, again, err)
		}
	})
}

// BenchmarkReader reads statements of an ordinary length.
func BenchmarkReader(b *testing.B) {
	var to bytes.Buffer
	w, err := NewWriter(&to)
	if err != nil {
		b.Fatal(err)
	}
	const records = 100_000
	for i := range records {
		if err := w.Write(Record{Session: uint64(i % 64), Due: time.Duration(i) * time.Millisecond, Database: "app", Text: "SELECT id, subject_id, role FROM bindings WHERE workspace_id = $1 AND subject_id = $2",
			Params: []Param{{Value: fmt.Sprint(i)}, {Value: fmt.Sprint(i * 7919)}}}); err != nil {
			b.Fatal(err)
		}
	}
	if _, err := w.Close(Summary{}); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if got, _, err := readAll(to.Bytes()); err != nil || len(got) != records {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(to.Len())/records, "B/record")
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/records, "ns/record")
}

func TestATraceIsAZstdFile(t *testing.T) {
	d, err := zstd.NewReader(bytes.NewReader(written(t, someRecords()...)))
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	plain, err := io.ReadAll(d)
	if err != nil || !bytes.Contains(plain, []byte("SELECT $1, $2, $3")) {
		t.Errorf("%v: %d bytes", err, len(plain))
	}
}
