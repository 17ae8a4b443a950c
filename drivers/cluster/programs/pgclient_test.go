package programs

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestChooseClient(t *testing.T) {
	at := func(majors ...int) []installed {
		var all []installed
		for _, major := range majors {
			all = append(all, installed{dir: "/pg/" + string(rune('A'+major)), major: major})
		}
		return all
	}
	for _, test := range []struct {
		here   []installed
		server int
		want   int // 0 means none
	}{
		{at(), 15, 0},
		{at(13), 14, 0},
		{at(13, 15), 12, 15},
		{at(13, 15, 17), 12, 15}, // 17 would send a setting that 12 does not know
		{at(15, 17), 16, 17},     // and still is better than none
		{at(16, 17), 16, 16},
		{at(17, 18), 17, 18},
		{at(17), 18, 0},
	} {
		dir, found := chooseClient(test.here, test.server)
		want := ""
		if test.want > 0 {
			want = at(test.want)[0].dir
		}
		if dir != want || found != (test.want > 0) {
			t.Errorf("of %v for %d: %q, not %q", test.here, test.server, dir, want)
		}
	}
}

func TestDebianClientIsAtLeastAsNew(t *testing.T) {
	for _, server := range servers() {
		if from := debianClientFor(server.major); from.major < server.major {
			t.Errorf("PostgreSQL %d would get %s", server.major, from.name())
		}
	}
}

func TestLibraries(t *testing.T) {
	const listed = `postgresql-client-17
  Depends: libc6
 |Depends: perl-base
  Depends: libpq5
  Depends: <virtual>
libc6
libpq5
perl-base
libperl5.40
libfoo:i386
<virtual>
netbase
libpq5
`
	if got := libraries(listed, "postgresql-client-17"); !slices.Equal(got, []string{"postgresql-client-17", "libc6", "libpq5"}) {
		t.Errorf("chose %v", got)
	}
}

func TestPickMirror(t *testing.T) {
	for _, test := range []struct{ targets, want string }{
		{"", ""},
		{"http://other.example/apt/|stable|stable|main|Other\nhttp://mirror.example/debian/|bookworm|oldstable|main|Debian\n", "http://mirror.example/debian/"},
		{"http://s.example/debian-security/|bookworm-security|x|main|Debian-Security\n", ""},
		{"http://m.example/debian/|bookworm|x|contrib|Debian\n", ""},
		// Before the first update apt knows no labels.
		{"http://x.example/apt|$(CODENAME)|$(SUITE)|main|$(LABEL)\nhttp://m.example/debian|$(CODENAME)|$(SUITE)|main|$(LABEL)\n", "http://m.example/debian"},
	} {
		if got := pickMirror(test.targets); got != test.want {
			t.Errorf("of %q: %q", test.targets, got)
		}
	}
}

// TestDebianClientRuns fetches a client although this machine may have one, as it would
// where there is none, and starts it by the loader that came with it.
func TestDebianClientRuns(t *testing.T) {
	cache := Cache{Dir: DefaultDir()}
	for _, server := range []int{15, 16, 18} {
		from := debianClientFor(server)
		root, err := cache.debian(t.Context(), from.suite, from.name())
		if err != nil {
			t.Fatal(err)
		}
		for _, tool := range []string{"pg_dump", "pg_restore", "psql"} {
			found, _ := filepath.Glob(filepath.Join(root, "usr/lib/postgresql/*/bin", tool))
			if len(found) != 1 {
				t.Fatalf("%s of %s: %v", tool, from.name(), found)
			}
			client, err := viaLoader(root, found[0])
			if err != nil {
				t.Fatal(err)
			}
			if client, err = probeClient(t.Context(), client); err != nil || client.Major != from.major || !strings.HasPrefix(client.Version, tool) {
				t.Errorf("%+v: %v", client, err)
			}
		}
	}
}
