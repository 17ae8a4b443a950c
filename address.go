package main

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"tristore/drivers"
)

// errUnversioned: a server tells its version, and the plan is made before it is asked.
var errUnversioned = errors.New("a URL does not say its engine's version: give --engine, such as postgres:16")

// external tells whether a URL was given, and unversioned whether it was without an engine.
func (f *flags) external() bool { return f.url != "" || f.urlFile != "" }
func (f *flags) unversioned(c *cobra.Command) bool {
	return f.external() && !c.Flags().Changed("engine")
}

// readAddress reads the external cluster's URL; it is never repeated in an error.
func (f *flags) readAddress(_ context.Context, p *Plan) error {
	text, external := f.url, f.reach == string(drivers.External)
	switch {
	case f.url != "" && f.urlFile != "":
		return fmt.Errorf("--url and --url-file are both given: keep one")
	case f.urlFile != "":
		read, err := os.ReadFile(f.urlFile)
		if err != nil {
			return fmt.Errorf("the URL file %s cannot be read: put the cluster's URL alone into it", f.urlFile)
		}
		text = strings.TrimSpace(string(read))
	}
	if text == "" && !external {
		if f.caFile != "" || f.selfSigned {
			return fmt.Errorf("--ca-file and --self-signed are of an external cluster, and none is given: add --url-file FILE, or drop them")
		}
		return nil
	}
	if text == "" {
		return fmt.Errorf("--reach external needs the cluster's address: give --url-file FILE or --url URL")
	}
	if !external && f.reach != string(drivers.Auto) {
		return fmt.Errorf("--reach %s and a URL do not go together: drop one of them", f.reach)
	}
	f.reach = string(drivers.External)
	address, err := drivers.ParseURL(text)
	if err != nil {
		return err
	}
	for _, option := range []string{"sslrootcert", "tlsCAFile"} {
		if address.Option(option) != "" {
			return fmt.Errorf("the URL names a CA by %s: give that file by --ca-file instead, so that client tools and TLS-2 know it too", option)
		}
	}
	p.URL = address
	return readCA(p)
}

// readCA makes the path hold for client tools as well, which run in a folder of their own.
func readCA(p *Plan) (err error) {
	if p.CAFile == "" {
		return nil
	}
	if p.CAFile, err = filepath.Abs(p.CAFile); err != nil {
		return err
	}
	bundle, err := os.ReadFile(p.CAFile)
	if err != nil {
		return fmt.Errorf("the CA file %s cannot be read: name the PEM bundle that signed the cluster's certificate", p.CAFile)
	}
	if !x509.NewCertPool().AppendCertsFromPEM(bundle) {
		return fmt.Errorf("the CA file %s holds no certificate: name the PEM bundle that signed the cluster's certificate", p.CAFile)
	}
	return nil
}

// agrees: the scheme of a URL says its family.
func agrees(url drivers.URL, engine drivers.Engine) error {
	family := drivers.FamilyPostgres
	if strings.HasPrefix(url.Scheme(), "mongodb") {
		family = drivers.FamilyMongo
	}
	if family != engine.Family() {
		return fmt.Errorf("the URL begins with %s but the engine is %s: all three stores are on one engine, so name the one behind the URL", url.Scheme(), engine)
	}
	return nil
}
