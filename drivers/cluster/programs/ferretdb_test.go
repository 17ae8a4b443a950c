package programs

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"tristore/drivers"
)

func TestGoProgramsAreBuiltAndSayTheirVersion(t *testing.T) {
	if testing.Short() {
		t.Skip("builds two programs")
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
	defer cancel()
	cache := Cache{Dir: t.TempDir()}
	server, err := cache.FerretDB(ctx)
	if err != nil {
		t.Fatal(err)
	}
	tools, err := cache.MongoTools(ctx)
	if err != nil {
		t.Fatal(err)
	}
	for path, version := range map[string]string{server: "v1.24.2", filepath.Join(tools, "mongodump"): "20240723193119", filepath.Join(tools, "mongorestore"): "20240723193119"} {
		said, err := exec.CommandContext(ctx, path, "--version").CombinedOutput()
		if err != nil || !strings.Contains(string(said), version) {
			t.Errorf("%s --version: %v: %s", filepath.Base(path), err, said)
		}
	}
	if left, _ := filepath.Glob(filepath.Join(tools, "build*")); len(left) > 0 {
		t.Errorf("the build folder is still there: %v", left)
	}
	before, _ := os.Stat(server)
	if _, err := cache.FerretDB(ctx); err != nil {
		t.Error(err)
	}
	if after, _ := os.Stat(server); !after.ModTime().Equal(before.ModTime()) {
		t.Error("a second call built it again")
	}
}

func TestWithoutGoTheErrorSaysWhatToDo(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	_, err := Cache{Dir: t.TempDir()}.FerretDB(t.Context())
	if err == nil || !strings.Contains(err.Error(), "install Go") {
		t.Errorf("got %v", err)
	}
}

func TestAnOtherRecipeIsAnOtherEntry(t *testing.T) {
	one := goProgram{mod: "ferretdb/v1.mod.txt", sum: "ferretdb/v1.sum.txt", tags: "a"}
	other := one
	other.tags = "b"
	first, err := one.fingerprint()
	if err != nil {
		t.Fatal(err)
	}
	if second, _ := other.fingerprint(); first == second {
		t.Error("two recipes share one cache entry")
	}
}

func TestFerretDBArgsKeepTheSecretOutOfTheArguments(t *testing.T) {
	password := drivers.GenerateSecret()
	args, env := FerretDBArgs(FerretDBPlace{DataDir: "/data", Listen: "127.0.0.1:1", User: "admin", Password: password})
	if strings.Contains(strings.Join(args, " "), password.Reveal()) {
		t.Error("the password is an argument")
	}
	if !strings.Contains(strings.Join(env, " "), "FERRETDB_SETUP_PASSWORD="+password.Reveal()) {
		t.Error("the password is not in the environment")
	}
}
