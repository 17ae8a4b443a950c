package cluster

import (
	"context"
	"errors"
	"net"
	"strconv"
	"strings"
	"testing"
	"time"

	"tristore/drivers"
	"tristore/drivers/cluster/programs"
)

// externalSpec reaches a cluster of ours as if it were somebody else's.
func externalSpec(t *testing.T, to *Cluster) Spec {
	t.Helper()
	return Spec{Engine: to.Engine, Reach: drivers.External, Dir: t.TempDir(), Cache: programs.DefaultDir(),
		Address: External{URL: to.Admin.URL, CAFile: to.CAFile}, Patience: 20 * time.Second}
}

func TestExternal(t *testing.T) {
	for _, engine := range []drivers.Engine{{Product: drivers.Postgres, Major: 16}, {Product: drivers.FerretDB, Major: 1}} {
		t.Run(engine.String(), func(t *testing.T) {
			server := startTest(t, embeddedSpec(t, engine))
			reached := startTest(t, externalSpec(t, server))
			if reached.Version != server.Version || reached.Reach != drivers.External {
				t.Errorf("reached %s by %s", reached.Version, reached.Reach)
			}
			if engine.Product == drivers.Postgres && reached.InForce["cluster.identity"] == "" {
				t.Error("it has no identity")
			}
			if err := reached.Close(t.Context()); err != nil {
				t.Error(err)
			}
			if again, err := Start(t.Context(), externalSpec(t, server)); err != nil {
				t.Errorf("closing ended the server: %v", err)
			} else if err := again.Close(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
}

// TestExternalRefusals: one sentence each, ErrUnreachable, and never the password.
func TestExternalRefusals(t *testing.T) {
	server := startTest(t, embeddedSpec(t, drivers.Engine{Product: drivers.Postgres, Major: 16}))
	closed, err := freePort()
	if err != nil {
		t.Fatal(err)
	}
	silent, err := net.Listen("tcp4", loopback+":0") // takes connections and never answers
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = silent.Close() }()
	password := drivers.NewSecret("canary-3f1")
	at := func(host string) drivers.URL {
		return drivers.Address{Scheme: "postgres", User: superuser, Password: password, HostPort: host, Database: "postgres"}.URL()
	}
	for name, test := range map[string]struct {
		change func(*Spec)
		says   string
	}{
		"another CA":       {func(s *Spec) { s.Address.CAFile = server.OtherCAFile }, "certificate"},
		"no CA":            {func(s *Spec) { s.Address.CAFile = "" }, "certificate"},
		"wrong password":   {func(s *Spec) { s.Address.URL = s.Address.URL.WithUser(superuser, password) }, "password"},
		"another major":    {func(s *Spec) { s.Engine.Major = 15 }, "PostgreSQL 15 was asked for"},
		"another family":   {func(s *Spec) { s.Engine = drivers.Engine{Product: drivers.Mongo, Major: 7} }, "mongodb://"},
		"nobody there":     {func(s *Spec) { s.Address.URL = at(net.JoinHostPort(loopback, strconv.Itoa(closed))) }, "refused"},
		"no answer":        {func(s *Spec) { s.Address.URL, s.Patience = at(silent.Addr().String()), 200*time.Millisecond }, "did not answer within 200ms"},
		"no such database": {func(s *Spec) { s.Address.URL = s.Address.URL.WithDatabase("nothing") }, "nothing"},
	} {
		t.Run(name, func(t *testing.T) {
			spec := externalSpec(t, server)
			test.change(&spec)
			reached, err := Start(t.Context(), spec)
			if err == nil {
				t.Fatal("it was reached", reached.Close(t.Context()))
			}
			if !errors.Is(err, ErrUnreachable) || !strings.Contains(err.Error(), test.says) {
				t.Errorf("got %v", err)
			}
			if strings.Contains(err.Error(), password.Reveal()) || strings.Contains(err.Error(), server.Admin.URL.Password().Reveal()) {
				t.Errorf("a password is in %v", err)
			}
		})
	}
}

func TestSeenClusterFits(t *testing.T) {
	for _, test := range []struct {
		version string
		standby bool
		says    string
	}{
		{"16.14", false, ""},
		{"16.14 (Debian 16.14-1)", false, ""},
		{"15.3", false, "PostgreSQL 16 was asked for"},
		{"", false, "PostgreSQL 16 was asked for"},
		{"16.14", true, "is a standby"},
	} {
		seen := seenCluster{version: test.version, facts: drivers.SandboxFacts{Standby: test.standby}}
		err := seen.fits(drivers.Engine{Product: drivers.Postgres, Major: 16})
		if test.says == "" && err != nil || test.says != "" && (err == nil || !strings.Contains(err.Error(), test.says)) {
			t.Errorf("%q, standby %t: %v", test.version, test.standby, err)
		}
	}
}

func TestChoose(t *testing.T) {
	pg, mongo7 := drivers.Engine{Product: drivers.Postgres, Major: 16}, drivers.Engine{Product: drivers.Mongo, Major: 7}
	for _, test := range []struct {
		engine drivers.Engine
		asked  drivers.Reach
		want   drivers.Reach
		says   string
	}{
		{pg, drivers.Embedded, drivers.Embedded, "asked for"},
		{pg, drivers.Container, drivers.Container, "asked for"},
		{mongo7, drivers.External, drivers.External, "asked for"},
		{mongo7, drivers.Embedded, "", "MongoDB 7 cannot be run embedded; it can be by: --reach container, --reach external"},
	} {
		got, why, err := Choose(t.Context(), test.engine, test.asked, Images{})
		if got != test.want || err == nil && !strings.Contains(why, test.says) || test.want == "" && (!errors.Is(err, ErrUnreachable) || !strings.Contains(err.Error(), test.says)) {
			t.Errorf("%s by %s: %q, %q, %v", test.engine, test.asked, got, why, err)
		}
	}
	// What Auto finds depends on this machine; that it decides, and says why, does not.
	got, why, err := Choose(t.Context(), pg, drivers.Auto, Images{})
	if err != nil || why == "" || got == drivers.Auto {
		t.Errorf("auto: %q, %q, %v", got, why, err)
	}
	t.Log(got, why)
	none := Images{Override: map[string]string{pg.String(): "localhost/tristore/never-built:1"}}
	if got, why, err := Choose(t.Context(), pg, drivers.Auto, none); err != nil || got != drivers.Embedded || why == "" {
		t.Errorf("auto without an image: %q, %q, %v", got, why, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, _, err := Choose(ctx, pg, drivers.Auto, none); !errors.Is(err, context.Canceled) {
		t.Errorf("given up: %v", err)
	}
}
