package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// mayImport is the table of arrows: a package below the key may import our packages
// below the values, and itself. The longest key that fits decides. An exception is a
// line here, where a reviewer sees it.
var mayImport = map[string][]string{
	"reports/result":         {},
	"reports/bench":          {},
	"reports/stats":          {},
	"reports/forecast":       {"reports/result"},
	"reports/advice":         {"reports/result", "reports/stats", "reports/forecast", "reports/latency", "reports/effect"},
	"reports/effect":         {"reports/result", "reports/stats"},
	"reports/known":          {"reports/result", "reports/advice", "reports/effect"},
	"reports/latency":        {"reports/result", "reports/stats"},
	"reports/render":         {"reports/result", "reports/stats", "reports/advice", "reports/effect", "reports/forecast", "reports/latency", "reports/recovery"},
	"reports/recovery":       {"reports/result", "reports/stats"},
	"reports/terminal":       {"reports/result", "reports/stats", "reports/advice", "reports/effect", "reports/known", "reports/latency", "reports/recovery"},
	"drivers":                {"drivers", "reports/result"},
	"drivers/store":          {"drivers/store"},
	"drivers/postgres":       {"drivers", "drivers/store", "reports/result"},
	"drivers/mongo":          {"drivers", "drivers/store", "reports/result"},
	"scenarios":              {"scenarios", "drivers", "reports/result"},
	"scenarios/campaign":     {"scenarios", "drivers", "reports/result", "reports/stats"}, // whether a warm-up is over is a question to a series
	"scenarios/judge":        {"reports/result", "reports/stats", "reports/latency"},
	"scenarios/measure":      {"drivers/store", "reports/result"},
	"scenarios/trace":        {},
	"scenarios/witness":      {"reports/result"},
	"scenarios/load":         {"scenarios/measure", "drivers/store", "reports/result"},
	"suites":                 {"suites", "scenarios", "drivers", "reports"},
	"":                       {"suites", "scenarios", "drivers", "reports"},
	"drivers/cluster/images": {},
}

// onlyIn says where a library may be imported; the rest of the tree stays free of it. The
// longest key that fits decides.
// Tests may use what their package's real servers need.
var onlyIn = map[string][]string{
	"github.com/onsi/":                    {"suites"},
	"github.com/testcontainers/":          {"drivers/cluster"},
	"github.com/moby/":                    {"drivers/cluster"},
	"github.com/vbauerster/mpb":           {"reports/terminal"},
	"github.com/jackc/pgx":                {"drivers/postgres", "drivers/cluster"},
	"go.mongodb.org/mongo-driver":         {"drivers/mongo"},
	"go.mongodb.org/mongo-driver/v2/bson": {"drivers/mongo", "scenarios/trace"}, // a trace holds commands, and sends none
	"github.com/HdrHistogram/":            {"scenarios/measure", "reports/latency", "reports/render", "reports/advice"},
	"github.com/golang-migrate/migrate":   {"drivers/postgres", "drivers/mongo"},
	"github.com/Shopify/toxiproxy":        {"drivers/faults"},
	"github.com/rs/zerolog":               {"drivers/faults"},
	"github.com/spf13/":                   {""},
}

// The gauges of taste that numbers can hold.
const (
	longestFile       = 400 // lines, tests included
	longestFunction   = 70  // lines
	widestInterface   = 5   // methods written in one interface
	mostParameters    = 4   // after the context
	environmentPlaces = 2   // files that read the environment
)

func TestArrows(t *testing.T) {
	eachFile(t, func(path string, file *ast.File, _ *token.FileSet) {
		from := packageOf(path)
		for _, spec := range file.Imports {
			imported, _ := strconv.Unquote(spec.Path.Value)
			if ours, is := strings.CutPrefix(imported, "tristore/"); is {
				if !strings.HasSuffix(path, "_test.go") && !allowed(from, ours) {
					t.Errorf("%s: %s may not import %s: no arrow in mayImport", path, from, ours)
				}
				continue
			}
			library := ""
			for candidate := range onlyIn {
				if strings.HasPrefix(imported, candidate) && len(candidate) > len(library) {
					library = candidate
				}
			}
			if homes := onlyIn[library]; library != "" && !within(from, homes) {
				t.Errorf("%s: %s belongs in %q only", path, imported, homes)
			}
		}
	})
}

