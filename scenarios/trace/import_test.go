package trace

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"time"
)

const csvTail = `,,,,,,,,"psql","client backend",,0`

// csvRow is a row of PostgreSQL 14 and later; at is "12:00:00.000 UTC".
func csvRow(at, session, message, detail string) string {
	quote := func(s string) string { return `"` + strings.ReplaceAll(s, `"`, `""`) + `"` }
	return "2024-05-06 " + at + `,"me","shop",1,"[local]",` + session + `,1,"SELECT",2024-05-06 00:00:00 UTC,3/1,0,LOG,00000,` + quote(message) + "," + quote(detail) + csvTail + "\n"
}

// importText imports one log given as text.
func importText(how Import, log string) (Summary, []Record, error) {
	var to bytes.Buffer
	summary, err := how.Run([]Log{{"LOG", strings.NewReader(log)}}, &to)
	if err != nil {
		return summary, nil, err
	}
	records, _, err := readAll(to.Bytes())
	return summary, records, err
}

func counted(s Summary) map[string]int64 {
	all := map[string]int64{}
	for _, c := range append(s.NotReplayable, s.Other...) {
		all[c.What] += c.N
	}
	return all
}

// Whatever happens to a log, what can be read is read, and the rest is counted.
func TestDamagedLogs(t *testing.T) {
	good := csvRow("12:00:00.000 UTC", "a.1", "statement: SELECT 1", "")
	next := csvRow("12:00:01.000 UTC", "a.1", "statement: SELECT 2", "")
	plain := func(second int, text string) string {
		return fmt.Sprintf("2024-05-06 12:00:%02d.000 UTC [7] LOG:  statement: %s\n", second, text)
	}
	object := `{"timestamp":"2024-05-06 12:00:00.000 UTC","dbname":"shop","session_id":"a.1","error_severity":"LOG","message":"statement: SELECT 1"}` + "\n"
	for name, c := range map[string]struct {
		format, log string
		statements  int
		reason      string
		n           int64
	}{
		"csvlog, whole":                    {"csvlog", good + next, 2, oddDamaged, 0},
		"csvlog, no end of line":           {"csvlog", strings.TrimSuffix(good+next, "\n"), 2, oddDamaged, 0},
		"csvlog, a row cut in a statement": {"csvlog", good + next[:120] + "\n" + next, 2, oddDamaged, 1},
		"csvlog, cut at the end":           {"csvlog", good + next[:130], 1, oddDamaged, 1},
		"csvlog, cut between columns":      {"csvlog", good + next[:50], 1, oddDamaged, 1},
		"csvlog, a row of nothing":         {"csvlog", good + "\n,,,\n" + next, 2, oddDamaged, 1},
		"csvlog, no moment":                {"csvlog", good + strings.Replace(next, "2024", "20x4", 1) + next, 2, oddDamaged, 1},
		"csvlog, Latin 1":                  {"csvlog", good + csvRow("12:00:01.000 UTC", "a.1", "statement: SELECT '\xfc'", ""), 1, oddUTF8, 1},
		"csvlog, a statement too long":     {"csvlog", good + csvRow("12:00:00.000 UTC", "a.1", "statement: SELECT '"+strings.Repeat("x", RecordMax)+"'", "") + next, 2, oddLong, 1},
		"csvlog, rows without end":         {"csvlog", good + strings.Replace(next, `SELECT 2"`, `SELECT 2`, 1) + strings.Repeat(strings.Repeat("y", 1<<16)+"\n", 300) + next, 2, oddLong, 1},
		"csvlog, parameters not logged":    {"csvlog", good + csvRow("12:00:00.000 UTC", "a.1", "execute <unnamed>: SELECT $1", ""), 1, oddParameters, 1},
		"csvlog, parameters cut":           {"csvlog", good + csvRow("12:00:00.000 UTC", "a.1", "execute <unnamed>: SELECT $1", "parameters: $1 = 'it"), 1, oddUnreadable, 1},
		"csvlog, a fetch":                  {"csvlog", good + csvRow("12:00:00.000 UTC", "a.1", "execute fetch from <unnamed>: SELECT 1", ""), 1, oddFetch, 1},
		"csvlog, a plan":                   {"csvlog", good + csvRow("12:00:00.000 UTC", "a.1", "duration: 1.5 ms  plan:\nQuery Text: SELECT 1", ""), 1, otherPlan, 1},
		"csvlog, an open literal":          {"csvlog", good + csvRow("12:00:00.000 UTC", "a.1", "statement: SELECT 'a", ""), 1, errUnended.Error(), 1},
		"csvlog, a crowded statement":      {"csvlog", good + csvRow("12:00:00.000 UTC", "a.1", "statement: SELECT 1"+strings.Repeat(",1", tokensMax/2), ""), 1, errCrowded.Error(), 1},
		"stderr, whole":                    {"stderr", plain(0, "SELECT 1") + plain(1, "SELECT\n\t2"), 2, oddDamaged, 0},
		"stderr, cut at the end":           {"stderr", plain(0, "SELECT 1") + "2024-05-06 12:00:01.000 UTC [7] LOG:  statement: SELECT nam", 1, oddDamaged, 1},
		"stderr, cut in a continued line":  {"stderr", plain(0, "SELECT 1") + plain(1, "SELECT") + "\tnam", 1, oddDamaged, 1},
		"stderr, a foreign line":           {"stderr", plain(0, "SELECT 1") + "Segmentation fault\n\tat something\n" + plain(1, "SELECT 2"), 2, oddUnlike, 1},
		"stderr, a line too long":          {"stderr", plain(0, "SELECT 1") + plain(1, strings.Repeat("x", RecordMax)) + plain(2, "SELECT 2"), 2, oddLong, 1},
		"stderr, too many lines":           {"stderr", plain(0, "SELECT 1") + plain(1, strings.Repeat(strings.Repeat("x", 1<<16)+"\n\t", 300)) + plain(2, "SELECT 2"), 2, oddLong, 1},
		"jsonlog, whole":                   {"jsonlog", object + object, 2, oddDamaged, 0},
		"jsonlog, cut at the end":          {"jsonlog", object + object[:60], 1, oddDamaged, 1},
		"jsonlog, not UTF-8":               {"jsonlog", object + strings.Replace(object, "SELECT 1", "SELECT '\xff'", 1), 1, oddUTF8, 1},
		"jsonlog, a row of another shape":  {"jsonlog", object + "[1]\n{}\n", 1, oddDamaged, 2},
	} {
		t.Run(name, func(t *testing.T) {
			summary, records, err := importText(Import{Format: c.format, Scratch: t.TempDir()}, c.log)
			if err != nil || len(records) != c.statements || counted(summary)[c.reason] != c.n {
				t.Errorf("%v: %d statements, wanted %d; counted %v, wanted %d of %q", err, len(records), c.statements, counted(summary), c.n, c.reason)
			}
		})
	}
}

