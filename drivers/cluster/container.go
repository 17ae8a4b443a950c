package cluster

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/api/types/network"
	"github.com/moby/moby/client"
	"github.com/testcontainers/testcontainers-go"

	"tristore/drivers"
)

// startContainer starts the engine in a container of its own. First it removes what dead
// runs left. On error nothing that it started is left, and the server's log is kept.
func startContainer(ctx context.Context, spec Spec) (_ *Cluster, err error) {
	begun := time.Now()
	log := spec.Log
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	if removed, err := sweepContainers(ctx); err != nil {
		return nil, err
	} else if len(removed) > 0 {
		log.Info("removed what a dead run had left", "what", removed)
	}
	image, err := imageAvailable(ctx, spec.Engine, spec.Images)
	if err != nil {
		return nil, err
	}
	started := newRunning(spec, image)
	defer func() {
		if err != nil {
			err = errors.Join(err, started.end(ctx))
		}
	}()
	if spec.Seeded != nil {
		release, err := started.seed(ctx)
		if err != nil {
			return nil, fmt.Errorf("starting %s from image %s with content: %w", spec.Engine, image, err)
		}
		defer release() // the container has copied it by then
	}
	log.Info("starting", "engine", spec.Engine, "image", image)
	on, _, err := started.cluster(ctx)
	if err != nil {
		return nil, err
	}
	on.Ready = time.Since(begun)
	return on, nil
}

func newRunning(spec Spec, image string) *running {
	return &running{spec: spec, image: image, label: rand.Text()}
}

// cluster starts the container and waits for its server. The caller ends it, also after an error.
func (r *running) cluster(ctx context.Context) (*Cluster, containerRecipe, error) {
	cache, err := filepath.Abs(r.spec.Cache)
	if err != nil {
		return nil, containerRecipe{}, err
	}
	if r.keys, err = openRunDir(cache, r.spec.RunID, nil); err != nil {
		return nil, containerRecipe{}, err
	}
	recipe, err := r.launch(ctx)
	if err != nil {
		return nil, recipe, fmt.Errorf("starting %s from image %s: %w", r.spec.Engine, r.image, err)
	}
	version, settings, err := r.ready(ctx, recipe)
	if err != nil {
		return nil, recipe, fmt.Errorf("%s from image %s: %w", r.spec.Engine, r.image, err)
	}
	tools := containerTools{
		container: r.id, image: r.image, server: r.spec.Engine,
		host: "localhost", port: recipe.port, ca: inside + "/ca.crt",
	}
	on := &Cluster{
		Engine: r.spec.Engine, Reach: drivers.Container, Version: version,
		Admin:  recipe.admin(r.address),
		CAFile: recipe.trust.CAFile, OtherCAFile: recipe.trust.OtherCAFile,
		Asked: r.asked(recipe), InForce: r.inForce(settings),
		Dir:   r.spec.Dir,
		Tools: tools,
		close: r.end,
	}
	if r.spec.Archiving {
		on.fetchWAL = tools.fetchArchive
	}
	return on, recipe, nil
}

// containerRecipe is how one product runs in a container: all that differs between products.
type containerRecipe struct {
	// port is the server's inside; outside is the one on loopback, empty for any.
	port, outside string
	environment   map[string]string
	// files are copied to the folder inside; account is given them before the server starts.
	files      map[string][]byte
	large      []testcontainers.ContainerFile // read from this machine, likewise
	account    string
	entrypoint string // of the image; runs as root and steps down itself
	command    []string
	settings   map[string]string // as asked
	trust      material
	// administrator is the account made for the run, by the image itself.
	administrator string
	password      drivers.Secret // its
	// root is the folder of the data where it is kept or copied, and settled the shell's
	// words that make a filled one fit to be copied; empty where that is not done.
	root, settled string
	// adopt makes the account of a copy, whose administrator has this password, the run's.
	adopt func(ctx context.Context, address string, kept drivers.Secret) error
	// launch is testcontainers' module for the product, or its generic Run.
	launch func(ctx context.Context, image string, options ...testcontainers.ContainerCustomizer) (testcontainers.Container, error)
	// target is a database as the superuser, with its password and the run's CA.
	target func(scheme, address, database string, options url.Values) drivers.Target
	// admin is the maintenance database at a host:port outside.
	admin func(address string) drivers.Target
	// settle does what only a running server can be asked to do; nil for nothing.
	settle func(ctx context.Context, address string) error
	// info is a real query over TLS.
	info func(ctx context.Context, target drivers.Target) (version string, settings map[string]string, err error)
}

