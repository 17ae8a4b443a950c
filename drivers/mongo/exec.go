package mongo

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"os"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/event"
	driver "go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"tristore/drivers"
)

// Exec runs one database command, written in extended JSON, on a client of its own.
// A delete that removed nothing, and an update that changed nothing, is an error. It is for deliberate damage, never for a store.
func Exec(ctx context.Context, target drivers.Target, command string) (err error) {
	var parsed bson.D
	if err := bson.UnmarshalExtJSON([]byte(command), false, &parsed); err != nil || len(parsed) == 0 {
		return fmt.Errorf("reading the command: %w", err)
	}
	client, err := dial(target, nil)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, client.Disconnect(ctx)) }()
	var reply struct {
		N        *int64 `bson:"n"`
		Modified *int64 `bson:"nModified"`
	}
	if err := client.Database(target.URL.Database()).RunCommand(ctx, parsed).Decode(&reply); err != nil {
		return fmt.Errorf("in database %s: %w", target.URL.Database(), err)
	}
	if parsed[0].Key == "delete" && (reply.N == nil || *reply.N == 0) {
		return fmt.Errorf("in database %s: nothing was deleted", target.URL.Database())
	}
	if parsed[0].Key == "update" && (reply.Modified == nil || *reply.Modified == 0) {
		return fmt.Errorf("in database %s: nothing was changed", target.URL.Database())
	}
	return nil
}

// dialMax bounds how long a server that does not answer is asked.
const dialMax = 5 * time.Second

// Dial opens one client as the target says and asks the server to answer. The error is
// the driver's, with its types: where no server could be selected, the reason why the
// last one could not be reached is joined to it, since the driver itself keeps only its
// words. MongoDB has no command by which a session learns whether it is encrypted.
func Dial(ctx context.Context, target drivers.Target) (err error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	client, err := dial(target, &event.ServerMonitor{
		// A certificate that is not trusted now will not be in five seconds either.
		ServerHeartbeatFailed: func(failed *event.ServerHeartbeatFailedEvent) { cancel(failed.Failure) },
	})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, client.Disconnect(context.WithoutCancel(ctx))) }()
	// A read that needs the account, so that signing in is tried as well.
	err = client.Database(target.URL.Database()).RunCommand(ctx, bson.D{{Key: "listCollections", Value: 1}, {Key: "nameOnly", Value: true}}).Err()
	if err != nil && ctx.Err() != nil {
		return errors.Join(err, context.Cause(ctx))
	}
	return err
}

// dial verifies the server's certificate unless the target is self-signed, or its URL
// says in so many words that there shall be no TLS.
func dial(target drivers.Target, hears *event.ServerMonitor) (*driver.Client, error) {
	settings := options.Client().ApplyURI(target.URL.Reveal()).SetServerSelectionTimeout(dialMax).SetServerMonitor(hears)
	if target.URL.Option("tls") != "false" && target.URL.Option("ssl") != "false" {
		trust, err := trustOf(target)
		if err != nil {
			return nil, err
		}
		settings.SetTLSConfig(trust)
	}
	client, err := driver.Connect(settings)
	if err != nil {
		return nil, fmt.Errorf("connecting to %s: %w", target.URL.HostPort(), err)
	}
	return client, nil
}

func trustOf(target drivers.Target) (*tls.Config, error) {
	// As the platform's self-signed flag does, and only when the user set it.
	settings := &tls.Config{MinVersion: tls.VersionTLS12, InsecureSkipVerify: target.SelfSigned} //nolint:gosec // the self-signed flag says so, and TLS-2 tries it
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
