package cluster

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/containerd/errdefs"
	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/api/types/mount"
	"github.com/moby/moby/client"

	"tristore/drivers"
	"tristore/drivers/cluster/programs"
)

// A container's content is kept in a volume of the daemon, and every cluster copies it
// into a volume of its own, on the same disk as without content. An entry of the cache
// names the volume, so that what is kept is counted, bounded and swept as folders are.
//
// Copies of PostgreSQL share one system identifier, unlike those of the embedded reach:
// nothing here is ever marked as a sandbox, and all of it is thrown away.

// keptMount is where a copy reads the content.
const keptMount = "/mnt/tristore-kept"

// labelSeeded is the label of a volume that holds content: its entry in a cache.
const labelSeeded = "tristore.seeded"

// keptVolume is content that a container begins with.
type keptVolume struct {
	name     string
	password drivers.Secret // of the administrator, until a copy has its own; empty where a copy makes the account anew
}

// mounts are the volumes of a container: the content it is filled into, or what it is
// copied from and to.
func (r *running) mounts(recipe containerRecipe) []mount.Mount {
	switch {
	case r.fill != "":
		return []mount.Mount{{Type: mount.TypeVolume, Source: r.fill, Target: recipe.root}}
	case r.kept.name != "":
		return []mount.Mount{{Type: mount.TypeVolume, Source: r.kept.name, Target: keptMount, ReadOnly: true}, {Type: mount.TypeVolume, Target: recipe.root}}
	default:
		return nil
	}
}

// relocate lets the server keep its data in the volume, and a copy take its account over.
func (r *running) relocate(recipe *containerRecipe) {
	if recipe.environment["PGDATA"] == "" && r.spec.Engine.Product == drivers.Postgres {
		recipe.environment["PGDATA"] = recipe.root + "/data"
	}
	if r.kept.name != "" && recipe.adopt != nil {
		adopt, kept := recipe.adopt, r.kept.password
		recipe.settle = func(ctx context.Context, address string) error { return adopt(ctx, address, kept) }
	}
}

// entry is what the container's shell does before the server's own entry point.
func (r *running) entry(recipe containerRecipe) string {
	if r.kept.name == "" {
		return handOver
	}
	return "cp -a " + keptMount + "/. " + recipe.root + "/ && " + handOver
}

// seed makes the kept volume where there is none. Nobody else changes it until release is called.
func (r *running) seed(ctx context.Context) (release func(), err error) {
	daemon, err := openDaemon(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, daemon.Close()) }()
	cacheDir, err := filepath.Abs(r.spec.Cache)
	if err != nil {
		return nil, err
	}
	cache := programs.Cache{Dir: cacheDir, Log: r.spec.Log}
	image, err := daemon.ImageInspect(ctx, r.image)
	if err != nil {
		return nil, fmt.Errorf("asking the daemon about image %s: %w", r.image, err)
	}
	content := r.spec.Seeded.Key
	key := filepath.Join(seededFolder, fmt.Sprintf("image-%.12s-%s", strings.TrimPrefix(image.ID, "sha256:"), content))
	if err := checkKey(content); err != nil {
		return nil, err
	}
	if release, err = cache.Hold(ctx, key); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			release()
		}
	}()
	entry := filepath.Join(cache.Dir, key)
	if why := r.damagedVolume(ctx, daemon, entry); why != nil {
		tellDamage(r.spec, key, why)
		if err := os.RemoveAll(entry); err != nil {
			return nil, fmt.Errorf("removing a damaged entry: %w", err)
		}
	}
	if _, err := cache.Private(ctx, key, func(ctx context.Context, dir string) error { return r.fillVolume(ctx, daemon, entry, dir) }); err != nil {
		return nil, err
	}
	said, err := readManifest(entry)
	if err != nil {
		return nil, err
	}
	r.kept.name = said.Volume
	if r.kept.password, err = useSeeded(entry); err != nil {
		return nil, err
	}
	return release, trimSeeded(ctx, cache, key)
}

// volumeFor names the volume of an entry; two caches never share one.
func volumeFor(entry string) string {
	sum := sha256.Sum256([]byte(entry))
	return "tristore-seeded-" + hex.EncodeToString(sum[:8])
}

// The sums of a volume's files stand beside them, written last, and the sum of those in
// the manifest. The check fails when a file is missing, changed or new.
const (
	sumFiles   = `find . -type f ! -path ./.sums -exec sha256sum {} + > /tmp/sums && mv /tmp/sums .sums && du -sk . | cut -f1 && ` + sumOfSums
	checkFiles = `[ "$(` + sumOfSums + `)" = %q ] && sha256sum -c .sums > /dev/null 2>&1 && [ "$(find . -type f ! -path ./.sums | wc -l)" = "$(wc -l < .sums)" ]`
	sumOfSums  = `sha256sum < .sums | cut -c1-64`
)

// damagedVolume says why an entry cannot be used: fs.ErrNotExist when there is none.
func (r *running) damagedVolume(ctx context.Context, daemon client.APIClient, entry string) error {
	if _, err := os.Stat(entry); err != nil {
		return err
	}
	said, err := readManifest(entry)
	switch {
	case err != nil:
		return fmt.Errorf("no manifest that can be read: %s", err.Error()) // there is an entry, so this is no ErrNotExist
	case said.Format != seededFormat || said.Volume == "":
		return fmt.Errorf("it has format %q and volume %q", said.Format, said.Volume)
	}
	if _, err := daemon.VolumeInspect(ctx, said.Volume, client.VolumeInspectOptions{}); err != nil {
		return fmt.Errorf("its volume %s: %w", said.Volume, err)
	}
	if _, err := r.job(ctx, daemon, said.Volume, fmt.Sprintf(checkFiles, said.Sums)); err != nil {
		return fmt.Errorf("the files of volume %s are not those that were written: %w", said.Volume, err)
	}
	return nil
}

