package cluster

import (
	"os/exec"
	"testing"
	"time"

	"tristore/drivers"
	"tristore/drivers/cluster/programs"
)

func TestBuildImagesOnce(t *testing.T) {
	if err := daemonAnswers(t.Context()); err != nil {
		t.Skip(err)
	}
	if _, err := exec.LookPath("mmdebstrap"); err != nil {
		t.Skip("mmdebstrap is not installed: ", err)
	}
	order := ImageOrder{Cache: programs.DefaultDir(), Engines: []drivers.Engine{{Product: drivers.Postgres, Major: 12}, {Product: drivers.Postgres, Major: 16}}}
	for _, again := range []bool{false, true} {
		begun := time.Now()
		built, err := BuildImages(t.Context(), order)
		if err != nil {
			t.Fatal(err)
		}
		for _, image := range built {
			t.Logf("%+v after %s", image, time.Since(begun))
			if again && image.Built {
				t.Errorf("%s was built a second time", image.Name)
			}
			if image.Bytes == 0 {
				t.Errorf("%s has no size", image.Name)
			}
		}
	}
}

func TestImageDigestFollowsContent(t *testing.T) {
	digest := func(of ingredients) string {
		made, err := of.digest()
		if err != nil {
			t.Fatal(err)
		}
		return made
	}
	of := ingredients{system: "base.sh", folder: "postgres", programs: map[string]string{"server": "/a/16.1"}, arguments: map[string]string{"CLIENT": "17"}}
	first := digest(of)
	if digest(of) != first {
		t.Error("the same ingredients have two digests")
	}
	if digest(ingredients{system: "base.sh", folder: "postgres", programs: map[string]string{"server": "/another/cache/a/16.1"}, arguments: of.arguments}) != first {
		t.Error("another cache folder changes the digest")
	}
	for name, other := range map[string]ingredients{
		"another server":      {system: "base.sh", folder: "postgres", programs: map[string]string{"server": "/a/16.2"}, arguments: of.arguments},
		"another client":      {system: "base.sh", folder: "postgres", programs: of.programs, arguments: map[string]string{"CLIENT": "18"}},
		"another folder":      {system: "base.sh", folder: "ferretdb1", programs: of.programs, arguments: of.arguments},
		"another file system": {system: "documentdb.sh", folder: "postgres", programs: of.programs, arguments: of.arguments},
	} {
		if digest(other) == first {
			t.Errorf("%s does not change the digest", name)
		}
	}
}
