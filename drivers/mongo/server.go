package mongo

import (
	"cmp"
	"context"
	"crypto/tls"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"
	driver "go.mongodb.org/mongo-driver/v2/mongo"

	"tristore/drivers"
)

// ServerInfo asks the server for its version and for what can be known of its settings.
// It is a read that needs the account, over the target's TLS, fit to tell readiness.
//
// Settings whose name begins with "seen." were found by trying: the TLS version of this
// connection, whether a client without an account is refused, and transactions. The
// others are the server's own words. A stand-in's version is its own; the MongoDB
// version that it pretends to is the setting "version".
func ServerInfo(ctx context.Context, target drivers.Target) (version string, settings map[string]string, err error) {
	settings = map[string]string{}
	err = oneClient(ctx, target, func(in *driver.Database) error {
		if err := in.RunCommand(ctx, bson.D{{Key: "listCollections", Value: 1}, {Key: "nameOnly", Value: true}}).Err(); err != nil {
			return err
		}
		for _, ask := range []struct {
			command string
			value   any
			keep    func(bson.Raw) error
		}{
			{"hello", 1, keeping(settings, "", "maxWireVersion", "setName", "maxBsonObjectSize", "isWritablePrimary", "secondary", "readOnly")},
			{"buildInfo", 1, keeping(settings, "", "version", "ferretdbVersion", "ferretdb", "gitVersion", "storageEngines", "openssl")},
			{"getParameter", "*", keeping(settings, "", "featureCompatibilityVersion", "authenticationMechanisms", "tlsMode", "enableTestCommands",
				"transactionLifetimeLimitSeconds", "ttlMonitorSleepSecs", "maxTransactionLockRequestTimeoutMillis", "internalQueryMaxBlockingSortMemoryUsageBytes")},
			{"getCmdLineOpts", 1, keeping(settings, "parsed.", "net", "storage", "replication", "operationProfiling")},
			{"getDefaultRWConcern", 1, keeping(settings, "", "defaultWriteConcern", "defaultReadConcern")},
		} {
			reply, err := in.Client().Database("admin").RunCommand(ctx, bson.D{{Key: ask.command, Value: ask.value}}).Raw()
			if _, answered := codeOf(err); answered && ask.command != "hello" {
				continue // a command that it has not, or that needs more than this account may
			}
			if err == nil {
				err = ask.keep(reply)
			}
			if err != nil {
				return fmt.Errorf("asking for %s: %w", ask.command, err)
			}
		}
		can, err := hasTransactions(ctx, in)
		settings["seen.transactions"] = fmt.Sprint(can)
		return err
	})
	if err == nil {
		settings["seen.tls"], settings["seen.auth_required"], err = tryDoor(ctx, target)
	}
	if err != nil {
		return "", nil, fmt.Errorf("asking %s about itself: %w", target.URL.HostPort(), err)
	}
	version = settings["version"]
	if own := cmp.Or(settings["ferretdbVersion"], settings["ferretdb.version"]); own != "" {
		version = strings.TrimPrefix(own, "v")
	}
	return version, settings, nil
}

// keeping flattens the named fields of a reply into settings: net.tls.mode and so on.
func keeping(settings map[string]string, below string, names ...string) func(bson.Raw) error {
	return func(reply bson.Raw) error {
		for _, name := range names {
			value, err := reply.LookupErr(strings.Split(below+name, ".")...)
			if err == nil {
				flatten(settings, name, value)
			}
		}
		return nil
	}
}

func flatten(settings map[string]string, name string, value bson.RawValue) {
	if inner, is := value.DocumentOK(); is {
		elements, _ := inner.Elements() // a reply that was decoded once
		for _, element := range elements {
			flatten(settings, name+"."+element.Key(), element.Value())
		}
		return
	}
	if text, is := value.StringValueOK(); is {
		settings[name] = text
		return
	}
	settings[name] = value.String()
}

// tryDoor signs in as nobody and sees whether a read is refused, and which TLS is spoken.
func tryDoor(ctx context.Context, target drivers.Target) (spoken, refused string, err error) {
	settings, err := settingsOf(target)
	if err != nil {
		return "", "", err
	}
	spoken = "none"
	if settings.TLSConfig != nil {
		seen := make(chan uint16, 1)
		settings.TLSConfig.VerifyConnection = func(state tls.ConnectionState) error {
			select {
			case seen <- state.Version:
			default: // one is enough
			}
			return nil
		}
		defer func() {
			select {
			case number := <-seen:
				spoken = tls.VersionName(number)
			default:
			}
		}()
	}
	settings.Auth = nil
	client, err := driver.Connect(settings)
	if err != nil {
		return "", "", err
	}
	defer func() { err = errors.Join(err, client.Disconnect(context.WithoutCancel(ctx))) }()
	err = client.Database(target.URL.Database()).RunCommand(ctx, bson.D{{Key: "listCollections", Value: 1}}).Err()
	if _, answered := codeOf(err); answered {
		return spoken, "true", nil
	}
	return spoken, fmt.Sprint(err != nil), err
}

// Identity names one migrated database of one cluster, across addresses and renamings:
// the replica set's name, and the UUID of the collection that holds the schema version,
// which a restored copy does not keep.
func Identity(ctx context.Context, target drivers.Target) (identity string, err error) {
	err = oneClient(ctx, target, func(in *driver.Database) error {
		identity, err = identityOf(ctx, in, versionCollection)
		if err == nil && identity == "" {
			err = errors.New("it is not migrated, or the server gives collections no identity")
		}
		return err
	})
	if err != nil {
		return "", fmt.Errorf("asking database %s who it is: %w", target.URL.Database(), err)
	}
	return identity, nil
}

func identityOf(ctx context.Context, in *driver.Database, collection string) (string, error) {
	var hello struct {
		SetName string `bson:"setName"`
	}
	if err := in.RunCommand(ctx, bson.D{{Key: "hello", Value: 1}}).Decode(&hello); err != nil {
		return "", err
	}
	found, err := in.ListCollectionSpecifications(ctx, bson.D{{Key: "name", Value: collection}})
	if err != nil || len(found) != 1 || found[0].UUID == nil {
		return "", err
	}
	return cmp.Or(hello.SetName, "standalone") + "/" + hex.EncodeToString(found[0].UUID.Data), nil
}
