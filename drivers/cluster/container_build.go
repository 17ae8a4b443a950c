package cluster

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/containerd/errdefs"
	"github.com/moby/moby/client"

	"tristore/drivers"
	"tristore/drivers/cluster/images"
	"tristore/drivers/cluster/programs"
)

// ImageOrder asks for local images.
type ImageOrder struct {
	// Engines to build for; empty means every engine that has a local image.
	Engines []drivers.Engine
	// Cache is the per-user folder of fetched programs.
	Cache string
	Log   *slog.Logger // nil discards
}

// BuiltImage is one local image.
type BuiltImage struct {
	Name  string
	Bytes int64         // with the base that all share
	Built bool          // false: it was there, made of the same
	Took  time.Duration // zero where it was there
}

// BuildImages makes the local images that are not there yet or were made of something
// else: the programs that the embedded reach runs too, on a small Debian file system. It
// needs a Docker daemon, and for the file system mmdebstrap on Debian.
func BuildImages(ctx context.Context, order ImageOrder) (all []BuiltImage, err error) {
	daemon, err := openDaemon(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, daemon.Close()) }()
	log := order.Log
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	engines := order.Engines
	if len(engines) == 0 {
		engines = localEngines()
	}
	at := imageBuilder{daemon: daemon, cache: programs.Cache{Dir: order.Cache, Log: log}, log: log}
	for _, engine := range engines {
		built, err := at.image(ctx, engine)
		if err != nil {
			return all, fmt.Errorf("building the local image of %s: %w", engine, err)
		}
		all = append(all, built)
	}
	return all, at.forget(ctx)
}

func localEngines() []drivers.Engine {
	var all []drivers.Engine
	for _, support := range drivers.Supported() {
		if standIn(support.Engine) != "" {
			all = append(all, support.Engine)
		}
	}
	return all
}

type imageBuilder struct {
	daemon client.APIClient
	cache  programs.Cache
	log    *slog.Logger
}

// ingredients are what one image is made of.
type ingredients struct {
	// system is the script that makes its file system, a name in images.Files.
	system string
	// folder holds its Dockerfile and entry point, a name in images.Files.
	folder string
	// programs are files or folders by their name in the build, each with a version in its
	// path, so that a path stands for its content.
	programs  map[string]string
	arguments map[string]string // of the Dockerfile
}

// labelDigest is the label of an image that says what it was made of.
const labelDigest = "tristore.digest"

func (b imageBuilder) image(ctx context.Context, engine drivers.Engine) (BuiltImage, error) {
	begun := time.Now()
	made := BuiltImage{Name: standIn(engine)}
	if made.Name == "" {
		return made, fmt.Errorf("there is none: use the official image, by a mirror if need be")
	}
	of, err := b.ingredients(ctx, engine)
	if err != nil {
		return made, err
	}
	digest, err := of.digest()
	if err != nil {
		return made, err
	}
	if made.Bytes, err = b.present(ctx, made.Name, digest); err != nil || made.Bytes > 0 {
		return made, err
	}
	base, err := b.base(ctx, of.system)
	if err != nil {
		return made, err
	}
	b.log.Info("building", "image", made.Name)
	of.arguments["BASE"], of.arguments["DIGEST"] = base, digest
	if err := buildImage(ctx, b.daemon, made.Name, of); err != nil {
		return made, err
	}
	made.Built, made.Took = true, time.Since(begun)
	if made.Bytes, err = b.present(ctx, made.Name, digest); err == nil && made.Bytes == 0 {
		err = errors.New("the daemon built it and does not have it")
	}
	return made, err
}

// ingredients fetches the programs of an engine's image.
func (b imageBuilder) ingredients(ctx context.Context, engine drivers.Engine) (ingredients, error) {
	of := ingredients{system: "base.sh", folder: engineFolder(engine), programs: map[string]string{}, arguments: map[string]string{}}
	if engine.Product == drivers.Postgres {
		server, err := b.cache.Postgres(ctx, engine.Major)
		of.programs["server"] = server
		of.arguments["CLIENT"] = clientFor(engine.Major)
		return of, err
	}
	server, err := b.cache.FerretDB(ctx)
	if engine.Major == 2 {
		of.system = "documentdb.sh"
		server, err = b.cache.FerretDB2(ctx)
	}
	if err != nil {
		return of, err
	}
	tools, err := b.cache.MongoTools(ctx)
	of.programs["ferretdb"] = server
	for _, name := range []string{"mongodump", "mongorestore"} {
		of.programs[name] = filepath.Join(tools, name)
	}
	return of, err
}

func engineFolder(engine drivers.Engine) string {
	if engine.Product == drivers.Postgres {
		return string(engine.Product)
	}
	return string(engine.Product) + strconv.Itoa(engine.Major)
}

