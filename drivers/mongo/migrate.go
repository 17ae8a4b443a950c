package mongo

import (
	"context"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	driver "go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"tristore/drivers"
	"tristore/drivers/store"
)

//go:embed migrations
var migrations embed.FS

// versionCollection holds one document {version, dirty}, as golang-migrate keeps it.
// Its MongoDB driver is not used: it needs the driver's first major version, and on the
// way it drops that collection, so that a crash loses the version.
const versionCollection = "schema_migrations"

// Migrations are the built-in versioned files of one store: JSON lists of database
// commands, the format of golang-migrate. A createIndexes whose comment is "needs text",
// "needs ttl" or "needs wildcard" is left out on a server that has no such index.
func Migrations(name store.Name) fs.FS {
	files, err := fs.Sub(migrations, "migrations/"+string(name))
	if err != nil {
		panic(err) // a store name that is no path: never from user input
	}
	return files
}

// HalfApplied refuses to go on from a version that is marked as begun and not finished.
type HalfApplied struct {
	Store   store.Name
	Version int
	Why     string
}

func (e *HalfApplied) Error() string {
	return fmt.Sprintf("version %d of %s is marked half-applied and was not completed: %s; compare the database with that file, finish or undo it by hand, "+
		"then set version and dirty in collection %s to what is true (or restore the database) and start again", e.Version, e.Store, e.Why, versionCollection)
}

// Migrate brings one database to the newest version of files, as the target's account.
// Any number may start at once: one holds a lease and the others wait for it, lockPatience
// at most, and then find nothing to do. A lease of a starter that died runs out.
//
// No server of this family makes a whole version atomic, so a version is marked dirty
// while its commands run. A dirty version is completed when all its commands may be
// repeated (create, createIndexes), and otherwise refused by a *HalfApplied; it is never
// skipped.
func Migrate(ctx context.Context, target drivers.Target, name store.Name, files fs.FS) (done store.Migration, err error) {
	began := time.Now()
	done.Store = name
	defer func() {
		done.Duration = time.Since(began)
		if err != nil {
			err = fmt.Errorf("migrating %s in database %s: %w", name, target.URL.Database(), err)
		}
	}()
	steps, err := readSteps(files)
	if err != nil {
		return done, err
	}
	s, err := openSession(ctx, target)
	if err != nil {
		return done, err
	}
	defer func() { err = errors.Join(err, s.Close(context.WithoutCancel(ctx))) }()
	m := migrating{session: s, steps: steps, done: &done, lacking: map[string]string{}}
	if there, err := m.atNewest(ctx); there || err != nil {
		return done, err
	}
	held, err := s.lease(ctx)
	if err != nil {
		return done, err
	}
	defer func() { err = errors.Join(err, held.release(context.WithoutCancel(ctx))) }()
	return done, m.up(ctx)
}

// migrating is one start-up of one database.
type migrating struct {
	session
	steps   []step // by version
	done    *store.Migration
	lacking map[string]string // index features asked about: why the server lacks it, or empty
}

// version is what the database says about itself; zero when it was never migrated.
type version struct {
	Number int64 `bson:"version"`
	Dirty  bool  `bson:"dirty"`
}

func (m *migrating) current(ctx context.Context) (v version, err error) {
	err = m.in.Collection(versionCollection).FindOne(ctx, bson.D{}).Decode(&v)
	if errors.Is(err, driver.ErrNoDocuments) {
		return version{}, nil
	}
	if err != nil {
		err = fmt.Errorf("reading the schema version: %w", err)
	}
	return v, err
}

func (m *migrating) set(ctx context.Context, v version) error {
	_, err := m.in.Collection(versionCollection).UpdateOne(ctx, bson.D{}, equal("$set", v), options.UpdateOne().SetUpsert(true))
	if err != nil {
		return fmt.Errorf("writing schema version %d: %w", v.Number, err)
	}
	return nil
}