// containerRecipeFor makes the run's certificates, in the folder keys, and its account,
// and says how the engine runs.
func containerRecipeFor(spec Spec, keys string) (containerRecipe, error) {
	trust, err := newMaterial(keys)
	if err != nil {
		return containerRecipe{}, err
	}
	password := drivers.GenerateSecret()
	if spec.Recovery != nil {
		password = spec.Recovery.Of.Admin.URL.Password()
	}
	made := containerRecipe{trust: trust, administrator: superuser, password: password, files: map[string][]byte{"password": []byte(password.Reveal())}}
	for name, path := range map[string]string{
		"ca.crt": trust.CAFile, "server.crt": trust.CertFile, "server.key": trust.KeyFile, "server.pem": trust.BundleFile,
	} {
		if made.files[name], err = os.ReadFile(path); err != nil {
			return containerRecipe{}, fmt.Errorf("reading the certificates of the cluster: %w", err)
		}
	}
	if spec.Engine.Family() == drivers.FamilyMongo {
		made.administrator = mongoAdministrator
	}
	made.target = func(scheme, address, database string, options url.Values) drivers.Target {
		return drivers.Target{Engine: spec.Engine, CAFile: trust.CAFile,
			URL: drivers.Address{Scheme: scheme, User: made.administrator, Password: password, HostPort: address, Database: database, Options: options}.URL()}
	}
	switch spec.Engine.Product {
	case drivers.Postgres:
		return containerPostgres(spec, made), nil
	case drivers.Mongo:
		return containerMongo(spec, made)
	case drivers.FerretDB:
		return containerFerretDB(spec, made)
	default:
		return containerRecipe{}, fmt.Errorf("no container is known for %s", spec.Engine)
	}
}

// inside is the folder of our files in the container; passwordFile is among them.
const (
	inside       = "/etc/tristore"
	passwordFile = inside + "/password"
)

// handOver gives the server's account our files, which are copied as root's, lays out a
// base backup where there is one, and goes on to the image's own entry point as if
// nothing had been.
const handOver = `if [ -f ` + inside + baseFile + ` ]; then
	mkdir -p "$PGDATA" && tar -xf ` + inside + baseFile + ` -C "$PGDATA" && rm ` + inside + baseFile + ` || exit 1
	[ ! -f ` + inside + recoverySignal + ` ] || mv ` + inside + recoverySignal + ` "$PGDATA" || exit 1
	chown -R "$1" "$PGDATA" && chmod 700 "$PGDATA" || exit 1
fi
chown -R "$1" ` + inside + ` && chmod 700 ` + inside + ` && shift && exec "$@"`

// running is one started container.
type running struct {
	spec    Spec
	image   string
	label   string // finds the container, also when its creation was cut off
	keys    runDir // the certificates
	id      string
	address string // host:port for clients
	limits  container.Resources
	kept    keptVolume // that it begins with
	fill    string     // volume that it is filled into
}

// launch makes the recipe and runs it. A port that must be the same inside and outside is
// chosen by us, and another program may take it before the daemon does.
func (r *running) launch(ctx context.Context) (recipe containerRecipe, err error) {
	for range portTries {
		if recipe, err = containerRecipeFor(r.spec, r.keys.path); err != nil {
			return recipe, err
		}
		if r.fill != "" || r.kept.name != "" {
			r.relocate(&recipe)
		}
		err = r.run(ctx, recipe)
		port, fixed := strconv.Atoi(recipe.outside)
		if err == nil || fixed != nil || !taken(port) {
			break
		}
	}
	if err != nil && ctx.Err() == nil {
		err = fmt.Errorf("%w: %w", ErrUnreachable, err)
	}
	return recipe, err
}

