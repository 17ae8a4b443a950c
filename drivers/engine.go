package drivers

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Family is what a store implementation is written for.
type Family string

// The two families. A MongoDB-compatible server belongs to FamilyMongo but is
// never called MongoDB.
const (
	FamilyPostgres Family = "postgres"
	FamilyMongo    Family = "mongo"
)

// Product is the server software of an engine, by the word users type.
type Product string

// The products tristore knows.
const (
	Postgres Product = "postgres"
	Mongo    Product = "mongo"
	FerretDB Product = "ferretdb"
)

// MinimumPostgres is the oldest PostgreSQL major the platform supports.
const MinimumPostgres = 12

// Engine is a product and major version under test, such as postgres:16.
type Engine struct {
	Product Product
	Major   int
}

// Support says what is known about an engine: the reaches that can run it, the
// day its vendor stops maintaining it, and whether its findings may gate.
type Support struct {
	Engine Engine
	// Reaches that can start it; external always works and is not listed.
	Reaches []Reach
	// EndOfLife is the vendor's last day of support; zero when none is announced.
	EndOfLife time.Time
	// StandIn engines run every suite, but the exit code is not theirs.
	StandIn bool
}

// Supported lists every engine that can be asked for, in the order shown to users.
// Dates: the PostgreSQL versioning policy and the MongoDB lifecycle page.
func Supported() []Support {
	both := []Reach{Embedded, Container}
	return []Support{
		{Engine: Engine{Postgres, 12}, Reaches: both, EndOfLife: day(2024, 11, 21)},
		{Engine: Engine{Postgres, 13}, Reaches: both, EndOfLife: day(2025, 11, 13)},
		{Engine: Engine{Postgres, 14}, Reaches: both, EndOfLife: day(2026, 11, 12)},
		{Engine: Engine{Postgres, 15}, Reaches: both, EndOfLife: day(2027, 11, 11)},
		{Engine: Engine{Postgres, 16}, Reaches: both, EndOfLife: day(2028, 11, 9)},
		{Engine: Engine{Postgres, 17}, Reaches: both, EndOfLife: day(2029, 11, 8)},
		{Engine: Engine{Postgres, 18}, Reaches: both, EndOfLife: day(2030, 11, 14)},
		{Engine: Engine{Mongo, 6}, Reaches: []Reach{Container}, EndOfLife: day(2025, 7, 31)},
		{Engine: Engine{Mongo, 7}, Reaches: []Reach{Container}, EndOfLife: day(2027, 8, 31)},
		{Engine: Engine{Mongo, 8}, Reaches: []Reach{Container}, EndOfLife: day(2029, 10, 31)},
		{Engine: Engine{FerretDB, 1}, Reaches: both, StandIn: true},
		{Engine: Engine{FerretDB, 2}, Reaches: []Reach{Container}, StandIn: true},
	}
}

// ParseEngine reads "product:major". Its errors are sentences for the user that
// name the nearest engine tristore knows.
func ParseEngine(text string) (Engine, error) {
	product, version, ok := strings.Cut(strings.TrimSpace(text), ":")
	major, err := strconv.Atoi(version)
	asked := Engine{Product(product), major}
	if ok && err == nil {
		if asked.Product == Postgres && major < MinimumPostgres {
			return Engine{}, fmt.Errorf("engine %q is below the minimum: the platform needs PostgreSQL %d or later; ask for %s",
				text, MinimumPostgres, Engine{Postgres, MinimumPostgres})
		}
		for _, known := range Supported() {
			if known.Engine == asked {
				return asked, nil
			}
		}
	}
	return Engine{}, fmt.Errorf("engine %q is not known; did you mean %s? known: %s", text, nearest(text), names())
}

// Family tells which store implementation serves the engine.
func (e Engine) Family() Family {
	if e.Product == Postgres {
		return FamilyPostgres
	}
	return FamilyMongo
}

// Support returns the engine's row; an engine that did not come from
// ParseEngine or Supported has an empty one, which no reach can start.
func (e Engine) Support() Support {
	all := Supported()
	if at := slices.IndexFunc(all, func(s Support) bool { return s.Engine == e }); at >= 0 {
		return all[at]
	}
	return Support{Engine: e, StandIn: true}
}

// String is the word users type, such as "postgres:16".
func (e Engine) String() string { return string(e.Product) + ":" + strconv.Itoa(e.Major) }

// Title is the name in prose, such as "PostgreSQL 16".
func (e Engine) Title() string {
	titles := map[Product]string{Postgres: "PostgreSQL", Mongo: "MongoDB", FerretDB: "FerretDB"}
	return titles[e.Product] + " " + strconv.Itoa(e.Major)
}

// MarshalText and UnmarshalText keep the typed word in JSON.
func (e Engine) MarshalText() ([]byte, error) { return []byte(e.String()), nil }

// UnmarshalText accepts what MarshalText wrote.
func (e *Engine) UnmarshalText(text []byte) error {
	parsed, err := ParseEngine(string(text))
	if err == nil {
		*e = parsed
	}
	return err
}

// Warning is the sentence owed to whoever runs this engine on the given day; empty when none is.
func (s Support) Warning(today time.Time) string {
	if !s.EndOfLife.IsZero() && today.After(s.EndOfLife) {
		return fmt.Sprintf("%s reached its end of life on %s: certified functionally, not for production",
			s.Engine.Title(), s.EndOfLife.Format(time.DateOnly))
	}
	return ""
}

func names() string {
	var all []string
	for _, s := range Supported() {
		all = append(all, s.Engine.String())
	}
	return strings.Join(all, ", ")
}

func nearest(text string) string {
	return Nearest(text, strings.Split(names(), ", "))
}

func day(year int, month time.Month, dayOfMonth int) time.Time {
	return time.Date(year, month, dayOfMonth, 0, 0, 0, 0, time.UTC)
}