func TestLogsOfWhichNothingIsOfUse(t *testing.T) {
	row := csvRow("12:00:00.000 UTC", "a.1", "statement: SELECT 1", "")
	for name, c := range map[string]struct {
		how       Import
		log, says string
	}{
		"empty":               {Import{Format: "csvlog"}, "", "holds no message"},
		"another format":      {Import{Format: "csvlog"}, "2024-05-06 12:00:00.000 UTC [7] LOG:  statement: SELECT 1\n", "is it a csvlog?"},
		"JSON as csv":         {Import{Format: "csvlog"}, `{"timestamp":""}`, "looks like JSON"},
		"another prefix":      {Import{Format: "stderr"}, "[7] LOG:  statement: SELECT 1\n", "--prefix"},
		"UTF-16":              {Import{Format: "csvlog"}, "\xff\xfe2\x000\x00", "UTF-16"},
		"packed":              {Import{Format: "jsonlog"}, "\x1f\x8b\x08\x00", "gzip"},
		"nothing logged":      {Import{Format: "csvlog"}, csvRow("12:00:00.000 UTC", "a.1", "checkpoint starting: time", ""), "log_min_duration_statement"},
		"German":              {Import{Format: "csvlog"}, csvRow("12:00:00.000 UTC", "a.1", "Anweisung: SELECT 1", ""), "lc_messages"},
		"two zones":           {Import{Format: "csvlog"}, csvRow("12:00:00.000 CET", "a.1", "statement: SELECT 1", "") + csvRow("12:00:00.000 CEST", "a.1", "statement: SELECT 1", ""), "from zone CET to CEST"},
		"an unknown format":   {Import{Format: "xml"}, row, "choose csvlog, jsonlog or stderr"},
		"a prefix of no time": {Import{Format: "stderr", Prefix: "[%p] "}, row, "tells no time or no session"},
		"a prefix cut off":    {Import{Format: "stderr", Prefix: "%m [%p] %-12"}, row, "inside an escape"},
		"a long prefix":       {Import{Format: "stderr", Prefix: strings.Repeat("%m", 600)}, row, "over 1000"},
	} {
		c.how.Scratch = t.TempDir()
		_, _, err := importText(c.how, c.log)
		if err == nil || !strings.Contains(err.Error(), c.says) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v, wanted a sentence with %q", name, err, c.says)
		}
	}
}

