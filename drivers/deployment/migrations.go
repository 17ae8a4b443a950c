package deployment

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"strconv"

	"tristore/drivers"
	"tristore/drivers/mongo"
	"tristore/drivers/postgres"
	"tristore/drivers/store"
)

// CheckMigrations reads the names below a user's own schema folder and refuses what
// could not be applied: a store's folder that is missing or holds no upward file, a
// name that gives no version, a version given twice, a file that cannot be one step. Nil
// files are the built-in ones. What only a server can tell is not asked here. The error is one sentence for the user and can be asked before anything is started.
func CheckMigrations(files fs.FS, family drivers.Family) error {
	if files == nil {
		return nil
	}
	for _, name := range store.Names() {
		if err := checkFolder(files, name, family); err != nil {
			return err
		}
	}
	return nil
}

// extension is how a family's schema files end.
func extension(family drivers.Family) string {
	if family == drivers.FamilyPostgres {
		return "sql"
	}
	return "json"
}

// versioned is how the files are named: number, words, direction, language.
var versioned = regexp.MustCompile(`^([0-9]{1,18})_.+\.(up|down)\.([a-z]+)$`)

func checkFolder(files fs.FS, name store.Name, family drivers.Family) error {
	example := "0001_first.up." + extension(family)
	entries, err := fs.ReadDir(files, string(name))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("the migrations folder has no folder %q: it needs one for each of %v, with files such as %s", name, store.Names(), example)
	case err != nil:
		return fmt.Errorf("the migrations folder %q cannot be read: %w", name, err)
	}
	seen := map[uint64]string{}
	for _, entry := range entries {
		parts := versioned.FindStringSubmatch(entry.Name())
		switch {
		case entry.IsDir():
			return fmt.Errorf("the migrations folder %q holds a folder %q: only files such as %s belong there", name, entry.Name(), example)
		case parts != nil && parts[3] != extension(family):
			return fmt.Errorf("the migration file %s/%s is not of the engine asked for, whose files are such as %s: name another folder, or another engine with --engines", name, entry.Name(), example)
		case parts == nil:
			return fmt.Errorf("the migration file %s/%s has no version that can be read: name it such as %s", name, entry.Name(), example)
		case parts[2] == "down":
			continue
		}
		version, err := strconv.ParseUint(parts[1], 10, 63)
		if err != nil || version == 0 {
			return fmt.Errorf("the migration file %s/%s has version %s: versions begin at 1", name, entry.Name(), parts[1])
		}
		if other, twice := seen[version]; twice {
			return fmt.Errorf("the migration files %s/%s and %s/%s have the same version %d", name, other, name, entry.Name(), version)
		}
		seen[version] = entry.Name()
		if err := checkFile(files, path.Join(string(name), entry.Name()), family); err != nil {
			return err
		}
	}
	if len(seen) == 0 {
		return fmt.Errorf("the migrations folder %q holds no file that creates anything: it needs files such as %s", name, example)
	}
	return nil
}

func checkFile(files fs.FS, file string, family drivers.Family) error {
	text, err := fs.ReadFile(files, file)
	if err != nil {
		return fmt.Errorf("the migration file %s cannot be read: %w", file, err)
	}
	check := mongo.CheckFile
	if family == drivers.FamilyPostgres {
		check = postgres.CheckFile
	}
	if err := check(string(text)); err != nil {
		return fmt.Errorf("the migration file %s, %w", file, err)
	}
	return nil
}