// fillVolume runs a cluster of its own over a new volume until it was filled.
func (r *running) fillVolume(ctx context.Context, daemon client.APIClient, entry, dir string) (err error) {
	name := volumeFor(entry)
	if gone, err := removeVolume(ctx, name); err != nil || !gone { // of a run that died
		return errors.Join(fmt.Errorf("volume %s cannot be filled anew: it is in use or could not be removed", name), err)
	}
	if _, err := daemon.VolumeCreate(ctx, client.VolumeCreateOptions{Name: name, Labels: map[string]string{labelSeeded: entry}}); err != nil {
		return fmt.Errorf("making a volume for content: %w", err)
	}
	inner := newRunning(unlimited(r.spec), r.image)
	inner.fill = name
	defer func() { err = errors.Join(err, inner.end(ctx)) }()
	on, recipe, err := inner.cluster(ctx)
	if err != nil {
		return err
	}
	if err := r.spec.Seeded.Fill(ctx, on); err != nil {
		return fmt.Errorf("filling a cluster: %w", err)
	}
	patience := int(endPatience / time.Second)
	if _, err := daemon.ContainerStop(ctx, inner.id, client.ContainerStopOptions{Timeout: &patience}); err != nil {
		return fmt.Errorf("stopping the filled cluster: %w", err)
	}
	said, err := r.job(ctx, daemon, name, recipe.settled+" && "+sumFiles)
	if err != nil {
		return fmt.Errorf("keeping a filled volume: %w", err)
	}
	var kilobytes int64
	m := manifest{Format: seededFormat, Volume: name}
	if _, err := fmt.Sscan(said, &kilobytes, &m.Sums); err != nil || len(m.Sums) != 64 {
		return fmt.Errorf("keeping a filled volume: its size and sum are %q", said)
	}
	m.Bytes = kilobytes << 10
	if err := keepPassword(dir, recipe.password); err != nil {
		return err
	}
	return writeManifest(dir, m)
}

// job runs a shell script as root in a volume, by the programs of the cluster's image, and
// gives what it printed. An exit code other than 0 is an error.
func (r *running) job(ctx context.Context, daemon client.APIClient, volume, script string) (said string, err error) {
	made, err := daemon.ContainerCreate(ctx, client.ContainerCreateOptions{
		Config:     &container.Config{Image: r.image, User: "0", Entrypoint: []string{"sh", "-c", script}, WorkingDir: keptMount, Labels: ownerLabels(r.spec.RunID)},
		HostConfig: &container.HostConfig{NetworkMode: "none", Mounts: []mount.Mount{{Type: mount.TypeVolume, Source: volume, Target: keptMount}}},
	})
	if err != nil {
		return "", err
	}
	defer func() {
		_, removed := removeContainer(context.WithoutCancel(ctx), daemon, made.ID)
		err = errors.Join(err, removed)
	}()
	wait := daemon.ContainerWait(ctx, made.ID, client.ContainerWaitOptions{Condition: container.WaitConditionNextExit})
	if _, err := daemon.ContainerStart(ctx, made.ID, client.ContainerStartOptions{}); err != nil {
		return "", err
	}
	select {
	case err := <-wait.Error:
		return "", err
	case end := <-wait.Result:
		var out bytes.Buffer
		if err := copyLog(ctx, daemon, made.ID, logSlice{lines: tailLines, to: &out}); err != nil {
			return "", err
		}
		if end.StatusCode != 0 {
			return "", fmt.Errorf("exit code %d: %s", end.StatusCode, strings.TrimSpace(out.String()))
		}
		return out.String(), nil
	}
}

// removeVolume tells whether it is gone: one that a container uses stays, and without a
// daemon nobody can tell.
func removeVolume(ctx context.Context, name string) (gone bool, err error) {
	daemon, err := openDaemon(ctx)
	if errors.Is(err, ErrUnreachable) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	defer func() { err = errors.Join(err, daemon.Close()) }()
	_, err = daemon.VolumeRemove(ctx, name, client.VolumeRemoveOptions{})
	switch {
	case err == nil || errdefs.IsNotFound(err):
		return true, nil
	case errdefs.IsConflict(err):
		return false, nil
	default:
		return false, fmt.Errorf("removing volume %s: %w", name, err)
	}
}

// sweepVolumes removes the volumes that no entry of this cache names any more, or that a
// run did not finish. Those of other caches stay.
func sweepVolumes(ctx context.Context, cache programs.Cache) (removed []string, err error) {
	daemon, err := openDaemon(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, daemon.Close()) }()
	volumes, err := daemon.VolumeList(ctx, client.VolumeListOptions{Filters: make(client.Filters).Add("label", labelSeeded)})
	if err != nil {
		return nil, fmt.Errorf("listing the volumes of earlier runs: %w", err)
	}
	for _, volume := range volumes.Items {
		entry := volume.Labels[labelSeeded]
		key, err := filepath.Rel(cache.Dir, entry)
		if err != nil || !filepath.IsLocal(key) {
			continue
		}
		if _, err := os.Stat(entry); !errors.Is(err, fs.ErrNotExist) {
			continue
		}
		release, held, err := cache.TryHold(key)
		if err != nil || !held {
			continue // it is being filled
		}
		gone, err := removeVolume(ctx, volume.Name)
		release()
		if err != nil {
			return removed, err
		}
		if gone {
			removed = append(removed, "volume "+volume.Name)
		}
	}
	return removed, nil
}
