package deployment

import (
	"errors"
	"strings"
	"testing"
	"time"

	"tristore/drivers"
	"tristore/drivers/cluster"
	"tristore/drivers/mongo"
)

// TestMongoMarkIsItsOwnCollections marks a database of a real FerretDB, and copies the
// mark as a restore would.
func TestMongoMarkIsItsOwnCollections(t *testing.T) {
	running := server(t, drivers.Engine{Product: drivers.FerretDB, Major: 1})
	on := func(database string) *cluster.Cluster {
		admin := running.Admin
		if admin.URL.Option("authSource") == "" {
			admin.URL = admin.URL.WithOption("authSource", admin.URL.Database())
		}
		return &cluster.Cluster{Engine: running.Engine, Reach: drivers.External, Admin: admin.WithDatabase(database)}
	}
	refusedOn := func(where *cluster.Cluster, says string) {
		t.Helper()
		_, err := Prepare(t.Context(), where, Options{})
		var refusal *SandboxRefusal
		if !errors.As(err, &refusal) || !strings.Contains(err.Error(), says) {
			t.Errorf("got %v, wanted a refusal that says %q", err, says)
		}
	}
	box, elsewhere := on("box"), on("elsewhere")
	refusedOn(box, "holds no sandbox mark")
	mark, err := InitSandbox(t.Context(), box, "test", time.Now().Add(time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	if err := CheckSandbox(t.Context(), box); err != nil {
		t.Errorf("a marked cluster is refused: %v", err)
	}
	copied := `{"insert": "tristore_sandbox", "documents": [{"_id": "` + mark.ID + `", "owner": "test", "expires": {"$date": "2099-01-01T00:00:00Z"}, "identity": "` + mark.Identity + `"}]}`
	if err := mongo.Exec(t.Context(), elsewhere.Admin, copied); err != nil {
		t.Fatal(err)
	}
	refusedOn(elsewhere, "came with a copy")
	host, err := Prepare(t.Context(), box, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := host.Close(t.Context()); err != nil {
		t.Error(err)
	}
}