// run creates and starts the container. It is not cut off half way by a cancelled ctx,
// so that there is never a container that nobody has heard of.
func (r *running) run(ctx context.Context, recipe containerRecipe) error {
	bounded, cancel := context.WithTimeout(context.WithoutCancel(ctx), r.patience())
	defer cancel()
	labels := ownerLabels(r.spec.RunID)
	labels[labelCluster] = r.label
	options := []testcontainers.ContainerCustomizer{
		testcontainers.WithLabels(labels),
		testcontainers.WithEnv(recipe.environment),
		testcontainers.WithExposedPorts(recipe.port + "/tcp"),
		testcontainers.WithEntrypoint("sh", "-c", r.entry(recipe), "sh", recipe.account, recipe.entrypoint),
		testcontainers.WithCmd(recipe.command...),
		testcontainers.WithFiles(append(copies(recipe.files), recipe.large...)...),
		testcontainers.WithHostConfigModifier(func(host *container.HostConfig) {
			port := network.MustParsePort(recipe.port + "/tcp")
			host.PortBindings = network.PortMap{port: {{HostIP: netip.MustParseAddr(loopback), HostPort: recipe.outside}}}
			host.ShmSize, host.Mounts = sharedMemory, r.mounts(recipe)
			limit(&host.Resources, r.spec.Limits)
		}),
		withoutWaiting(),
	}
	started, err := recipe.launch(bounded, r.image, options...)
	if err != nil {
		return err
	}
	r.id = started.GetContainerID()
	state, err := started.Inspect(bounded)
	if err != nil {
		return fmt.Errorf("asking the daemon about the container: %w", err)
	}
	r.limits = state.HostConfig.Resources
	bindings := state.NetworkSettings.Ports[network.MustParsePort(recipe.port+"/tcp")]
	if len(bindings) == 0 {
		return fmt.Errorf("the container ended at once or its port %s is not published", recipe.port)
	}
	r.address = net.JoinHostPort(loopback, bindings[0].HostPort)
	return ctx.Err()
}

// sharedMemory is room for parallel queries, in bytes; a container's usual 64 MiB is not enough.
const sharedMemory = 256 << 20

// withoutWaiting removes a module's own readiness: a log line or an open port is less than
// an answered query, and the module would look for the server at another address.
func withoutWaiting() testcontainers.CustomizeRequestOption {
	return func(request *testcontainers.GenericContainerRequest) error {
		request.WaitingFor = nil
		return nil
	}
}

func copies(files map[string][]byte) []testcontainers.ContainerFile {
	var all []testcontainers.ContainerFile
	for name, content := range files {
		all = append(all, testcontainers.ContainerFile{
			Reader: bytes.NewReader(content), ContainerFilePath: inside + "/" + name, FileMode: 0o600,
		})
	}
	return all
}

// limit states the resources; no swap, so that a memory limit is a memory limit.
func limit(resources *container.Resources, limits Limits) {
	resources.NanoCPUs = int64(limits.CPUs * 1e9)
	resources.CpusetCpus = joinCores(limits.CPUSet)
	resources.Memory, resources.MemorySwap = limits.MemoryBytes, limits.MemoryBytes
}

func (r *running) patience() time.Duration {
	if r.spec.Patience > 0 {
		return r.spec.Patience
	}
	return defaultPatience
}

// asked and inForce are what was wanted and what the server and the daemon say is so.
func (r *running) asked(recipe containerRecipe) map[string]string {
	var wanted container.Resources
	limit(&wanted, r.spec.Limits)
	image := map[string]string{"image": r.spec.Images.candidates(r.spec.Engine)[0]}
	return merged(recipe.settings, limitFacts(wanted), image)
}

func (r *running) inForce(settings map[string]string) map[string]string {
	return merged(settings, limitFacts(r.limits), map[string]string{"image": r.image})
}

// endPatience bounds the removal of a cluster's container.
const endPatience = time.Minute

// end keeps the server's log and removes the container with its volumes, also when ctx is over.
func (r *running) end(ctx context.Context) (err error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), endPatience)
	defer cancel()
	daemon, err := openDaemon(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, daemon.Close()) }()
	mine := make(client.Filters).Add("label", labelCluster+"="+r.label)
	containers, err := daemon.ContainerList(ctx, client.ContainerListOptions{All: true, Filters: mine})
	if err != nil {
		return fmt.Errorf("finding the container of %s: %w", r.spec.Engine, err)
	}
	for _, found := range containers.Items {
		kept := keepLog(ctx, daemon, found.ID, r.spec.Dir)
		_, removed := removeContainer(ctx, daemon, found.ID)
		err = errors.Join(err, kept, removed)
	}
	if r.keys.path != "" {
		err = errors.Join(err, r.keys.remove())
	}
	return err
}
