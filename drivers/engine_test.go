package drivers

import (
	"encoding/json"
	"strings"
	"testing"
	"time"
)

func TestParseEngine(t *testing.T) {
	for _, c := range []struct {
		text string
		want Engine
		says string // of the error
	}{
		{"postgres:12", Engine{Postgres, 12}, ""}, {"postgres:18", Engine{Postgres, 18}, ""}, {" mongo:7 ", Engine{Mongo, 7}, ""}, {"ferretdb:2", Engine{FerretDB, 2}, ""},
		{"postgres:11", Engine{}, `engine "postgres:11" is below the minimum: the platform needs PostgreSQL 12 or later; ask for postgres:12`},
		{"postgres:-1", Engine{}, "below the minimum"}, {"postgres:99", Engine{}, "did you mean postgres:1"},
		{"postgre:16", Engine{}, "did you mean postgres:16?"}, {"Postgres:16", Engine{}, "did you mean postgres:16?"}, {"mongodb:7", Engine{}, "did you mean mongo:7?"},
		{"mongo:5", Engine{}, "did you mean mongo:6?"}, {"postgres", Engine{}, "did you mean postgres:1"}, {"postgres:16.2", Engine{}, "did you mean postgres:16?"},
		{"", Engine{}, "is not known"}, {":", Engine{}, "is not known"}, {"postgres:16:1", Engine{}, "is not known"}, {"postgres:016", Engine{Postgres, 16}, ""},
		{"mysql:8", Engine{}, "known: postgres:12, postgres:13"},
	} {
		got, err := ParseEngine(c.text)
		if got != c.want || (err == nil) != (c.says == "") || err != nil && !strings.Contains(err.Error(), c.says) {
			t.Errorf("%q: %v, %v; wanted %v, %q", c.text, got, err, c.want, c.says)
		}
		if err != nil && strings.Contains(err.Error(), "\n") {
			t.Errorf("%q: the error is not one sentence: %v", c.text, err)
		}
	}
}

func TestSupportedEngines(t *testing.T) {
	seen := map[string]bool{}
	for _, s := range Supported() {
		e := s.Engine
		if seen[e.String()] {
			t.Errorf("%s stands twice", e)
		}
		seen[e.String()] = true
		if parsed, err := ParseEngine(e.String()); err != nil || parsed != e {
			t.Errorf("%s is read back as %v, %v", e, parsed, err)
		}
		if len(s.Reaches) == 0 || e.Support().StandIn != s.StandIn || e.Title() == "" {
			t.Errorf("%s: %+v", e, s)
		}
		if standIn := e.Product == FerretDB; s.StandIn != standIn {
			t.Errorf("%s: stand-in %v", e, s.StandIn)
		}
		if family := e.Family(); (family == FamilyPostgres) != (e.Product == Postgres) {
			t.Errorf("%s is of family %s", e, family)
		}
		if strings.Contains(e.Title(), "MongoDB") != (e.Product == Mongo) {
			t.Errorf("%s is called %s", e, e.Title())
		}
	}
	for major := MinimumPostgres; major <= 18; major++ {
		if !seen[Engine{Postgres, major}.String()] {
			t.Errorf("PostgreSQL %d is missing", major)
		}
	}
	if unknown := (Engine{Postgres, 3}).Support(); len(unknown.Reaches) != 0 || !unknown.StandIn {
		t.Errorf("an engine nobody knows may gate or start: %+v", unknown)
	}
}

func TestEndOfLifeWarning(t *testing.T) {
	s := Engine{Postgres, 12}.Support()
	for _, c := range []struct {
		today time.Time
		warns bool
	}{{day(2024, time.November, 21), false}, {day(2024, time.November, 22), true}, {day(2020, time.January, 1), false}} {
		if got := s.Warning(c.today); (got != "") != c.warns {
			t.Errorf("on %s: %q", c.today.Format(time.DateOnly), got)
		}
	}
	if got := (Engine{FerretDB, 1}).Support().Warning(day(2100, time.January, 1)); got != "" {
		t.Errorf("an engine without an announced end warns: %s", got)
	}
}

func TestEngineInJSON(t *testing.T) {
	type saved struct{ Engine Engine }
	encoded, err := json.Marshal(saved{Engine{Postgres, 16}})
	if err != nil || string(encoded) != `{"Engine":"postgres:16"}` {
		t.Fatalf("%s, %v", encoded, err)
	}
	var back saved
	if err := json.Unmarshal(encoded, &back); err != nil || back.Engine != (Engine{Postgres, 16}) {
		t.Errorf("%v, %v", back, err)
	}
	if err := json.Unmarshal([]byte(`{"Engine":"mysql:8"}`), &back); err == nil {
		t.Error("an unknown engine was read")
	}
}

func TestParseReach(t *testing.T) {
	for _, known := range []Reach{Auto, Embedded, Container, External} {
		if got, err := ParseReach(string(known)); err != nil || got != known {
			t.Errorf("%s: %s, %v", known, got, err)
		}
	}
	for text, nearest := range map[string]string{"embeded": "embedded", "docker": "container", "Container": "container", "": "auto", "extern": "external"} {
		_, err := ParseReach(text)
		if err == nil || text != "docker" && !strings.Contains(err.Error(), "did you mean "+nearest) {
			t.Errorf("%q: %v, wanted %s", text, err, nearest)
		}
	}
}

func TestNearest(t *testing.T) {
	for _, c := range []struct {
		text string
		from []string
		want string
	}{
		{"SHARE1", []string{"TLS-1", "SHARE-1", "LOAD-1"}, "SHARE-1"}, {"share-1", []string{"TLS-1", "SHARE-1"}, "SHARE-1"}, {"Load", []string{"backup", "load"}, "load"},
		{"x", []string{"a", "b"}, "a"}, {"x", nil, ""}, {"", []string{"long", "a"}, "a"}, {"ac", []string{"bc", "ab"}, "ab"},
	} {
		if got := Nearest(c.text, c.from); got != c.want {
			t.Errorf("%q among %q: %q, wanted %q", c.text, c.from, got, c.want)
		}
	}
	for _, c := range []struct {
		a, b string
		want int
	}{{"", "", 0}, {"a", "", 1}, {"", "abc", 3}, {"kitten", "sitting", 3}, {"abc", "abc", 0}, {"ab", "ba", 2}} {
		if got, back := distance(c.a, c.b), distance(c.b, c.a); got != c.want || back != c.want {
			t.Errorf("%q and %q: %d and %d, wanted %d", c.a, c.b, got, back, c.want)
		}
	}
}

func FuzzParseEngine(f *testing.F) {
	for _, text := range []string{"postgres:16", "mongo:7", "postgres:11", "postgres:99999999999999999999", ":", "a:b:c", "\xff:1"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		e, err := ParseEngine(text)
		if (err == nil) == (e == Engine{}) {
			t.Fatalf("%q: %v and %v", text, e, err)
		}
		if err == nil && len(e.Support().Reaches) == 0 {
			t.Errorf("%q was read as %s, which nothing can start", text, e)
		}
	})
}
