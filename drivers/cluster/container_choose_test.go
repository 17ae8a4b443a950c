package cluster

import (
	"errors"
	"flag"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"tristore/drivers"
)

func TestImageCandidates(t *testing.T) {
	postgres, mongo, ferret := drivers.Engine{Product: drivers.Postgres, Major: 16}, drivers.Engine{Product: drivers.Mongo, Major: 7}, drivers.Engine{Product: drivers.FerretDB, Major: 2}
	for name, test := range map[string]struct {
		engine drivers.Engine
		images Images
		want   []string
	}{
		"official, then local": {postgres, Images{}, []string{"postgres:16", "localhost/tristore/postgres:16"}},
		"by a mirror":          {postgres, Images{Registry: "mirror.example/library/"}, []string{"mirror.example/library/postgres:16", "localhost/tristore/postgres:16"}},
		"no local MongoDB":     {mongo, Images{Registry: "mirror.example"}, []string{"mirror.example/mongo:7"}},
		"FerretDB is local":    {ferret, Images{Registry: "mirror.example"}, []string{"localhost/tristore/ferretdb:2"}},
		"named, and no other":  {postgres, Images{Override: map[string]string{"postgres:16": "mine:1"}}, []string{"mine:1"}},
		"another is named":     {postgres, Images{Override: map[string]string{"postgres:15": "mine:1"}}, []string{"postgres:16", "localhost/tristore/postgres:16"}},
	} {
		t.Run(name, func(t *testing.T) {
			if got := test.images.candidates(test.engine); !slices.Equal(got, test.want) {
				t.Errorf("tried in turn: %q", got)
			}
		})
	}
}

func TestImageThatCannotBeHad(t *testing.T) {
	if err := daemonAnswers(t.Context()); err != nil {
		t.Skip(err)
	}
	engine := drivers.Engine{Product: drivers.Postgres, Major: 16}
	for what, image := range map[string]string{"no such registry": "registry.invalid/postgres:16", "not built": localImages + "postgres:none"} {
		t.Run(what, func(t *testing.T) {
			begun := time.Now()
			_, err := imageAvailable(t.Context(), engine, Images{Override: map[string]string{engine.String(): image}})
			if !errors.Is(err, ErrUnreachable) || !strings.Contains(err.Error(), image) || !strings.Contains(err.Error(), "make images") {
				t.Errorf("it says %v", err)
			}
			t.Log(err)
			if took := time.Since(begun); took > 2*registryPatience {
				t.Errorf("it took %s to say so", took)
			}
		})
	}
}

// TestContainerNoDaemon runs itself with an address where nobody listens: what
// testcontainers found once it keeps for the process.
func TestContainerNoDaemon(t *testing.T) {
	if flag.Arg(0) == "nobody" {
		err := daemonAnswers(t.Context())
		t.Log(err)
		if !errors.Is(err, ErrUnreachable) || !strings.Contains(err.Error(), "--reach embedded") {
			t.Errorf("it says %v", err)
		}
		return
	}
	command := exec.Command(os.Args[0], "-test.run=^TestContainerNoDaemon$", "nobody")
	command.Env = append(command.Environ(), "DOCKER_HOST=unix:///nobody/listens.sock")
	if said, err := command.CombinedOutput(); err != nil {
		t.Errorf("%v: %s", err, said)
	}
}

func TestDaemonOnThisMachine(t *testing.T) {
	for host, want := range map[string]bool{
		"unix:///var/run/docker.sock": true, "npipe:////./pipe/docker_engine": true, "tcp://127.0.0.1:2375": true, "tcp://localhost:2375": true,
		"tcp://[::1]:2375": true, "tcp://10.1.2.3:2376": false, "ssh://me@elsewhere": false, "tcp://docker:2375": false, "::": false,
	} {
		if onThisMachine(host) != want {
			t.Errorf("%s: on this machine is %t", host, !want)
		}
	}
}