func TestPrefixes(t *testing.T) {
	for prefix, line := range map[string]string{
		"%m [%p] ":                         "2024-05-06 12:00:00.250 UTC [7] ",
		"%t:%r:%u@%d:[%p]: ":               "2024-05-06 12:00:00 UTC:10.0.0.1(5432):me@shop:[7]: ",
		"%n %c %q%d ":                      "1714996800.250 66389f0b.7 shop ",
		"[%-10p] %10m %q user=%u,db=%d%% ": "[7         ]  2024-05-06 12:00:00.250 UTC  user=a b,db=shop% ",
		"%m %s %l %x %v %e %i %a %h %b %P %Q %L %c %d: ": "2024-05-06 12:00:00.250 +02 2024-05-06 11:00:00 +02 3 0 3/1 00000 SELECT app: x 10.0.0.1 client backend  -77 local 66389f0b.7 shop: ",
	} {
		log := line + "LOG:  duration: 250.000 ms  execute name: SELECT $1\n" + line + "DETAIL:  Parameters: $1 = NULL\n"
		_, records, err := importText(Import{Format: "stderr", Prefix: prefix, Scratch: t.TempDir()}, log)
		if err != nil || len(records) != 1 || !records[0].Prepared || len(records[0].Params) != 1 || !records[0].Params[0].Null {
			t.Errorf("%q: %v %+v", prefix, err, records)
		} else if strings.Contains(prefix, "%d") && records[0].Database != "shop" {
			t.Errorf("%q: database %q", prefix, records[0].Database)
		}
	}
}

// A statement is due when it began: a long one before those that ended earlier. Files
// and sessions may come in any order, and of one moment the log's order stays.
func TestStatementsAreDueWhenTheyBegan(t *testing.T) {
	log := csvRow("12:00:03.000 UTC", "a.1", "duration: 1000.000 ms  statement: SELECT 'second'", "") +
		csvRow("12:00:05.500 UTC", "b.2", "duration: 5000.000 ms  statement: SELECT 'first'", "") +
		csvRow("14:00:02.500 +02", "a.1", "statement: SELECT 'third'", "") +
		csvRow("12:00:02.500 UTC", "a.1", "statement: SELECT 'fourth'", "")
	_, records, err := importText(Import{Format: "csvlog", Scratch: t.TempDir()}, log)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, r := range records {
		got = append(got, fmt.Sprint(r.Text, r.Due))
	}
	if want := []string{"SELECT 'first'0s", "SELECT 'second'1.5s", "SELECT 'third'2s", "SELECT 'fourth'2s"}; !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
	if records[0].Session == records[1].Session || records[1].Session != records[3].Session {
		t.Error("sessions are mixed up")
	}
}

// Of two short statements of one session the second must not come first because the log
// cuts times to milliseconds and durations to microseconds.
func TestASessionKeepsItsOrder(t *testing.T) {
	log := csvRow("12:00:00.010 UTC", "a.1", "duration: 0.200 ms  statement: BEGIN", "") +
		csvRow("12:00:00.010 UTC", "a.1", "duration: 0.900 ms  statement: SELECT 1", "") +
		csvRow("12:00:00.010 UTC", "b.2", "duration: 0.900 ms  statement: SELECT 2", "") +
		csvRow("12:00:00.010 UTC", "a.1", "duration: 0.300 ms  statement: COMMIT", "")
	_, records, err := importText(Import{Format: "csvlog", Scratch: t.TempDir()}, log)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, r := range records {
		got = append(got, r.Text)
	}
	if want := []string{"SELECT 2", "BEGIN", "SELECT 1", "COMMIT"}; !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
}

