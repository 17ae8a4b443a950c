package cluster

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"time"
)

// material is the TLS material of one cluster, made for the run and worth nothing after it.
type material struct {
	CAFile      string // signed the server's certificate
	OtherCAFile string // a CA that signed nothing, to be refused with
	CertFile    string // the server's certificate
	KeyFile     string // its key, mode 0600
	// BundleFile is certificate and key in one file, mode 0600, as mongod wants them.
	BundleFile string
}

// certificateLife is longer than any run. The start lies back, for clocks that differ a little.
const (
	certificateLife = 30 * 24 * time.Hour
	clockSlack      = time.Hour
)

// newMaterial makes a CA, a server certificate signed by it, and a second CA, in dir. The
// certificate is for localhost and 127.0.0.1, and for the extra names or addresses given.
func newMaterial(dir string, extra ...string) (material, error) {
	m := materialIn(dir)
	if err := m.make(append([]string{"localhost", "127.0.0.1"}, extra...)); err != nil {
		return material{}, fmt.Errorf("making certificates in %s: %w", dir, err)
	}
	return m, nil
}

// materialIn names the files below a folder.
func materialIn(dir string) material {
	return material{
		CAFile: filepath.Join(dir, "ca.pem"), OtherCAFile: filepath.Join(dir, "other-ca.pem"),
		CertFile: filepath.Join(dir, "server.pem"), KeyFile: filepath.Join(dir, "server-key.pem"),
		BundleFile: filepath.Join(dir, "server-bundle.pem"),
	}
}

func (m material) make(names []string) error {
	ca, caKey, err := newAuthority("tristore run CA")
	if err != nil {
		return err
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	leaf := certificate(names[0])
	leaf.KeyUsage = x509.KeyUsageDigitalSignature
	leaf.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}
	for _, name := range names {
		if address := net.ParseIP(name); address != nil {
			leaf.IPAddresses = append(leaf.IPAddresses, address)
		} else {
			leaf.DNSNames = append(leaf.DNSNames, name)
		}
	}
	signed, err := x509.CreateCertificate(rand.Reader, leaf, ca, key.Public(), caKey)
	if err != nil {
		return err
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return err
	}
	cert := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: signed})
	secret := pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private})
	for _, file := range []struct {
		path    string
		content []byte
		mode    os.FileMode
	}{
		{m.CAFile, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: ca.Raw}), 0o644},
		{m.CertFile, cert, 0o644},
		{m.KeyFile, secret, 0o600},
		{m.BundleFile, append(cert, secret...), 0o600},
	} {
		if err := os.WriteFile(file.path, file.content, file.mode); err != nil {
			return err
		}
	}
	return writeForeignAuthority(m.OtherCAFile)
}

// writeForeignAuthority makes a CA that has signed nothing and never will: its key is
// forgotten at once.
func writeForeignAuthority(path string) error {
	foreign, _, err := newAuthority("tristore other CA")
	if err != nil {
		return err
	}
	return os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: foreign.Raw}), 0o644)
}

func newAuthority(name string) (*x509.Certificate, *ecdsa.PrivateKey, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, nil, err
	}
	ca := certificate(name)
	ca.IsCA, ca.BasicConstraintsValid = true, true
	ca.KeyUsage = x509.KeyUsageCertSign | x509.KeyUsageCRLSign
	raw, err := x509.CreateCertificate(rand.Reader, ca, ca, key.Public(), key)
	if err != nil {
		return nil, nil, err
	}
	parsed, err := x509.ParseCertificate(raw)
	return parsed, key, err
}

func certificate(name string) *x509.Certificate {
	serial := make([]byte, 16)
	_, _ = rand.Read(serial) // never fails
	now := time.Now()
	return &x509.Certificate{
		SerialNumber: new(big.Int).SetBytes(serial),
		Subject:      pkix.Name{CommonName: name},
		NotBefore:    now.Add(-clockSlack), NotAfter: now.Add(certificateLife),
	}
}
