package trace

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// profiled is a document of the profiler by the field names of MongoDB's manual, made up
// here: no real MongoDB wrote it.
func profiled(at, millis int, op, command string) string {
	return fmt.Sprintf(`{"op":%q,"ns":"shop.goods","command":%s,"keysExamined":1,"nreturned":1,"millis":%d,"planSummary":"IXSCAN","ts":{"$date":{"$numberLong":"%d"}},"client":"10.0.0.7","appName":"till","user":""}`+"\n",
		op, command, millis, 1714996800000+at)
}

const (
	session1 = `"lsid":{"id":{"$binary":{"base64":"AAAAAAAAAAAAAAAAAAAAAQ==","subType":"04"}}},"$db":"shop"`
	aFind    = `{"find":"goods","filter":{"name":"bread","price":{"$gt":250}},"limit":5,` + session1 + `}`
)

// asBSON is the same log as mongodump would write it.
func asBSON(t testing.TB, log string) string {
	t.Helper()
	var all bytes.Buffer
	for line := range strings.Lines(log) {
		var document bson.D
		if err := bson.UnmarshalExtJSON([]byte(line), false, &document); err != nil {
			t.Fatal(err)
		}
		raw, err := bson.Marshal(document)
		if err != nil {
			t.Fatal(err)
		}
		all.Write(raw)
	}
	return all.String()
}

// Both forms of an export give the same records: commands as they are sent, due when they
// began, and one session for each that the driver named.
func TestAProfileIsImported(t *testing.T) {
	log := profiled(2500, 2500, "command", `{"aggregate":"goods","pipeline":[{"$match":{"sold":{"$gte":1}}},{"$group":{"_id":"$kind","n":{"$sum":1}}}],"cursor":{},`+session1+`}`) +
		profiled(3000, 1000, "query", aFind) +
		profiled(4000, 0, "update", `{"q":{"name":"bread"},"u":{"$inc":{"sold":1}},"multi":false,"upsert":false}`) +
		profiled(4000, 0, "remove", `{"q":{"sold":0},"limit":1}`) +
		profiled(5000, 0, "insert", `{"insert":"goods","documents":[{"_id":{"$numberLong":"7"}}],"ordered":true,`+session1+`}`) +
		profiled(6000, 0, "command", `{"findAndModify":"goods","query":{"_id":1},"update":{"$inc":{"sold":1}},"new":true}`) +
		profiled(7000, 0, "command", `{"distinct":"goods","key":"kind","query":{}}`) + profiled(7001, 0, "command", `{"count":"goods","query":{"kind":"food"}}`)
	relaxed := strings.ReplaceAll(log, `{"$numberLong":"1714996803000"}`, `"2024-05-06T12:00:03Z"`)
	var first []Record
	for name, log := range map[string]string{"canonical": log, "relaxed": relaxed, "BSON": asBSON(t, log)} {
		summary, records, err := importText(Import{Format: Profiler, Scratch: t.TempDir()}, log)
		if err != nil || len(records) != 8 || len(counted(summary)) > 0 || summary.Source != Profiler {
			t.Fatalf("%s: %v: %d records, %v", name, err, len(records), counted(summary))
		}
		if first == nil {
			first = records
		}
		if fmt.Sprint(first) != fmt.Sprint(records) {
			t.Errorf("%s: %v, and before %v", name, records, first)
		}
	}
	if !strings.HasPrefix(first[0].Text, `{"aggregate"`) || first[1].Due != 2*time.Second || first[1].Session != first[0].Session || first[1].Session == first[2].Session || first[0].Database != "shop" {
		t.Errorf("%+v", first[:3])
	}
	if want := `{"find":"goods","filter":{"name":"bread","price":{"$gt":{"$numberInt":"250"}}},"limit":{"$numberInt":"5"}}`; first[1].Text != want {
		t.Errorf("%s, wanted %s", first[1].Text, want)
	}
	if want := `{"update":"goods","updates":[{"q":{"name":"bread"},"u":{"$inc":{"sold":{"$numberInt":"1"}}},"multi":false,"upsert":false}]}`; first[2].Text != want {
		t.Errorf("%s, wanted %s", first[2].Text, want)
	}
}