func TestGauges(t *testing.T) {
	environment := map[string]bool{}
	eachFile(t, func(path string, file *ast.File, set *token.FileSet) {
		if lines := set.File(file.Pos()).LineCount(); lines > longestFile {
			t.Errorf("%s has %d lines, over %d: does it tell one story?", path, lines, longestFile)
		}
		ast.Inspect(file, func(node ast.Node) bool {
			switch n := node.(type) {
			case *ast.FuncDecl:
				gaugeFunction(t, path, n, set)
			case *ast.InterfaceType:
				if methods := countMethods(n); methods > widestInterface {
					t.Errorf("%s: an interface writes %d methods, over %d", set.Position(n.Pos()), methods, widestInterface)
				}
			case *ast.SelectorExpr:
				if name := selector(n); name == "os.Getenv" || name == "os.LookupEnv" || name == "os.Environ" {
					environment[path] = true
				}
				gaugeBanned(t, path, n, set)
			}
			return true
		})
	})
	if len(environment) > environmentPlaces {
		t.Errorf("%d files read the environment, over %d: %v", len(environment), environmentPlaces, environment)
	}
}

func gaugeFunction(t *testing.T, path string, f *ast.FuncDecl, set *token.FileSet) {
	t.Helper()
	if f.Name.Name == "init" {
		t.Errorf("%s: init runs before anyone asked: call it from where it is needed", set.Position(f.Pos()))
	}
	if lines := set.Position(f.End()).Line - set.Position(f.Pos()).Line + 1; lines > longestFunction {
		t.Errorf("%s: %s has %d lines, over %d", path, f.Name.Name, lines, longestFunction)
	}
	parameters := 0
	for _, field := range f.Type.Params.List {
		if isContext(field.Type) {
			continue
		}
		parameters += max(1, len(field.Names))
	}
	if parameters > mostParameters {
		t.Errorf("%s: %s takes %d parameters after the context, over %d: give them names in a struct", path, f.Name.Name, parameters, mostParameters)
	}
}

// gaugeBanned: sleeping without a context, global chance, printing from a package.
func gaugeBanned(t *testing.T, path string, n *ast.SelectorExpr, set *token.FileSet) {
	t.Helper()
	name := selector(n)
	switch name {
	case "time.Sleep", "rand.Intn", "rand.IntN", "rand.Int", "rand.Float64", "rand.Shuffle", "rand.Perm":
		t.Errorf("%s: %s: wait on the context, draw from (seed, purpose, worker)", set.Position(n.Pos()), name)
	case "fmt.Print", "fmt.Println", "fmt.Printf", "os.Exit", "log.Fatal":
		if packageOf(path) != "" {
			t.Errorf("%s: %s belongs to the root command", set.Position(n.Pos()), name)
		}
	}
}

func TestTopLevel(t *testing.T) {
	known := []string{"suites", "scenarios", "drivers", "reports", "Makefile", "go.mod", "go.sum", "README.md", "CONTRIBUTING.md", "LICENSE"}
	entries, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		name := entry.Name()
		binary := name == "tristore" && !entry.IsDir()
		if !slices.Contains(known, name) && !strings.HasSuffix(name, ".go") && !strings.HasPrefix(name, ".") && !binary {
			t.Errorf("%s stands at the top level, which is fixed", name)
		}
	}
}

// eachFile parses every Go file of this module; nested modules are programs of their own.
func eachFile(t *testing.T, see func(path string, file *ast.File, set *token.FileSet)) {
	t.Helper()
	files := 0
	err := filepath.WalkDir(".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() {
			if _, nested := os.Stat(filepath.Join(path, "go.mod")); path != "." && nested == nil || entry.Name() == "out" {
				return filepath.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(path, ".go") {
			return nil
		}
		set := token.NewFileSet()
		file, err := parser.ParseFile(set, path, nil, parser.ParseComments)
		if err != nil {
			return err
		}
		files++
		see(path, file, set)
		return nil
	})
	if err != nil || files == 0 {
		t.Fatalf("read %d files: %v", files, err)
	}
}

func packageOf(path string) string {
	if folder := filepath.ToSlash(filepath.Dir(path)); folder != "." {
		return folder
	}
	return ""
}

func allowed(from, to string) bool {
	key := ""
	for candidate := range mayImport {
		if within(from, []string{candidate}) && len(candidate) > len(key) {
			key = candidate
		}
	}
	return within(to, mayImport[key]) || key != "" && within(to, []string{key})
}

// within tells whether a package is one of the folders or below one; "" is the root itself.
func within(name string, folders []string) bool {
	return slices.ContainsFunc(folders, func(folder string) bool {
		return name == folder || folder != "" && strings.HasPrefix(name, folder+"/")
	})
}

func countMethods(i *ast.InterfaceType) int {
	methods := 0
	for _, m := range i.Methods.List {
		methods += len(m.Names)
	}
	return methods
}

func selector(n *ast.SelectorExpr) string {
	if left, ok := n.X.(*ast.Ident); ok {
		return left.Name + "." + n.Sel.Name
	}
	return ""
}

func isContext(e ast.Expr) bool {
	n, ok := e.(*ast.SelectorExpr)
	return ok && selector(n) == "context.Context"
}
