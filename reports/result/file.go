package result

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"reflect"
)

// FileName is the saved run inside its folder.
const FileName = "run.json"

// Write saves the run into dir as run.json, whole or not at all. A reading that is not a
// finite number, which JSON cannot hold, never costs the run: facts lose it, so that
// they count as not recorded, and measurements have Unread in its place.
func Write(dir string, run *Run) error {
	data, err := json.MarshalIndent(run, "", " ")
	var unsupported *json.UnsupportedValueError
	if errors.As(err, &unsupported) {
		mend(reflect.ValueOf(run))
		data, err = json.MarshalIndent(run, "", " ")
	}
	if err != nil {
		return fmt.Errorf("encoding the run: %w", err)
	}
	return writeWhole(filepath.Join(dir, FileName), append(data, '\n'))
}

// Read loads run.json from a run's folder, or from the file itself. Its errors are
// sentences for the user.
func Read(path string) (*Run, error) {
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		path = filepath.Join(path, FileName)
	}
	data, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("no saved run at %s: name the folder that holds %s", path, FileName)
	}
	if err != nil {
		return nil, fmt.Errorf("reading the saved run: %w", err)
	}
	return Decode(data, path)
}

// Decode reads a saved run from memory; where names it in errors.
func Decode(data []byte, where string) (*Run, error) {
	var header struct {
		Schema int `json:"schema"`
	}
	if err := json.Unmarshal(data, &header); err != nil {
		return nil, fmt.Errorf("%s is not a saved run: %w", where, err)
	}
	if header.Schema > Schema {
		return nil, fmt.Errorf("%s has schema %d, newer than the %d this tristore reads: use a newer tristore", where, header.Schema, Schema)
	}
	if header.Schema < 1 {
		return nil, fmt.Errorf("%s is not a saved run: it has no schema number", where)
	}
	var run Run
	if err := json.Unmarshal(data, &run); err != nil {
		return nil, fmt.Errorf("%s is damaged: %w", where, err)
	}
	return &run, nil
}

// Unread stands where a measurement's reading came out as no finite number.
const Unread = -1

// mend takes what JSON cannot hold out of a value that was reached by a pointer.
func mend(v reflect.Value) {
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			mend(v.Elem())
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Field(i).CanSet() { // a time's insides are its own
				mend(v.Field(i))
			}
		}
	case reflect.Slice:
		for i := range v.Len() {
			mend(v.Index(i))
		}
	case reflect.Map:
		for _, key := range v.MapKeys() {
			if e := v.MapIndex(key); e.CanFloat() && !finite(e.Float()) {
				v.SetMapIndex(key, reflect.Value{})
			}
		}
	case reflect.Float64:
		if !finite(v.Float()) {
			v.SetFloat(Unread)
		}
	}
}

func finite(f float64) bool { return !math.IsNaN(f) && !math.IsInf(f, 0) }

// writeWhole writes beside and renames, so that a reader never sees half a file.
func writeWhole(path string, data []byte) error {
	temporary, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+"-*")
	if err != nil {
		return fmt.Errorf("saving %s: %w", path, err)
	}
	defer func() { _ = os.Remove(temporary.Name()) }() // gone already when renamed
	_, writeErr := temporary.Write(data)
	// Synced first: a power cut after the rename must not leave an empty file.
	closeErr := errors.Join(temporary.Chmod(0o644), temporary.Sync(), temporary.Close())
	if err := errors.Join(writeErr, closeErr); err != nil {
		return fmt.Errorf("saving %s: %w", path, err)
	}
	if err := os.Rename(temporary.Name(), path); err != nil {
		return fmt.Errorf("saving %s: %w", path, err)
	}
	return nil
}