// Further batches are of the cursor that a command before them left open, under a name
// that the trace has for it.
func TestAProfileKeepsCursors(t *testing.T) {
	opened := func(line, end string) string {
		return strings.Replace(line, `"keysExamined"`, `"cursorid":{"$numberLong":"4242"}`+end+`,"keysExamined"`, 1)
	}
	more := profiled(2, 0, "getmore", `{"getMore":{"$numberLong":"4242"},"collection":"goods","batchSize":5,`+session1+`}`)
	log := opened(profiled(0, 0, "query", aFind), "") + opened(more, "") + opened(more, `,"cursorExhausted":true`) + more + profiled(5, 0, "getmore", `{"getMore":{"$numberLong":"9"},"collection":"goods"}`)
	for _, hash := range []bool{false, true} {
		summary, records, err := importText(Import{Format: Profiler, Scratch: t.TempDir(), Hash: hash}, log)
		if err != nil || len(records) != 3 || counted(summary)[oddGetMore] != 2 {
			t.Fatalf("%v: %d records, %v", err, len(records), counted(summary))
		}
		name := records[0].Params[0].Value
		if len(records[0].Params) != 1 || len(records[1].Params) != 1 || len(records[2].Params) != 2 || records[1].Params[0].Value != name || records[2].Params[0].Value != name || hash && name == "1092" {
			t.Errorf("hashed %t: %+v", hash, records)
		}
		if want := `{"getMore":{"$numberLong":"0"},"collection":"goods","batchSize":{"$numberInt":"5"}}`; records[1].Text != want || !ReadsOn(want) || ReadsOn(records[0].Text) {
			t.Errorf("%s, wanted %s", records[1].Text, want)
		}
		if class, why := summary.Classify(records[1].Text); class != Read {
			t.Errorf("%v, %s", class, why)
		}
	}
}

// What cannot be replayed is counted by its reason, and so is what is damaged.
func TestAProfileIsCountedByReason(t *testing.T) {
	good := profiled(0, 0, "query", aFind)
	for name, c := range map[string]struct{ log, reason string }{
		"a getMore":          {profiled(0, 0, "getmore", `{"getMore":{"$numberLong":"77"},"collection":"goods"}`), oddGetMore},
		"an old query":       {strings.Replace(good, `"command"`, `"query"`, 1), oddOld},
		"an old update":      {`{"op":"update","ns":"shop.goods","query":{"a":1},"updateobj":{"$set":{"a":2}},"millis":0,"ts":{"$date":"2012-12-10T19:31:28.977Z"},"client":""}` + "\n", oddOld},
		"an insert":          {profiled(0, 0, "insert", `{"insert":"goods","ordered":true}`), oddNoDocuments},
		"a batch":            {profiled(0, 0, "command", `{"update":"goods","updates":[]}`), oddBatch},
		"a long command":     {profiled(0, 0, "query", `{"$truncated":"{ find: \"goods\", filter: …"}`), oddTruncated},
		"in a transaction":   {profiled(0, 0, "query", `{"find":"goods","txnNumber":1,"autocommit":false}`), oddTransaction},
		"a commit":           {profiled(0, 0, "command", `{"commitTransaction":1}`), oddTransaction},
		"an unknown option":  {profiled(0, 0, "query", `{"find":"goods","tailable":true}`), oddOption},
		"a change stream":    {profiled(0, 0, "command", `{"aggregate":"goods","pipeline":[{"$changeStream":{}}],"cursor":{}}`), oddWatch},
		"a handshake":        {profiled(0, 0, "command", `{"hello":1}`), oddDriver},
		"a drop":             {profiled(0, 0, "command", `{"drop":"goods"}`), oddCommand},
		"the server's own":   {strings.Replace(good, "shop.goods", "admin.goods", 1), oddOwn},
		"its own collection": {strings.Replace(good, "shop.goods", "shop.system.profile", 1), otherMessage},
		"a failed one":       {strings.Replace(good, `"nreturned"`, `"errCode":11000,"nreturned"`, 1), otherFailed},
		"no moment":          {strings.Replace(good, `"ts"`, `"tt"`, 1), oddDamaged},
		"no duration":        {strings.Replace(good, `"millis"`, `"mills"`, 1), oddDamaged},
		"another shape":      {"[1]\n", oddDamaged},
		"two on one line":    {strings.TrimSpace(good) + good, oddDamaged},
		"a torn tail":        {good[:90], oddDamaged},
		"Latin 1":            {strings.Replace(good, "bread", "br\xf6tchen", 1), oddUTF8},
		"too long":           {strings.Replace(good, "bread", strings.Repeat("x", RecordMax), 1), oddLong},
		"JavaScript":         {profiled(0, 0, "query", `{"find":"goods","filter":{"$where":{"$code":"x","$scope":{}}}}`), ""},
	} {
		summary, records, err := importText(Import{Format: Profiler, Scratch: t.TempDir()}, good+c.log)
		want := 1
		if c.reason == "" {
			want = 2
		}
		if err != nil || len(records) != want || c.reason != "" && counted(summary)[c.reason] != 1 {
			t.Errorf("%s: %v: %d records; counted %v, wanted 1 of %q", name, err, len(records), counted(summary), c.reason)
		}
	}
}

