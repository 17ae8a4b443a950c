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

// Write saves the run into dir (made when it is not there) as run.json and its pages,
// then points the link "latest" beside dir at it. The facts are written first, so that
// a page that cannot be drawn costs only the page. Each file is replaced whole; of two
// runs at once the later one is the latest.
func Write(dir string, run *result.Run) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("making the run's folder: %w", err)
	}
	if err := result.Write(dir, run); err != nil {
		return err
	}
	return errors.Join(Pages(dir, run), point(dir))
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
// the user put there, and is not a link, stays.
func point(dir string) error {
	absolute, err := filepath.Abs(dir)
	if err != nil {
		return fmt.Errorf("pointing %s at the run: %w", LatestName, err)
	}
	link := filepath.Join(filepath.Dir(absolute), LatestName)
	if info, err := os.Lstat(link); err == nil && info.Mode()&os.ModeSymlink == 0 {
		return fmt.Errorf("pointing %s at the run: it is not a link of ours, so it was left alone", link)
	}
	temporary := filepath.Join(filepath.Dir(absolute), "."+LatestName+"-"+rand.Text())
	if err := os.Symlink(filepath.Base(absolute), temporary); err != nil {
		return fmt.Errorf("pointing %s at the run: %w", LatestName, err)
	}
	if err := os.Rename(temporary, link); err != nil {
		return fmt.Errorf("pointing %s at the run: %w", LatestName, errors.Join(err, os.Remove(temporary)))
	}
	return nil
}
