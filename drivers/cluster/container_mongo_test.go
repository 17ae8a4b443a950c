package cluster

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"

	"tristore/drivers"
	"tristore/drivers/mongo"
)

func TestContainerFerretDB(t *testing.T) {
	for _, major := range []int{1, 2} {
		engine := drivers.Engine{Product: drivers.FerretDB, Major: major}
		t.Run(engine.String(), func(t *testing.T) {
			started := startForTest(t, Spec{Engine: engine})
			t.Log(started.Version, started.Ready)
			if err := mongo.Dial(t.Context(), started.Admin); err != nil {
				t.Error(err)
			}
			plain, guessed, stranger := started.Admin, started.Admin, started.Admin
			plain.URL = plain.URL.WithOption("tls", "false")
			guessed.URL = guessed.URL.WithUser(mongoAdministrator, drivers.NewSecret("guessed"))
			stranger.CAFile = started.OtherCAFile
			var refusals sync.WaitGroup // each costs the driver's whole patience
			for what, target := range map[string]drivers.Target{"without TLS": plain, "with a wrong password": guessed, "trusting another CA": stranger} {
				refusals.Go(func() {
					if mongo.Dial(t.Context(), target) == nil {
						t.Errorf("a session %s was let in", what)
					}
				})
			}
			roundTrip(t, started)
			refusals.Wait()
		})
	}
}

// roundTrip dumps one document and restores it under another name, by the tools inside.
func roundTrip(t *testing.T, started *Cluster) {
	t.Helper()
	insert := `{"insert": "things", "documents": [{"_id": 1, "name": "one"}]}`
	if err := mongo.Exec(t.Context(), started.Admin.WithDatabase("source"), insert); err != nil {
		t.Fatal(err)
	}
	config := []byte("password: " + started.Admin.URL.Password().Reveal() + "\n")
	call := func(name string, call Invocation) {
		t.Helper()
		program, err := started.Tools.Find(t.Context(), name)
		if err != nil {
			t.Fatal(err)
		}
		t.Log(program.Version)
		call.Args = append(call.Args, "--config={config}", "--host="+program.Host, "--port="+program.Port, "--ssl", "--sslCAFile="+program.CAFile,
			"--username="+started.Admin.URL.User(), "--authenticationDatabase=admin", "--archive")
		call.Files = map[string][]byte{"config": config}
		if err := program.Run(t.Context(), call); err != nil {
			t.Fatal(err)
		}
	}
	var archive bytes.Buffer
	call("mongodump", Invocation{Args: []string{"--db=source"}, Out: &archive})
	call("mongorestore", Invocation{Args: []string{"--nsFrom=source.*", "--nsTo=target.*", "--noIndexRestore"}, In: &archive})
	// Exec fails when a delete removes nothing.
	if err := mongo.Exec(t.Context(), started.Admin.WithDatabase("target"), `{"delete": "things", "deletes": [{"q": {"name": "one"}, "limit": 1}]}`); err != nil {
		t.Errorf("the restored document is not there: %v", err)
	}
}

// TestContainerMongoArguments: no image of MongoDB is needed to see that the announced
// member address is the published one, and that no secret is an argument.
func TestContainerMongoArguments(t *testing.T) {
	made, err := containerRecipeFor(Spec{
		Engine: drivers.Engine{Product: drivers.Mongo, Major: 7}, Limits: Limits{MemoryBytes: 2 << 30},
		Settings: map[string]string{"--oplogSize": "100", "ttlMonitorSleepSecs": "1"},
	}, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	line := strings.Join(made.command, " ")
	for _, part := range []string{
		"mongod --port " + made.port + " ", "--replSet tristore", "--tlsMode requireTLS", "--wiredTigerCacheSizeGB 0.50",
		"--oplogSize 100", "--setParameter ttlMonitorSleepSecs=1", "--keyFile " + inside + "/keyfile",
	} {
		if !strings.Contains(line, part) {
			t.Errorf("%q is not in %q", part, line)
		}
	}
	if made.outside != made.port {
		t.Errorf("published at %s, announced at %s: a client would follow the announcement into nothing", made.outside, made.port)
	}
	admin := made.admin("127.0.0.1:" + made.port)
	if admin.URL.Option("replicaSet") != replicaSet || admin.URL.HostPort() != "127.0.0.1:"+made.port {
		t.Errorf("clients go to %s", admin.URL)
	}
	password := admin.URL.Password().Reveal()
	if slices.ContainsFunc(made.command, func(argument string) bool { return strings.Contains(argument, password) }) {
		t.Error("the password is an argument")
	}
	for name, value := range made.environment {
		if strings.Contains(value, password) {
			t.Errorf("%s holds the password", name)
		}
	}
	for _, file := range []string{"server.pem", "ca.crt", "keyfile", "password"} {
		if len(made.files[file]) == 0 {
			t.Errorf("file %s is empty", file)
		}
	}
}

func TestContainerFerretDBSettings(t *testing.T) {
	settings := map[string]string{"work_mem": "7MB", "fsync": "on"}
	_, err := containerRecipeFor(Spec{Engine: drivers.Engine{Product: drivers.FerretDB, Major: 1}, Settings: settings}, t.TempDir())
	if !errors.Is(err, ErrUnreachable) {
		t.Errorf("FerretDB 1 takes settings: %v", err)
	}
	made, err := containerRecipeFor(Spec{Engine: drivers.Engine{Product: drivers.FerretDB, Major: 2}, Durability: Relaxed, Settings: settings}, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	line := strings.Join(made.command, " ")
	for _, part := range []string{"ferretdb -c ", "-c work_mem=7MB", "-c fsync=on", "-c synchronous_commit=off", "--listen-addr= --listen-tls=:27017"} {
		if !strings.Contains(line, part) {
			t.Errorf("%q is not in %q", part, line)
		}
	}
}
