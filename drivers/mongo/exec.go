package mongo

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"os"

	"go.mongodb.org/mongo-driver/v2/bson"
	driver "go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"tristore/drivers"
)

// Exec runs one database command, written in extended JSON, on a client of its own.
// A delete that removed nothing is an error. It is for deliberate damage, never for a store.
func Exec(ctx context.Context, target drivers.Target, command string) (err error) {
	var parsed bson.D
	if err := bson.UnmarshalExtJSON([]byte(command), false, &parsed); err != nil || len(parsed) == 0 {
		return fmt.Errorf("reading the command: %w", err)
	}
	settings := options.Client().ApplyURI(target.URL.Reveal())
	if target.CAFile != "" || target.SelfSigned {
		trust, err := trustOf(target)
		if err != nil {
			return err
		}
		settings.SetTLSConfig(trust)
	}
	client, err := driver.Connect(settings)
	if err != nil {
		return fmt.Errorf("connecting to %s: %w", target.URL.HostPort(), err)
	}
	defer func() { err = errors.Join(err, client.Disconnect(ctx)) }()
	var reply struct {
		N *int64 `bson:"n"`
	}
	if err := client.Database(target.URL.Database()).RunCommand(ctx, parsed).Decode(&reply); err != nil {
		return fmt.Errorf("in database %s: %w", target.URL.Database(), err)
	}
	if parsed[0].Key == "delete" && (reply.N == nil || *reply.N == 0) {
		return fmt.Errorf("in database %s: nothing was deleted", target.URL.Database())
	}
	return nil
}

func trustOf(target drivers.Target) (*tls.Config, error) {
	// As the platform's self-signed flag does, and only when the user set it.
	settings := &tls.Config{MinVersion: tls.VersionTLS12, InsecureSkipVerify: target.SelfSigned} //nolint:gosec
	if target.CAFile == "" {
		return settings, nil
	}
	bundle, err := os.ReadFile(target.CAFile)
	if err != nil {
		return nil, fmt.Errorf("reading the CA bundle: %w", err)
	}
	settings.RootCAs = x509.NewCertPool()
	if !settings.RootCAs.AppendCertsFromPEM(bundle) {
		return nil, fmt.Errorf("the CA bundle %s holds no certificate", target.CAFile)
	}
	return settings, nil
}
