package trace

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"testing"
)

func hashed(t *testing.T, h *hasher, statement string, params ...string) Record {
	t.Helper()
	tokens, err := lex(statement)
	if err != nil {
		t.Fatal(err)
	}
	r := Record{Text: statement}
	for _, p := range params {
		r.Params = append(r.Params, Param{Value: p})
	}
	if err := h.record(&r, tokens); err != nil {
		t.Fatal(err)
	}
	return r
}

// Nothing that a user wrote is left, and every literal keeps its shape.
func TestHashedLiteralsKeepTheirShape(t *testing.T) {
	h := newHasher()
	r := hashed(t, h, "SELECT /* for Alice Smith */ name FROM goods WHERE mail = 'Alice.Smith@example.org' AND note = E'O\\'Brien\\n' AND id = 1234567890 AND big = 9223372036854775807 "+
		"AND ratio < -12.75e3 AND key = $tag$Alice$tag$ AND flag = 'true' AND bit = B'0101' AND raw = X'1F' ORDER BY 1, 2 DESC LIMIT 50 -- by Alice")
	for _, secret := range []string{"Alice", "Smith", "example", "Brien", "1234567890", "9223372036854775807", "12.75"} {
		if strings.Contains(r.Text, secret) {
			t.Errorf("%s is left: %s", secret, r.Text)
		}
	}
	shape := regexp.MustCompile(`^SELECT   name FROM goods WHERE mail = '[A-Z][a-z]{4}\.[A-Z][a-z]{4}@[a-z]{7}\.[a-z]{3}' AND note = '[A-Z]''[A-Z][a-z]{4}\n' AND id = 1\d{9} AND big = 1\d{18} ` +
		`AND ratio < -\d\d\.\d\de3 AND key = '[A-Z][a-z]{4}' AND flag = 'true' AND bit = B'[01]{4}' AND raw = X'[0-9a-f]{2}' ORDER BY 1, 2 DESC LIMIT 50 $`)
	if !shape.MatchString(r.Text) {
		t.Errorf("another shape: %s", r.Text)
	}
}

func TestHashedValuesFitTheirTypes(t *testing.T) {
	h := newHasher()
	for plain, shape := range map[string]string{
		"":                                     `^$`,
		"6f1c2a5e-0000-4000-8000-0123456789AB": `^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$`,
		"2024-02-30":                           `^20[0-2]\d-(0[1-9]|1[0-2])-(0[1-9]|1\d|2[0-8])$`,
		"2024-12-31 23:59:59.123456+00":        `^20[0-2]\d-(0[1-9]|1[0-2])-(0[1-9]|1\d|2[0-8]) ([01]\d|2[0-3]):[0-5]\d:[0-5]\d\.\d{6}\+00$`,
		"2024-12-31T23:59:59Z":                 `^20[0-2]\d-(0[1-9]|1[0-2])-(0[1-9]|1\d|2[0-8])T([01]\d|2[0-3]):[0-5]\d:[0-5]\dZ$`,
		`\x00ff`:                               `^\\x[0-9a-f]{4}$`,
		"-32768":                               `^-1\d{4}$`,
		"32767":                                `^1\d{4}$`,
		"42":                                   `^[1-9]\d$`,
		"0.50":                                 `^\d\.\d\d$`,
		"t":                                    `^t$`,
		"{1,NULL,\"a b\"}":                     `^\{\d,NULL,"[a-z] [a-z]"\}$`,
		"grüße":                                `^[a-z]{5}$`,
		"%find%":                               `^%[a-z]{4}%$`,
	} {
		got := h.value(plain)
		if !regexp.MustCompile(shape).MatchString(got) {
			t.Errorf("%q became %q, wanted the shape %s", plain, got, shape)
		}
		if got != h.value(plain) {
			t.Errorf("%q has two values", plain)
		}
	}
	if newHasher().value("Alice Smith") == h.value("Alice Smith") {
		t.Error("two imports hash alike: what was hashed could be tried out")
	}
}

func TestHashedJSONIsJSONAndItsNamesFitPaths(t *testing.T) {
	h := newHasher()
	const document = `{"name": "Alice \"A\" Smith", "age": 42, "tags": ["x", null, true, -1.5e3], "in": {"name": "Bob\\"}}`
	r := hashed(t, h, "SELECT data->>'name' FROM goods WHERE data @> $1", document)
	var got map[string]any
	if err := json.Unmarshal([]byte(r.Params[0].Value), &got); err != nil {
		t.Fatalf("%v: %s", err, r.Params[0].Value)
	}
	name := h.value("name")
	if _, is := got[name]; !is || !strings.Contains(r.Text, "->>'"+name+"'") {
		t.Errorf("%s and %s name different fields", r.Text, r.Params[0].Value)
	}
	if strings.Contains(r.Params[0].Value, "Alice") || strings.Contains(r.Params[0].Value, "42") {
		t.Error(r.Params[0].Value)
	}
	same := hashed(t, h, "SELECT 1", "Alice", "Alice", "Bob").Params
	if same[0] != same[1] || same[0] == same[2] {
		t.Error("equal values do not stay equal, or others became so")
	}
}

// Whatever cannot be hashed is not in a hashed trace.
func TestAHashedImportLetsNothingThrough(t *testing.T) {
	log := csvRow("12:00:00.000 UTC", "a.1", "execute <unnamed>: SELECT $1 || 'Alice'", "parameters: $1 = 'Alice'") +
		csvRow("12:00:00.000 UTC", "a.1", "statement: SELECT U&'Alice'", "")
	summary, records, err := importText(Import{Format: "csvlog", Hash: true, Scratch: t.TempDir()}, log)
	if err != nil || len(records) != 1 || counted(summary)[errEscaped.Error()] != 1 || !summary.Hashed {
		t.Fatalf("%v: %d records, %+v", err, len(records), summary)
	}
	if strings.Contains(records[0].Text, "Alice") || slices.Contains(records[0].Params, Param{Value: "Alice"}) {
		t.Errorf("%+v", records[0])
	}
}

func FuzzHash(f *testing.F) {
	f.Add(`{"a": ["b", 1]}`)
	f.Add("2024-01-01 00:00:00+00")
	f.Add(`{"`)
	h := newHasher()
	f.Fuzz(func(t *testing.T, plain string) {
		value := h.value(plain)
		if json.Valid([]byte(plain)) && !json.Valid([]byte(value)) && !strings.ContainsAny(plain, "\ufffd") {
			t.Errorf("%q was JSON, and became %q", plain, value)
		}
	})
}
