package cluster

import (
	"context"
	"crypto/rand"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"tristore/drivers"
	"tristore/drivers/cluster/programs"
	"tristore/drivers/mongo"
)

// replicaSet is the name of the one-member set; transactions and change streams need one.
const replicaSet = "tristore"

// mongoAdministrator is the account made for the run.
const mongoAdministrator = "tristore"

// containerMongo runs the official MongoDB image as a replica set of one member.
//
// A member announces an address, and drivers go to the announced one, not to the one they
// were given. So that it is the same inside and outside, the server listens inside on the
// very port that is published on loopback.
func containerMongo(spec Spec, made containerRecipe) (containerRecipe, error) {
	free, err := freePort()
	if err != nil {
		return containerRecipe{}, err
	}
	port := strconv.Itoa(free)
	made.port, made.outside = port, port
	made.settings = mongoSettings(spec)
	made.command = []string{
		"mongod", "--port", port, "--bind_ip_all", "--auth", "--replSet", replicaSet, "--keyFile", inside + "/keyfile",
		"--tlsMode", "requireTLS", "--tlsCertificateKeyFile", inside + "/server.pem", "--tlsCAFile", inside + "/ca.crt",
		// Clients sign in with a password, and the member's own certificate is for serving only.
		"--tlsAllowConnectionsWithoutCertificates", "--setParameter", "tlsWithholdClientCertificate=true",
	}
	for _, name := range slices.Sorted(maps.Keys(made.settings)) {
		if value := made.settings[name]; strings.HasPrefix(name, "--") {
			made.command = append(made.command, name, value)
		} else {
			made.command = append(made.command, "--setParameter", name+"="+value)
		}
	}
	made.files["keyfile"] = []byte(rand.Text() + rand.Text())
	made.environment = map[string]string{
		"MONGO_INITDB_ROOT_USERNAME": made.administrator, "MONGO_INITDB_ROOT_PASSWORD_FILE": passwordFile,
	}
	made.account, made.entrypoint = "mongodb", "docker-entrypoint.sh"
	made.launch, made.info = launchAny, mongo.ServerInfo
	made.admin = func(address string) drivers.Target {
		return made.target("mongodb", address, "admin", url.Values{"authSource": {"admin"}, "replicaSet": {replicaSet}})
	}
	made.settle = func(ctx context.Context, address string) error {
		return initiate(ctx, made.target("mongodb", address, "admin", url.Values{"authSource": {"admin"}, "directConnection": {"true"}}))
	}
	return made, nil
}

// mongoSettings: names with dashes are mongod's options, others its parameters. MongoDB
// has no switch that makes an acknowledged write less durable for a whole server; the
// journal is written every so many milliseconds, and majority writes wait for it.
func mongoSettings(spec Spec) map[string]string {
	settings := merged(spec.Settings)
	const cache = "--wiredTigerCacheSizeGB"
	if _, asked := settings[cache]; !asked && spec.Limits.MemoryBytes > 0 { // a quarter, as for the other family; mongod's least is 0.25
		settings[cache] = fmt.Sprintf("%.2f", max(0.25, float64(spec.Limits.MemoryBytes)/4/(1<<30)))
	}
	return settings
}

// initiate makes the server the primary of its own set. A server that is one already is fine.
func initiate(ctx context.Context, direct drivers.Target) error {
	if mongo.Exec(ctx, direct, `{"replSetGetStatus": 1}`) == nil {
		return nil
	}
	command := fmt.Sprintf(`{"replSetInitiate": {"_id": %q, "members": [{"_id": 0, "host": %q}]}}`, replicaSet, direct.URL.HostPort())
	if err := mongo.Exec(ctx, direct, command); err != nil {
		return fmt.Errorf("initiating the replica set: %w", err)
	}
	return nil
}

// containerFerretDB runs the local image of FerretDB 1 or 2, whose entry point takes the
// administrator from the environment, and the rest as arguments of the program.
func containerFerretDB(spec Spec, made containerRecipe) (containerRecipe, error) {
	made.port, made.account, made.entrypoint = "27017", "ferretdb", "docker-entrypoint.sh"
	made.command = []string{"ferretdb"}
	switch spec.Engine.Major {
	case 1:
		for name := range spec.Settings {
			return made, fmt.Errorf("%w: FerretDB 1 has no settings to be changed, and %q is asked for", ErrUnreachable, name)
		}
		const home = "/var/lib/ferretdb"
		made.root, made.settled = home, "rm "+ferretAccounts+" && rm -f state.json" // made anew at the first start of a copy
		arguments, _ := programs.FerretDBArgs(programs.FerretDBPlace{
			DataDir: home, StateDir: home, Listen: ":" + made.port,
			CertFile: inside + "/server.crt", KeyFile: inside + "/server.key", Relaxed: spec.Durability == Relaxed,
		})
		made.command = append(made.command, arguments...)
	default: // the settings are those of the PostgreSQL behind it
		behind := merged(durabilitySettings(spec.Durability), map[string]string{"shared_buffers": memorySetting(sharedBuffers(spec))}, spec.Settings)
		for _, name := range slices.Sorted(maps.Keys(behind)) {
			made.command = append(made.command, "-c", name+"="+behind[name])
		}
		made.command = append(made.command, "--listen-addr=", "--listen-tls=:"+made.port,
			"--listen-tls-cert-file="+inside+"/server.crt", "--listen-tls-key-file="+inside+"/server.key")
	}
	made.environment = map[string]string{"FERRETDB_SETUP_USERNAME": made.administrator, "FERRETDB_SETUP_PASSWORD_FILE": passwordFile}
	made.settings = map[string]string{"durability": spec.Durability.String()}
	made.launch, made.info = launchAny, mongo.ServerInfo
	made.admin = func(address string) drivers.Target {
		return made.target("mongodb", address, "admin", url.Values{"authSource": {"admin"}})
	}
	return made, nil
}

// durabilitySettings are PostgreSQL's words for it.
func durabilitySettings(durability Durability) map[string]string {
	value := "on"
	if durability == Relaxed {
		value = "off"
	}
	return map[string]string{"fsync": value, "synchronous_commit": value, "full_page_writes": value}
}
