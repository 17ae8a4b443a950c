package mongo

import (
	"cmp"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	driver "go.mongodb.org/mongo-driver/v2/mongo"

	"tristore/drivers"
)

// SandboxFacts asks one client about the cluster and database that target names. It
// writes nothing.
//
// The identity is the replica set's name and the UUID of the marked collection, which a
// restored or copied collection does not keep. Sessions are not asked for: the command
// that lists them needs a privilege of its own, and a stand-in lists none.
func SandboxFacts(ctx context.Context, target drivers.Target) (facts drivers.SandboxFacts, err error) {
	err = oneClient(ctx, target, func(in *driver.Database) error {
		facts, err = readSandbox(ctx, in)
		return err
	})
	return facts, err
}

// MarkSandbox makes the marked collection after a last look at the facts: permit decides
// on them. Older marks are replaced. The returned mark has the new collection's identity.
func MarkSandbox(ctx context.Context, target drivers.Target, mark drivers.Sandbox, permit func(drivers.SandboxFacts) error) (drivers.Sandbox, error) {
	err := oneClient(ctx, target, func(in *driver.Database) error {
		facts, err := readSandbox(ctx, in)
		if err != nil {
			return err
		}
		if err := permit(facts); err != nil {
			return err
		}
		if err := in.Collection(drivers.SandboxMark).Drop(ctx); err != nil {
			return fmt.Errorf("removing older sandbox marks: %w", err)
		}
		if err := in.CreateCollection(ctx, drivers.SandboxMark); err != nil {
			return fmt.Errorf("making the sandbox mark: %w", err)
		}
		made, err := readSandbox(ctx, in)
		if err == nil && made.Identity == "" {
			err = errors.New("the server gives collections no identity, so that a copied mark could not be told from a real one")
		}
		if err == nil {
			mark.Identity = made.Identity
			_, err = in.Collection(drivers.SandboxMark).InsertOne(ctx, bson.D{{Key: "_id", Value: mark.ID}, {Key: "owner", Value: mark.Owner},
				{Key: "expires", Value: mark.Expires}, {Key: "identity", Value: mark.Identity}})
		}
		if err != nil {
			return errors.Join(fmt.Errorf("writing the sandbox mark: %w", err), in.Collection(drivers.SandboxMark).Drop(context.WithoutCancel(ctx)))
		}
		return nil
	})
	return mark, err
}

func oneClient(ctx context.Context, target drivers.Target, use func(*driver.Database) error) (err error) {
	client, err := dial(target, nil)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, client.Disconnect(ctx)) }()
	return use(client.Database(target.URL.Database()))
}

func readSandbox(ctx context.Context, in *driver.Database) (drivers.SandboxFacts, error) {
	facts := drivers.SandboxFacts{Database: in.Name(), Now: time.Now()}
	var hello struct {
		Writable bool      `bson:"isWritablePrimary"`
		SetName  string    `bson:"setName"`
		Now      time.Time `bson:"localTime"`
	}
	if err := in.RunCommand(ctx, bson.D{{Key: "hello", Value: 1}}).Decode(&hello); err != nil {
		return facts, fmt.Errorf("asking the cluster who it is: %w", err)
	}
	facts.Standby = !hello.Writable
	if !hello.Now.IsZero() {
		facts.Now = hello.Now
	}
	collections, err := in.ListCollectionSpecifications(ctx, bson.D{})
	if err != nil {
		return facts, fmt.Errorf("listing what the database holds: %w", err)
	}
	for _, collection := range collections {
		switch {
		case collection.Name == drivers.SandboxMark:
			if collection.UUID != nil {
				facts.Identity = cmp.Or(hello.SetName, "standalone") + "/" + hex.EncodeToString(collection.UUID.Data)
			}
		case !strings.HasPrefix(collection.Name, "system."):
			facts.Objects = append(facts.Objects, collection.Name)
		}
	}
	slices.Sort(facts.Objects)
	facts.Objects = facts.Objects[:min(len(facts.Objects), drivers.SandboxShown)]
	found, err := in.Collection(drivers.SandboxMark).Find(ctx, bson.D{})
	if err != nil {
		return facts, fmt.Errorf("reading the sandbox mark: %w", err)
	}
	var marks []struct {
		ID       string    `bson:"_id"`
		Owner    string    `bson:"owner"`
		Expires  time.Time `bson:"expires"`
		Identity string    `bson:"identity"`
	}
	if err := found.All(ctx, &marks); err != nil {
		return facts, fmt.Errorf("reading the sandbox mark: %w", err)
	}
	for _, mark := range marks {
		facts.Marks = append(facts.Marks, drivers.Sandbox{ID: mark.ID, Owner: mark.Owner, Expires: mark.Expires, Identity: mark.Identity})
	}
	return facts, nil
}