func TestDamagedBSON(t *testing.T) {
	good := asBSON(t, profiled(0, 0, "query", aFind))
	deep := "\x05\x00\x00\x00\x00"
	for range depthMax + 1 {
		deep = string(binary.LittleEndian.AppendUint32(nil, uint32(len(deep)+8))) + "\x03a\x00" + deep + "\x00"
	}
	for name, c := range map[string]struct{ tail, reason string }{
		"a torn tail": {good[:len(good)/2], oddDamaged}, "a torn length": {"\x40\x00", oddDamaged}, "too deep": {deep, oddDamaged},
		"an unknown type":  {"\x08\x00\x00\x00\x77a\x00\x00", oddDamaged},
		"a field too long": {strings.Replace(good, "\x06\x00\x00\x00bread", "\x06\x00\x00\x70bread", 1), oddDamaged},
		"Latin 1":          {strings.Replace(good, "bread", "br\xf6ad", 1), oddUTF8},
	} {
		summary, records, err := importText(Import{Format: Profiler, Scratch: t.TempDir()}, good+c.tail)
		if err != nil || len(records) != 1 || counted(summary)[c.reason] != 1 {
			t.Errorf("%s: %v: %d records, %v", name, err, len(records), counted(summary))
		}
	}
	lost := "it is damaged at byte " + fmt.Sprint(len(good))
	for name, c := range map[string]struct{ log, says string }{
		"no length":    {good + "\xff\xff\xff\x7f" + good, lost},
		"too short":    {good + "\x01\x00\x00\x00" + good, lost},
		"an archive":   {"\x6d\xe2\x99\x81\x30\x00\x00\x00", "without --archive"},
		"an array":     {"[{}]", "without --jsonArray"},
		"packed":       {"\x1f\x8b\x08\x00\x00\x00\x00\x00", "gzip"},
		"UTF-16":       {"\xff\xfe{\x00\"\x00", "no export of the profiler in UTF-8 text; it looks like text in UTF-16"},
		"a csvlog":     {csvRow("12:00:00.000 UTC", "a.1", "statement: SELECT 1", ""), "one document a line, or its BSON"},
		"empty":        {"", "holds no message"},
		"pretty JSON":  {"{\n \"op\": \"query\"\n}\n", "one document a line"},
		"only getMore": {profiled(0, 0, "getmore", `{"getMore":1,"collection":"goods"}`), oddGetMore},
	} {
		_, _, err := importText(Import{Format: Profiler, Scratch: t.TempDir()}, c.log)
		if err == nil || !strings.Contains(err.Error(), c.says) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v, wanted a sentence with %q", name, err, c.says)
		}
	}
}

