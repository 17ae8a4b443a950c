package render

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"tristore/reports/result"
)

// The pages of a run, beside result.FileName.
const (
	JUnitName    = "junit.xml"
	MarkdownName = "summary.md"
	HTMLName     = "report.html"
	// LatestName is the link beside the runs that points at the newest one.
	LatestName = "latest"
)

// Write saves a run that just ended: Save, and then the link "latest" beside dir points
// at it, unless it points at a run that began later. Of two runs that end at once, the
// later one is the latest.
func Write(dir string, run *result.Run) error {
	if err := Save(dir, run); err != nil {
		return err
	}
	return point(dir, run)
}

// Save writes the run into dir (made when it is not there) as run.json and its pages.
// The facts come first, so that a page that cannot be drawn costs only the page. Each
// file is replaced whole.
func Save(dir string, run *result.Run) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("making the run's folder: %w", err)
	}
	if err := result.Write(dir, run); err != nil {
		return err
	}
	return Pages(dir, run)
}

// Pages draws the pages of a saved run into dir again and leaves run.json alone.
func Pages(dir string, run *result.Run) error {
	return errors.Join(
		page(filepath.Join(dir, JUnitName), run, JUnit),
		page(filepath.Join(dir, MarkdownName), run, Markdown),
		page(filepath.Join(dir, HTMLName), run, HTML),
	)
}

// page draws into a file beside and renames it.
func page(path string, run *result.Run, draw func(io.Writer, *result.Run) error) error {
	temporary, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+"-*")
	if err != nil {
		return fmt.Errorf("writing %s: %w", path, err)
	}
	defer func() { _ = os.Remove(temporary.Name()) }() // gone already when renamed
	drawErr := draw(temporary, run)
	if err := errors.Join(drawErr, temporary.Chmod(0o644), temporary.Close()); err != nil {
		return fmt.Errorf("writing %s: %w", path, err)
	}
	if err := os.Rename(temporary.Name(), path); err != nil {
		return fmt.Errorf("writing %s: %w", path, err)
	}
	return nil
}

// point replaces the link in one step: a reader sees the old run or the new one. What
// stands there and is not a link stays, since it is not ours.
func point(dir string, run *result.Run) error {
	real, err := filepath.EvalSymlinks(dir) // dir may be the link itself
	if err == nil {
		real, err = filepath.Abs(real)
	}
	if err != nil {
		return fmt.Errorf("pointing %s at the run: %w", LatestName, err)
	}
	link := filepath.Join(filepath.Dir(real), LatestName)
	if info, err := os.Lstat(link); err == nil && info.Mode()&os.ModeSymlink == 0 {
		return fmt.Errorf("pointing %s at the run: it is not a link of ours, so it was left alone", link)
	}
	if other, err := result.Read(link); err == nil && other.Began.After(run.Began) {
		return nil
	}
	temporary := filepath.Join(filepath.Dir(real), "."+LatestName+"-"+rand.Text())
	if err := os.Symlink(filepath.Base(real), temporary); err != nil {
		return fmt.Errorf("pointing %s at the run: %w", LatestName, err)
	}
	if err := os.Rename(temporary, link); err != nil {
		return fmt.Errorf("pointing %s at the run: %w", LatestName, errors.Join(err, os.Remove(temporary)))
	}
	return nil
}
