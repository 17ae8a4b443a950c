package cluster

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"tristore/drivers/cluster/programs"
)

// runDir is the private folder of one embedded cluster, below the cache: its data and
// keys, never its logs. Beside it lies an owner file that says whose it is. That file is
// there before the folder is and as long as it is, so that Sweep sees every one.
type runDir struct{ path string }

const (
	runsFolder  = "runs"
	ownerSuffix = ".owner"
)

// openRunDir makes the folder. It is readable by us and, when as is set, enterable by it.
func openRunDir(cache, runID string, as *account) (runDir, error) {
	runs := filepath.Join(cache, runsFolder)
	if err := programs.MakeDir(runs); err != nil {
		return runDir{}, cacheTrouble(cache, err)
	}
	spreadOut(runs)
	if err := as.reaches(runs); err != nil {
		return runDir{}, err
	}
	run := runDir{filepath.Join(runs, safeName(runID)+"-"+strings.ToLower(rand.Text()[:10]))}
	owner, err := json.Marshal(ownerLabels(runID))
	if err != nil {
		return runDir{}, err
	}
	// Written under another name first: half a file must not be taken for an owner.
	half := run.path + ".new"
	err = errors.Join(os.WriteFile(half, owner, 0o644), os.Rename(half, run.path+ownerSuffix))
	if err == nil {
		err = os.Mkdir(run.path, 0o700)
	}
	if err == nil {
		err = as.give(run.path)
	}
	if err != nil {
		return runDir{}, errors.Join(cacheTrouble(cache, err), run.remove())
	}
	return run, nil
}

// topFolder is ext4's flag for a folder whose subfolders have nothing to do with each
// other, FS_TOPDIR_FL.
const topFolder = 0x00020000

// spreadOut asks ext4 to put each run into another part of the disk. It does not use an
// inode again that was freed within the last seconds, and looks at each of those before
// it finds another: a thousand files are made where as many were just removed, which
// takes ten times as long (1.2 s for 0.1 s measured). Other file systems refuse; it is
// for speed only.
func spreadOut(dir string) {
	folder, err := os.Open(dir)
	if err != nil {
		return
	}
	defer func() { _ = folder.Close() }()
	flags, err := unix.IoctlGetInt(int(folder.Fd()), unix.FS_IOC_GETFLAGS)
	if err == nil && flags&topFolder == 0 {
		_ = unix.IoctlSetPointerInt(int(folder.Fd()), unix.FS_IOC_SETFLAGS, flags|topFolder)
	}
}

// remove deletes the folder, and then the owner file. A server's last children may still
// write while they end, so that a folder that is not empty is tried again a few times.
func (r runDir) remove() error {
	var err error
	for range 10 {
		if err = os.RemoveAll(r.path); err == nil {
			break
		}
	}
	if err != nil {
		return fmt.Errorf("removing the data of a cluster: %w", err)
	}
	err = os.Remove(r.path + ownerSuffix)
	_ = os.Remove(r.path + ".new")
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// Sweep ends servers and removes data, containers and networks that earlier runs left
// because they were killed, and data folders kept for nobody, and returns what it removed. What a live run owns stays.
// Sweeps may overlap with each other and with runs that start.
func Sweep(ctx context.Context, cache string) (removed []string, err error) {
	if cache, err = filepath.Abs(cache); err != nil {
		return nil, err
	}
	removed, err = sweepRuns(ctx, cache)
	stale, failed := sweepSeeded(ctx, programs.Cache{Dir: cache})
	removed, err = append(removed, stale...), errors.Join(err, failed)
	contained, also := sweepContainers(ctx)
	if also == nil {
		var volumes []string
		volumes, also = sweepVolumes(ctx, programs.Cache{Dir: cache})
		contained = append(contained, volumes...)
	}
	if errors.Is(also, ErrUnreachable) {
		also = nil // no daemon, no containers
	}
	return append(removed, contained...), errors.Join(err, also)
}

func sweepRuns(ctx context.Context, cache string) (removed []string, err error) {
	owners, err := filepath.Glob(filepath.Join(cache, runsFolder, "*"+ownerSuffix))
	if err != nil {
		return nil, fmt.Errorf("listing the runs of %s: %w", cache, err)
	}
	for _, path := range owners {
		if err := ctx.Err(); err != nil {
			return removed, err
		}
		content, err := os.ReadFile(path)
		if errors.Is(err, fs.ErrNotExist) {
			continue // another sweep was faster
		}
		if err != nil {
			return removed, fmt.Errorf("reading who owns a run: %w", err)
		}
		var labels map[string]string
		if json.Unmarshal(content, &labels) != nil || !ownerDead(labels) {
			continue
		}
		run := runDir{strings.TrimSuffix(path, ownerSuffix)}
		ended, err := endLeftOver(ctx, cache, run)
		removed = append(removed, ended...)
		if err := errors.Join(err, run.remove()); err != nil {
			return removed, err
		}
		removed = append(removed, "data of run "+labels[labelRun])
	}
	return removed, nil
}

// endLeftOver kills what still runs for a dead owner: a process whose program is one of
// the cache and whose working folder lies inside the run's. Both together hold for
// nothing else; numbers written down earlier would not name the orphans of a server that
// was itself killed, and may have gone to other programs since.
func endLeftOver(ctx context.Context, cache string, run runDir) (ended []string, err error) {
	var left []int
	for _, pid := range processes() {
		if runsIn(pid, cache, run.path) {
			left = append(left, pid)
			ended = append(ended, "process "+strconv.Itoa(pid))
		}
	}
	slices.Sort(left)
	return ended, killAll(ctx, left)
}

func runsIn(pid int, cache, folder string) bool {
	proc := "/proc/" + strconv.Itoa(pid)
	program, err := os.Readlink(proc + "/exe")
	at, also := os.Readlink(proc + "/cwd")
	return err == nil && also == nil && below(program, cache) && below(at, folder)
}

// below tells whether path is folder or lies in it; both absolute, links resolved.
func below(path, folder string) bool {
	if real, err := filepath.EvalSymlinks(folder); err == nil {
		folder = real
	}
	return strings.HasPrefix(path+"/", strings.TrimSuffix(folder, "/")+"/")
}

// cacheTrouble is the sentence for a cache folder that cannot be written.
func cacheTrouble(cache string, err error) error {
	return fmt.Errorf("%w: the cache folder %s cannot be written; make room in it or name another with --cache: %w", ErrUnreachable, cache, err)
}

// safeName keeps letters, digits and dashes, so that a run's name is a file name.
func safeName(text string) string {
	kept := strings.Map(func(r rune) rune {
		if r == '-' || r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' {
			return r
		}
		return '-'
	}, text)
	return kept[:min(len(kept), 40)]
}