// clientFor is the folder of client programs in the base that can dump the server and
// restore into it.
func clientFor(major int) string {
	switch {
	case major <= 15:
		return "15"
	case major == 16:
		return "17-for-16"
	default:
		return strconv.Itoa(major)
	}
}

// digest changes with anything that the image is made of.
func (i ingredients) digest() (string, error) {
	hash := sha256.New()
	for _, root := range []string{i.system, i.folder} {
		err := fs.WalkDir(images.Files, root, func(path string, entry fs.DirEntry, err error) error {
			if err != nil || entry.IsDir() {
				return err
			}
			content, err := images.Files.ReadFile(path)
			_, _ = fmt.Fprintf(hash, "%s %d\n%s", path, len(content), content) // a hash takes everything
			return err
		})
		if err != nil {
			return "", fmt.Errorf("reading what the image is made of: %w", err)
		}
	}
	versions := map[string]string{}
	for name, path := range i.programs { // wherever the cache is
		versions[name] = filepath.Base(filepath.Dir(path)) + "/" + filepath.Base(path)
	}
	_, _ = fmt.Fprintf(hash, "%q %q", versions, i.arguments) // maps print in key order
	return hex.EncodeToString(hash.Sum(nil)[:8]), nil
}

// present returns the size of an image made of digest; zero when there is none.
func (b imageBuilder) present(ctx context.Context, name, digest string) (bytes int64, err error) {
	found, err := b.daemon.ImageInspect(ctx, name)
	if errdefs.IsNotFound(err) {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("asking the daemon for %s: %w", name, err)
	}
	if found.Config == nil || found.Config.Labels[labelDigest] != digest {
		return 0, nil
	}
	return found.Size, nil
}

// base returns the name of the image that holds nothing but the file system which the
// script makes. The packages behind it move; it is made anew when the script changes or
// the daemon no longer has it.
func (b imageBuilder) base(ctx context.Context, script string) (string, error) {
	digest, err := ingredients{system: script, folder: script}.digest()
	if err != nil {
		return "", err
	}
	name := localImages + "base:" + digest
	if size, err := b.present(ctx, name, digest); err != nil || size > 0 {
		return name, err
	}
	made, err := b.cache.Entry(ctx, "images/base-"+digest, func(ctx context.Context, dir string) error {
		return makeSystem(ctx, script, dir)
	})
	if err != nil {
		return "", err
	}
	return name, importImage(ctx, b.daemon, imported{name: name, digest: digest, file: filepath.Join(made, "system.tar")})
}

// forget removes what rebuilding left without a name, and bases that no image is built on
// any more. What something still stands on, the daemon keeps.
func (b imageBuilder) forget(ctx context.Context) error {
	found, err := b.daemon.ImageList(ctx, client.ImageListOptions{Filters: make(client.Filters).Add("label", labelDigest)})
	if err != nil {
		return fmt.Errorf("looking for images that rebuilding left: %w", err)
	}
	current := map[string]bool{}
	for _, script := range []string{"base.sh", "documentdb.sh"} {
		digest, err := ingredients{system: script, folder: script}.digest()
		if err != nil {
			return err
		}
		current[localImages+"base:"+digest] = true
	}
	for _, image := range found.Items {
		ref := image.ID
		if len(image.RepoTags) > 0 && image.RepoTags[0] != "<none>:<none>" {
			ref = image.RepoTags[0]
			if current[ref] || !strings.HasPrefix(ref, localImages+"base:") {
				continue
			}
		}
		_, err := b.daemon.ImageRemove(ctx, ref, client.ImageRemoveOptions{PruneChildren: true})
		if err != nil && !errdefs.IsNotFound(err) && !errdefs.IsConflict(err) {
			return fmt.Errorf("removing image %s: %w", ref, err)
		}
	}
	return nil
}

// makeSystem runs the script, which leaves system.tar in dir.
func makeSystem(ctx context.Context, script, dir string) error {
	if _, err := exec.LookPath("mmdebstrap"); err != nil {
		return errors.New("mmdebstrap is needed and is not in PATH: on Debian, apt-get install --no-install-recommends mmdebstrap")
	}
	content, err := images.Files.ReadFile(script)
	if err != nil {
		return fmt.Errorf("reading %s: %w", script, err)
	}
	path := filepath.Join(dir, script)
	if err := os.WriteFile(path, content, 0o700); err != nil {
		return fmt.Errorf("writing %s: %w", script, err)
	}
	var said programs.Tail
	command := programs.Command(ctx, "sh", path, filepath.Join(dir, "system.tar"))
	command.Stdout, command.Stderr = &said, &said
	if err := programs.Run(command); err != nil {
		return fmt.Errorf("%s: %s: %w", script, said.Line(), err)
	}
	return os.Remove(path)
}