// endless is a log of so many bytes that nobody holds.
type endless struct {
	row  []byte
	left int
	at   int
}

func (e *endless) Read(into []byte) (int, error) {
	if e.left <= 0 {
		return 0, io.EOF
	}
	n := copy(into, e.row[e.at:])
	e.at, e.left = (e.at+n)%len(e.row), e.left-n
	return n, nil
}

func TestAHugeLogIsImportedInBoundedMemory(t *testing.T) {
	size := 256 << 20
	if testing.Short() {
		size = 64 << 20
	}
	row := csvRow("12:00:00.000 UTC", "a.1", "execute <unnamed>: SELECT * FROM goods WHERE name = $1", "parameters: $1 = '"+strings.Repeat("lorem ", 100)+"'")
	watched := &watcher{t: t}
	summary, err := Import{Format: "csvlog", Scratch: t.TempDir()}.Run([]Log{{"LOG", io.TeeReader(&endless{row: []byte(row), left: size}, watched)}}, io.Discard)
	if err != nil || summary.Records < int64(size/len(row)) {
		t.Errorf("%v: %d records", err, summary.Records)
	}
}

// watcher looks at the memory in use now and then.
type watcher struct {
	t     *testing.T
	reads int
}

func (w *watcher) Write(p []byte) (int, error) {
	if w.reads++; w.reads%100 == 0 {
		bounded(w.t, 256<<20)
	}
	return len(p), nil
}

func fuzzFormat(f *testing.F, format string, seeds ...string) {
	for _, seed := range seeds {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, log string) {
		summary, records, err := importText(Import{Format: format, Hash: len(log)%2 == 0, Scratch: t.TempDir()}, log)
		if err != nil {
			if strings.Contains(err.Error(), "\n") {
				t.Errorf("no sentence: %v", err)
			}
			return
		}
		if int64(len(records)) != summary.Records || summary.Records == 0 {
			t.Errorf("%d records, and the summary says %d", len(records), summary.Records)
		}
		last := time.Duration(0)
		for _, r := range records {
			if class, why := summary.Classify(r.Text); class == Never || r.Due < last {
				t.Errorf("imported, and not replayable: %q: %s", r.Text, why)
			}
			last = r.Due
		}
	})
}

func FuzzCSVLog(f *testing.F) {
	row := csvRow("12:00:00.000 UTC", "a.1", "duration: 1.5 ms  execute n: SELECT $1, \"a\"", "parameters: $1 = 'it''s'")
	fuzzFormat(f, "csvlog", row, row+row[:100], row[:60]+"\n"+row)
}

func FuzzJSONLog(f *testing.F) {
	fuzzFormat(f, "jsonlog", `{"timestamp":"2024-05-06 12:00:00.000 UTC","dbname":"shop","session_id":"a.1","error_severity":"LOG","message":"execute n: SELECT $1","detail":"Parameters: $1 = NULL"}`)
}

func FuzzStderrLog(f *testing.F) {
	fuzzFormat(f, "stderr", "2024-05-06 12:00:00.000 UTC [7] LOG:  execute <unnamed>: SELECT $1,\n\t2\n2024-05-06 12:00:00.000 UTC [7] DETAIL:  parameters: $1 = '1'\n")
}

func FuzzPrefix(f *testing.F) {
	f.Add("%m [%p] %q%u@%d ", "2024-05-06 12:00:00.000 UTC [7] a@b LOG:  statement: SELECT 1\n")
	f.Fuzz(func(t *testing.T, prefix, log string) {
		if _, _, err := importText(Import{Format: "stderr", Prefix: prefix, Scratch: t.TempDir()}, log); err != nil && strings.Contains(err.Error(), "\n") {
			t.Errorf("no sentence: %v", err)
		}
	})
}