func (m *migrating) newest() int64 {
	if len(m.steps) == 0 {
		return 0
	}
	return m.steps[len(m.steps)-1].version
}

func (m *migrating) atNewest(ctx context.Context) (bool, error) {
	now, err := m.current(ctx)
	m.done.Version = now.Number
	return err == nil && !now.Dirty && now.Number == m.newest(), err
}

// up runs what is missing; the caller holds the lease.
func (m *migrating) up(ctx context.Context) error {
	now, err := m.current(ctx)
	if err != nil {
		return err
	}
	m.done.Version = now.Number
	if now.Number > m.newest() && !now.Dirty {
		return fmt.Errorf("the database has version %d, which is newer than these files, whose last is %d", now.Number, m.newest())
	}
	if now.Dirty {
		if err := m.repair(ctx, now.Number); err != nil {
			return err
		}
	}
	for _, one := range m.steps {
		if one.version <= now.Number {
			continue
		}
		if err := m.apply(ctx, one); err != nil {
			return err
		}
		m.done.Applied = append(m.done.Applied, one.name)
	}
	return nil
}

// repair runs a dirty version's commands again where that is harmless.
func (m *migrating) repair(ctx context.Context, number int64) error {
	refuse := func(why string, cause error) error {
		return errors.Join(&HalfApplied{m.done.Store, int(number), why}, cause)
	}
	for _, one := range m.steps {
		if one.version != number {
			continue
		}
		if command := one.unrepeatable(); command != "" {
			return refuse("its command "+command+" may not be run twice", nil)
		}
		if err := m.apply(ctx, one); err != nil {
			return refuse("running its commands again failed", err)
		}
		m.done.Repaired = one.name
		return nil
	}
	return refuse("there is no file of that version here", nil)
}

func (m *migrating) apply(ctx context.Context, one step) error {
	if err := m.set(ctx, version{one.version, true}); err != nil {
		return err
	}
	for i, command := range one.commands {
		if err := m.run(ctx, one, command); err != nil {
			err = fmt.Errorf("command %d (%s): %w", i+1, command[0].Key, err)
			if outcome := outcomeOf(err, true); outcome.Status == store.Refused && store.BlamesFile(outcome.Reason) {
				return &store.Unapplied{Store: m.done.Store, File: one.name + ".up.json", Err: err}
			}
			return fmt.Errorf("version %s, %w", one.name, err)
		}
	}
	if err := m.set(ctx, version{one.version, false}); err != nil {
		return err
	}
	m.done.Version = one.version
	return nil
}

// run sends one command, or notes why it cannot be.
func (m *migrating) run(ctx context.Context, one step, command bson.D) error {
	sent, needs := withoutComment(command)
	if needs != "" {
		why, known := m.lacking[needs]
		if !known {
			var err error
			if why, err = m.lacks(ctx, needs); err != nil {
				return fmt.Errorf("probing for %s indexes: %w", needs, err)
			}
			m.lacking[needs] = why
		}
		if why != "" {
			m.done.Skipped = append(m.done.Skipped, fmt.Sprintf("%s: a %s index of %v: %s", one.name, needs, command[0].Value, why))
			return nil
		}
	}
	err := m.in.RunCommand(ctx, sent).Err()
	if command[0].Key == "create" && exists(err) {
		return nil
	}
	return err
}

// CheckFile refuses a schema file that is no JSON list of database commands.
func CheckFile(text string) error {
	var anything any
	var misspelt *json.SyntaxError
	if err := json.Unmarshal([]byte(text), &anything); errors.As(err, &misspelt) {
		return fmt.Errorf("line %d is no JSON: %w", 1+strings.Count(text[:min(len(text), int(misspelt.Offset))], "\n"), err)
	}
	if _, err := readCommands([]byte(text)); err != nil {
		return fmt.Errorf("as a whole: %w", err)
	}
	return nil
}
