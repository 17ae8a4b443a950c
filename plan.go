package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"tristore/drivers"
	"tristore/drivers/cluster"
	"tristore/drivers/cluster/programs"
	"tristore/drivers/faults"
	"tristore/reports/result"
	"tristore/scenarios"
	"tristore/scenarios/capacity"
	"tristore/scenarios/judge"
	"tristore/suites"
)

// Plan is everything a certification depends on: read once from flags, validated,
// printed before work begins, saved inside the run.
type Plan struct {
	Engines    []EnginePlan    `json:"engines"`
	Depth      scenarios.Depth `json:"depth"`
	Claims     []string        `json:"claims,omitempty"`
	Fault      string          `json:"fault,omitempty"`
	Seed       uint64          `json:"seed"`
	Gate       judge.Gate      `json:"gate"`
	Migrations string          `json:"migrations,omitempty"`
	Images     cluster.Images  `json:"images"`
	// Lanes is how many engines are tried at once; load windows are always alone.
	Lanes int `json:"lanes"`
	// Split is the engine of the split measurement; nil leaves it out.
	Split *EnginePlan `json:"split,omitempty"`
	// Search is how its boundary is searched; nil leaves that out.
	Search *capacity.Search `json:"search,omitempty"`
	// Operating is the deployment that it speaks of, and Outlook its future; nil was not told.
	Operating *capacity.Operating `json:"operating,omitempty"`
	Outlook   *result.Outlook     `json:"outlook,omitempty"`
	// Bounds is the boundary of a saved run that a lane looks at again; nil leaves that out.
	Bounds *capacity.Known `json:"bounds,omitempty"`
	// Costs are those of remedies; nil where none are to be tried.
	Costs *result.Costs `json:"costs,omitempty"`
	// Words of capacity's command line by their names, so that it can be repeated.
	Words map[string]string `json:"words,omitempty"`
	// URL is the external cluster, masked when saved.
	URL        drivers.URL `json:"url,omitzero"`
	CAFile     string      `json:"ca_file,omitempty"`
	SelfSigned bool        `json:"self_signed,omitempty"`
	Out        string      `json:"out"`

	tests      []result.Interference // read from saved runs; they stand in the facts, not in the plan
	boundsPath string                // as it was given
	version    string                // of the server that they ran on
	Cache      string                `json:"cache"`
}

// EnginePlan is one engine and how it is reached.
type EnginePlan struct {
	Engine drivers.Engine `json:"engine"`
	Reach  drivers.Reach  `json:"reach"`
	Why    string         `json:"why,omitempty"`
}

// flags are the words of a command line, before they mean anything.
type flags struct {
	engines, claims, images                  []string
	reach, depth, fault, gate, migrations    string
	registry, url, urlFile, caFile, out, dir string
	seed                                     uint64
	lanes                                    int
	noSplit, selfSigned                      bool
	bounds                                   string
}

func (f *flags) declareCommon(c *cobra.Command) {
	set := c.Flags()
	set.StringVar(&f.reach, "reach", "auto", "how to get at the engines: auto, embedded, container, external")
	set.Uint64Var(&f.seed, "seed", 0, "repeats a run's random choices; 0 draws one")
	set.StringVar(&f.registry, "registry", "", "prefix of official image names, for an internal mirror")
	set.StringSliceVar(&f.images, "image", nil, "ENGINE=IMAGE, an image of your own for one engine")
	set.StringVar(&f.out, "out", "reports/out", "folder that the run's own folder is made in")
	set.StringVar(&f.dir, "cache", programs.DefaultDir(), "per-user folder of fetched programs")
}