// A replay that is read-only sends what is Read here, and the server would not stop it.
func TestClassesOfCommands(t *testing.T) {
	for text, want := range map[string]Class{
		`{"find":"a","filter":{"$expr":{"$eq":["$a",1]}}}`: Read,
		`{"count":"a"}`:                                                  Read,
		`{"distinct":"a","key":"b"}`:                                     Read,
		`{"aggregate":"a","pipeline":[]}`:                                Read,
		`{"aggregate":1,"pipeline":[]}`:                                  Read,
		`{"aggregate":"a","pipeline":[{"$match":{}},{"$out":"b"}]}`:      Write,
		`{"aggregate":"a","pipeline":[{"$merge":{"into":"b"}}]}`:         Write,
		`{"aggregate":"a","pipeline":[{"$facet":{"x":[{"$out":"b"}]}}]}`: Write,
		`{"aggregate":"a","pipeline":[],"pipeline":[{"$out":"b"}]}`:      Write,
		`{"aggregate":"a","pipeline":{"$out":"b"}}`:                      Never,
		`{"insert":"a","documents":[{}]}`:                                Write,
		`{"insert":"a","documents":{}}`:                                  Never,
		`{"update":"a","updates":[{"q":{},"u":{}}]}`:                     Write,
		`{"update":"a","updates":[{"q":{},"u":{},"x":1}]}`:               Never,
		`{"delete":"a","deletes":[{"q":{},"limit":0}]}`:                  Write,
		`{"findandmodify":"a","remove":true}`:                            Write,
		`{"find":"a","insert":"b"}`:                                      Never,
		`{"find":1}`:                                                     Never,
		`{"filter":{},"find":"a"}`:                                       Never,
		`{"mapReduce":"a","out":"b"}`:                                    Never,
		`{"dropDatabase":1}`:                                             Never,
		`{"eval":"db.a.drop()"}`:                                         Never,
		`{"explain":{"find":"a"}}`:                                       Never,
		`{}`:                                                             Never,
		`SELECT 1`:                                                       Never,
		`{"a":` + strings.Repeat("[", 100_000):                           Never,
	} {
		if got, why := ClassifyCommand(text); got != want || (got == Never) != (why != "") {
			t.Errorf("%.80s: %v %q, wanted %v", text, got, why, want)
		}
	}
}

// Equal values stay equal, types and names stay, and nothing that a user wrote is left.
func TestAHashedProfileLetsNothingThrough(t *testing.T) {
	log := profiled(0, 0, "query", `{"find":"goods","filter":{"owner":"Secretary","n":{"$numberLong":"987654321"},"_id":{"$oid":"5f43a1b2c3d4e5f60718293a"},"$text":{"$search":"secretive"},"tag":{"$in":["secret-a","$secretb"]},"day":{"$gt":{"$date":"2019-03-04T05:06:07Z"}},"re":{"$regex":"^Secret.*","$options":"i"},"x":{"$exists":true}},"sort":{"day":-1},"projection":{"owner":1},"limit":20,"comment":"secret"}`) +
		profiled(0, 0, "command", `{"aggregate":"goods","pipeline":[{"$match":{"owner":"Secretary","price":{"$numberDouble":"98765.4321"}}},{"$lookup":{"from":"kinds","localField":"kind","foreignField":"_id","as":"k"}},{"$set":{"from":"secret","l":{"$literal":"$secret"},"m":{"$concat":["$name","secret"]}}},{"$group":{"_id":"$kind"}},{"$limit":10},{"$merge":{"into":"sums","whenMatched":"replace"}}],"cursor":{}}`) +
		profiled(0, 0, "update", `{"q":{"owner":"Secretary"},"u":{"$set":{"limit":987654321,"hint":"secret","b":{"$binary":{"base64":"c2VjcmV0","subType":"00"}}}},"multi":true}`) +
		profiled(0, 0, "insert", `{"insert":"goods","documents":[{"_id":1,"limit":987654321,"hint":{"secret_name":"secret"},"d":{"$numberDecimal":"98765.4321"}}]}`) +
		profiled(0, 0, "query", `{"find":"goods","filter":{"$where":{"$code":"secret"}}}`)
	summary, records, err := importText(Import{Format: Profiler, Hash: true, Scratch: t.TempDir()}, log)
	if err != nil || len(records) != 4 || counted(summary)[errEscaped.Error()] != 1 {
		t.Fatalf("%v: %d records, %v", err, len(records), counted(summary))
	}
	owners := map[string]bool{}
	for _, r := range records {
		for _, secret := range []string{"secret\"", "Secret", "secretive", "secretb", "secret-a", "98765", "5f43a1b2", "1551675967000", "c2VjcmV0", "comment"} {
			if strings.Contains(r.Text, secret) {
				t.Errorf("%q is left in %s", secret, r.Text)
			}
		}
		if _, behind, is := strings.Cut(r.Text, `"owner":"`); is {
			owner, _, _ := strings.Cut(behind, `"`)
			owners[owner] = true
		}
	}
	if len(owners) != 1 {
		t.Errorf("one owner became %v", owners)
	}
	for i, stays := range []string{`"limit":{"$numberInt":"20"}`, `{"$lookup":{"from":"kinds","localField":"kind","foreignField":"_id","as":"k"}}`, `"multi":true`, `"secret_name":"`} {
		if !strings.Contains(records[i].Text, stays) {
			t.Errorf("%q is not in %s", stays, records[i].Text)
		}
	}
	if merge := `{"$merge":{"into":"sums","whenMatched":"replace"}}`; !strings.Contains(records[1].Text, merge) {
		t.Errorf("%q is not in %s", merge, records[1].Text)
	}
	for _, stays := range []string{`"$options":"i"`, `"$exists":true`, `"sort":{"day":{"$numberInt":"-1"}}`, `"projection":{"owner":{"$numberInt":"1"}}`} {
		if !strings.Contains(records[0].Text, stays) {
			t.Errorf("%q is not in %s", stays, records[0].Text)
		}
	}
}

