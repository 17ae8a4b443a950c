package security

import (
	"context"
	"net"
	"testing"
	"time"

	"tristore/drivers"
	"tristore/reports/result"
)

// A server that takes the connection and says nothing has refused nobody.
func TestSilenceIsNoRefusal(t *testing.T) {
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = silent.Close() }()
	for _, c := range []struct {
		engine drivers.Engine
		scheme string
	}{{drivers.Engine{Product: drivers.Postgres, Major: 16}, "postgres"}, {drivers.Engine{Product: drivers.Mongo, Major: 7}, "mongodb"}} {
		for what, address := range map[string]string{"silent": silent.Addr().String(), "absent": "127.0.0.1:1"} {
			url, err := drivers.ParseURL(c.scheme + "://app:pw@" + address + "/users")
			if err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
			var saw result.Observation
			got := attempt(ctx, withoutTLS(drivers.Target{Engine: c.engine, URL: url}), &saw)
			cancel()
			if got.Accepted || (saw.Trouble != "") != (what == "silent") {
				t.Errorf("%s, %s: %s, trouble %q", c.engine, what, got, saw.Trouble)
			}
		}
	}
}