func (f *flags) declareCertify(c *cobra.Command) {
	f.declareCommon(c)
	set := c.Flags()
	set.StringSliceVar(&f.engines, "engines", nil, "engines such as postgres:16,ferretdb:1 (default: postgres:12 to 16 and a MongoDB-compatible one)")
	set.StringVar(&f.depth, "depth", "smoke", "how much of the catalogue: smoke, nightly, release")
	set.StringSliceVar(&f.claims, "claims", nil, "only these claims or areas, such as UNIQ-1,backup")
	set.StringVar(&f.fault, "fault", "", "break something on purpose; tristore faults lists what")
	set.StringVar(&f.gate, "gate", "supported", "whose findings decide the exit code: supported, all (stand-ins too)")
	set.StringVar(&f.migrations, "migrations", "", "certify your own schema files: a folder with users, permissions and collections in it")
	set.IntVar(&f.lanes, "lanes", 0, "engines tried at once (default: one per core)")
	set.BoolVar(&f.noSplit, "no-split", false, "leave the split measurement out")
	set.StringVar(&f.bounds, "bounds", "", "a saved run of tristore capacity: is its boundary where it was? with --depth nightly by two loads, with release by a new search as well")
	f.declareExternal(c)
}

func (f *flags) declareExternal(c *cobra.Command) {
	set := c.Flags()
	set.StringVar(&f.url, "url", "", "external cluster; better in a file, see --url-file")
	set.StringVar(&f.urlFile, "url-file", "", "file that holds the external cluster's URL, so that its password stays out of the process list")
	set.StringVar(&f.caFile, "ca-file", "", "PEM bundle that signed the external cluster's certificate")
	set.BoolVar(&f.selfSigned, "self-signed", false, "accept any certificate of the external cluster")
}

// plan turns words into a Plan, or says in one sentence which word is wrong.
func (f *flags) plan(ctx context.Context) (Plan, error) {
	p := Plan{Claims: f.claims, Fault: f.fault, Seed: f.seed, Migrations: f.migrations, Lanes: f.lanes,
		Out: f.out, Cache: f.dir, CAFile: f.caFile, SelfSigned: f.selfSigned}
	if p.Seed == 0 {
		p.Seed = rand.Uint64()>>1 | 1 // any number will do; it is printed and saved
	}
	if p.Lanes <= 0 {
		p.Lanes = runtime.NumCPU()
	}
	for _, read := range []func(context.Context, *Plan) error{f.readBounds, f.readWords, f.readImages, f.readAddress, f.readEngines} {
		if err := read(ctx, &p); err != nil {
			return Plan{}, err
		}
	}
	return p, nil
}

func (f *flags) readWords(_ context.Context, p *Plan) (err error) {
	if p.Depth, err = scenarios.ParseDepth(f.depth); err != nil {
		return err
	}
	if _, err = suites.Select(p.Depth, p.Claims, suites.LanePlan{Bounds: p.Bounds}.Beside()...); err != nil {
		return err
	}
	if p.Fault != "" {
		if _, err := faults.ByName(p.Fault); err != nil {
			return err
		}
	}
	if p.Gate = judge.Gate(f.gate); p.Gate != judge.GateSupported && p.Gate != judge.GateAll {
		return fmt.Errorf("gate %q is not known: choose supported or all", f.gate)
	}
	if p.Migrations != "" {
		if p.Migrations, err = filepath.Abs(p.Migrations); err != nil {
			return err
		}
		if info, err := os.Stat(p.Migrations); err != nil || !info.IsDir() {
			return fmt.Errorf("%s is no folder that can be read: give --migrations a folder with users, permissions and collections in it", p.Migrations)
		}
	}
	if p.Out, err = filepath.Abs(p.Out); err != nil {
		return err
	}
	p.Cache, err = filepath.Abs(p.Cache)
	return err
}

func (f *flags) readImages(_ context.Context, p *Plan) error {
	p.Images = cluster.Images{Registry: f.registry, Override: map[string]string{}}
	for _, pair := range f.images {
		word, image, ok := strings.Cut(pair, "=")
		engine, err := drivers.ParseEngine(word)
		if err != nil {
			return fmt.Errorf("--image %s: %w", pair, err)
		}
		if !ok || image == "" {
			return fmt.Errorf("--image %s names no image: write ENGINE=IMAGE, such as %s=registry.example.org/%s", pair, engine, engine)
		}
		p.Images.Override[engine.String()] = image
	}
	return nil
}