func TestAHugeProfileIsImportedInBoundedMemory(t *testing.T) {
	row := profiled(0, 0, "query", strings.Replace(aFind, "bread", strings.Repeat("lorem ", 3000), 1))
	for name, row := range map[string]string{"JSON": row, "BSON": asBSON(t, row)} {
		watched := &watcher{t: t}
		size := 64 << 20
		size -= size % len(row)
		summary, err := Import{Format: Profiler, Scratch: t.TempDir()}.Run([]Log{{"LOG", io.TeeReader(&endless{row: []byte(row), left: size}, watched)}}, io.Discard)
		if err != nil || summary.Records < int64(size/len(row))-1 {
			t.Errorf("%s: %v: %d records", name, err, summary.Records)
		}
	}
}

func FuzzProfiler(f *testing.F) {
	row := profiled(0, 3, "query", aFind) + profiled(1, 3, "update", `{"q":{"name":"bread"},"u":[{"$set":{"sold":1}}],"multi":false}`)
	fuzzFormat(f, Profiler, row, row[:len(row)-40], asBSON(f, row), asBSON(f, row)[:200])
}

// Whatever a trace holds, what is sent read-only begins as a read does and holds no stage that writes.
func FuzzClassifyCommand(f *testing.F) {
	f.Add(`{"aggregate":"a","pipeline":[{"$facet":{"x":[{"\u0024out":"b"}]}}]}`)
	f.Add(`{"find":"a","filter":{"$expr":{"$gt":["$a",{"$numberLong":"1"}]}}}`)
	f.Fuzz(func(t *testing.T, text string) {
		class, why := ClassifyCommand(text)
		if (class == Never) != (why != "") {
			t.Errorf("class %v and %q", class, why)
		}
		var command bson.D
		if class != Read {
			return
		}
		if err := bson.UnmarshalExtJSON([]byte(text), false, &command); err != nil {
			t.Fatal(err)
		}
		if name := command[0].Key; name != "find" && name != "count" && name != "distinct" && name != "aggregate" {
			t.Errorf("%s is taken for a read", name)
		}
		for _, e := range command {
			if e.Key != "pipeline" {
				continue
			}
			sent, err := bson.MarshalExtJSON(bson.D{e}, true, false)
			if err != nil || bytes.Contains(sent, []byte(`"$out":`)) || bytes.Contains(sent, []byte(`"$merge":`)) {
				t.Errorf("%v: taken for a read: %s", err, sent)
			}
		}
	})
}
