package postgres

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"regexp"
	"strings"

	"github.com/golang-migrate/migrate/v4"
	"github.com/golang-migrate/migrate/v4/database"
	"github.com/golang-migrate/migrate/v4/source"
	"github.com/jackc/pgx/v5/pgconn"

	"tristore/drivers/store"
)

// HalfApplied refuses to go on from a version that is marked as begun and not finished.
type HalfApplied struct {
	Store   store.Name
	Version int
	Why     string
}

func (e *HalfApplied) Error() string {
	return fmt.Sprintf("version %d of %s is marked half-applied and was not completed: %s; compare the database with that file, finish or undo it by hand, "+
		"then set version and dirty in table %s to what is true (or restore the database) and start again", e.Version, e.Store, e.Why, MigrationsTable)
}

// atomicSteps is golang-migrate's driver, but a file and its version are one
// transaction: the file, then the version, in one simple query, which the server runs
// as one transaction. So nobody who uses it can leave a version half-applied.
type atomicSteps struct {
	database.Driver
	source    source.Driver
	files     fs.FS
	done      *store.Migration
	pending   int // the version begun and not yet committed
	repairing int // the version found half-applied; zero is none
}

// Version is asked under the lock. A half-applied version that can be proved undone is
// reported as the one before it, clean, so that it is run again.
func (a *atomicSteps) Version() (int, bool, error) {
	version, dirty, err := a.Driver.Version()
	if err != nil || !dirty {
		return version, dirty, err
	}
	if why := a.unprovable(version); why != "" {
		return version, dirty, &HalfApplied{Store: a.done.Store, Version: version, Why: why}
	}
	a.repairing = version
	before, err := a.source.Prev(uint(version))
	if errors.Is(err, fs.ErrNotExist) {
		return database.NilVersion, false, nil
	}
	return int(before), false, err
}

// SetVersion only remembers: the version is written by Run, with the file.
func (a *atomicSteps) SetVersion(version int, dirty bool) error {
	if dirty {
		a.pending = version
		return nil
	}
	if a.pending == version {
		return nil
	}
	return a.Driver.SetVersion(version, dirty)
}

// Run sends the file and its version number as one transaction.
func (a *atomicSteps) Run(file io.Reader) error {
	text, err := io.ReadAll(file)
	if err != nil {
		return err
	}
	if err := CheckFile(string(text)); err != nil {
		return fmt.Errorf("version %d: %w", a.pending, err)
	}
	mark := fmt.Sprintf("\n;TRUNCATE %[1]s; INSERT INTO %[1]s (version, dirty) VALUES (%[2]d, false);", MigrationsTable, a.pending)
	if err := a.Driver.Run(bytes.NewReader(append(text, mark...))); err != nil {
		return a.refused(string(text), err)
	}
	label := a.label(a.pending)
	a.done.Applied = append(a.done.Applied, label)
	if a.pending == a.repairing {
		a.done.Repaired, a.repairing = label, 0
	}
	return nil
}

// refused blames the file for what the server certainly refused in it, and nothing else:
// a session that was lost, or a lock that was not had, says nothing about a file.
func (a *atomicSteps) refused(text string, err error) error {
	said := saidBy(err)
	if said == nil || !store.BlamesFile(reasonOf(said.Code)) {
		return err
	}
	before := []rune(text)
	at := int(said.Position) // counts characters from 1; zero when the server does not tell
	if at > len(before) {
		return err // in the version number that was sent with it
	}
	line := 0
	if at > 0 {
		line = 1 + strings.Count(string(before[:at-1]), "\n")
	}
	return &store.Unapplied{Store: a.done.Store, File: a.label(a.pending) + ".up.sql", Line: line, Err: said}
}

// saidBy finds the server's words, which golang-migrate wraps in its own way.
func saidBy(err error) *pgconn.PgError {
	var said *pgconn.PgError
	var wrapped database.Error
	if errors.As(err, &said) || errors.As(err, &wrapped) && errors.As(wrapped.OrigErr, &said) {
		return said
	}
	return nil
}

// explain turns what golang-migrate returned into words for the user.
func (a *atomicSteps) explain(err error) error {
	var dirty migrate.ErrDirty
	if errors.As(err, &dirty) {
		return &HalfApplied{Store: a.done.Store, Version: dirty.Version, Why: "it is not known how far it came"}
	}
	if a.repairing != 0 {
		code := ""
		if said := saidBy(err); said != nil {
			code = " [" + said.Code + "]"
		}
		return errors.Join(&HalfApplied{Store: a.done.Store, Version: a.repairing, Why: "running its file again changed nothing and failed" + code}, err)
	}
	return err
}

// unprovable tells why running a half-applied version again might do something twice;
// empty when it cannot. A file without transaction control is applied wholly or not at
// all, whoever sent it as one query; and one that makes a table or an index without IF
// NOT EXISTS fails, and is rolled back, if it was applied. So its success is the proof.
func (a *atomicSteps) unprovable(version int) string {
	file, _, err := a.source.ReadUp(uint(version))
	if err != nil {
		return "its file is not there"
	}
	text, err := io.ReadAll(file)
	if err := errors.Join(err, file.Close()); err != nil {
		return "its file cannot be read"
	}
	if word := controls(string(text)); word != "" {
		return fmt.Sprintf("its file holds %q, so part of it may have been committed", word)
	}
	for _, made := range makes.FindAllStringSubmatch(uncommented(string(text)), -1) {
		if !strings.EqualFold(made[1], "IF") {
			return ""
		}
	}
	return "its file would not fail if it were applied twice, so nobody can tell whether it was"
}

// label is the version with its name, such as 0001_accounts.
func (a *atomicSteps) label(version int) string {
	names, err := fs.Glob(a.files, "*.up.sql")
	if err == nil {
		for _, name := range names {
			if parsed, err := source.Parse(name); err == nil && parsed.Version == uint(version) {
				return strings.TrimSuffix(name, ".up.sql")
			}
		}
	}
	return fmt.Sprint(version)
}

// What ends a transaction, or cannot run inside one. Words inside text literals count
// too: a false alarm is a clear refusal, a miss would be a lie.
var (
	ends     = regexp.MustCompile(`(?i)\b(commit\b|rollback\b|abort\b|end\s*;|begin\s*;|start\s+transaction\b|prepare\s+transaction\b|concurrently\b)`)
	makes    = regexp.MustCompile(`(?i)\bCREATE\s+(?:UNIQUE\s+)?(?:TABLE|INDEX)\s+(\S+)`)
	comments = regexp.MustCompile(`--[^\n]*`)
)

// CheckFile refuses a schema file that could not be one transaction with its version.
func CheckFile(text string) error {
	plain := uncommented(text)
	at := ends.FindStringIndex(plain)
	if at == nil {
		return nil
	}
	return fmt.Errorf("line %d holds %q: each file runs in one transaction, together with its version number", 1+strings.Count(plain[:at[0]], "\n"), plain[at[0]:at[1]])
}

func controls(text string) string { return ends.FindString(uncommented(text)) }

func uncommented(text string) string { return comments.ReplaceAllString(text, "") }