func (f *flags) readEngines(ctx context.Context, p *Plan) error {
	reach, err := drivers.ParseReach(f.reach)
	if err != nil {
		return err
	}
	words := f.engines
	if len(words) == 0 && reach == drivers.External {
		return fmt.Errorf("--reach external needs the engine behind the URL: give --engines, such as postgres:16")
	}
	if reach == drivers.External && len(words) > 1 {
		return fmt.Errorf("one URL is one engine, but %s names %d: certify them one after the other", strings.Join(words, ","), len(words))
	}
	if len(words) == 0 {
		if p.Engines, err = defaultEngines(ctx, reach, p.Images); err != nil {
			return err
		}
	}
	seen := map[drivers.Engine]bool{}
	for _, word := range words {
		engine, err := drivers.ParseEngine(word)
		if err != nil {
			return err
		}
		if seen[engine] {
			return fmt.Errorf("engine %s is named twice: name it once", engine)
		}
		seen[engine] = true
		chosen, why, err := cluster.Choose(ctx, engine, reach, p.Images)
		if err != nil {
			return err
		}
		p.Engines = append(p.Engines, EnginePlan{engine, chosen, why})
	}
	if reach == drivers.External {
		return agrees(p.URL, p.Engines[0].Engine)
	}
	if !f.noSplit && len(p.Claims) == 0 && p.Fault == "" {
		p.Split = splitEngine(p.Engines)
	}
	return nil
}

// defaultEngines are PostgreSQL 12 to 16, and MongoDB 7 where its image can be had, else FerretDB 1.
func defaultEngines(ctx context.Context, reach drivers.Reach, images cluster.Images) ([]EnginePlan, error) {
	var all []EnginePlan
	add := func(engine drivers.Engine) error {
		chosen, why, err := cluster.Choose(ctx, engine, reach, images)
		if err == nil {
			all = append(all, EnginePlan{engine, chosen, why})
		}
		return err
	}
	for major := drivers.MinimumPostgres; major <= newestPlatformPostgres; major++ {
		if err := add(drivers.Engine{Product: drivers.Postgres, Major: major}); err != nil {
			return nil, err
		}
	}
	mongo := drivers.Engine{Product: drivers.Mongo, Major: 7}
	if reach != drivers.Embedded {
		// Asked as Auto, since a reach asked for by name is not tried before the start.
		if chosen, why, err := cluster.Choose(ctx, mongo, drivers.Auto, images); err == nil {
			return append(all, EnginePlan{mongo, chosen, why}), nil
		}
	}
	err := add(drivers.Engine{Product: drivers.FerretDB, Major: 1})
	return all, err
}

// newestPlatformPostgres ends the default matrix; newer majors are tried when named.
const newestPlatformPostgres = 16

// splitEngine is the newest PostgreSQL among the engines; nil when there is none.
func splitEngine(engines []EnginePlan) *EnginePlan {
	var newest *EnginePlan
	for i, e := range engines {
		if e.Engine.Product == drivers.Postgres && (newest == nil || e.Engine.Major > newest.Engine.Major) {
			newest = &engines[i]
		}
	}
	return newest
}

// print says what is about to be done, seed first.
func (p Plan) print(to io.Writer, id string) {
	var engines []string
	for _, e := range p.Engines {
		engines = append(engines, fmt.Sprintf("%s (%s)", e.Engine, e.Reach))
	}
	_, _ = fmt.Fprintf(to, "seed %d · run %s · depth %s · %s\n", p.Seed, id, p.Depth, strings.Join(engines, ", "))
	said := map[string]bool{}
	for _, e := range p.Engines {
		if e.Why != "" && !said[e.Why] {
			said[e.Why] = true
			_, _ = fmt.Fprintf(to, "  %s\n", e.Why)
		}
		if warning := e.Engine.Support().Warning(time.Now()); warning != "" {
			_, _ = fmt.Fprintf(to, "  warning: %s\n", warning)
		}
	}
}

// raw is the plan as it is saved.
func (p Plan) raw() json.RawMessage {
	data, err := json.Marshal(p)
	if err != nil {
		return json.RawMessage("null") // cannot happen: every field encodes
	}
	return data
}
