package cluster

import (
	"context"
	"maps"
	"slices"
	"strings"

	"tristore/drivers"
	"tristore/drivers/postgres"
)

// hostBased lets nobody in without TLS and a SCRAM password; the socket is for the
// image's own set-up.
const hostBased = `local   all all scram-sha-256
hostssl all all all scram-sha-256
hostssl replication all all scram-sha-256
`

// containerPostgres runs the official image, or one that honours its environment.
func containerPostgres(spec Spec, made containerRecipe) containerRecipe {
	made.settings = containerPostgresSettings(spec)
	made.command = []string{"postgres"}
	for _, name := range slices.Sorted(maps.Keys(made.settings)) {
		made.command = append(made.command, "-c", name+"="+made.settings[name])
	}
	// Paths are the container's business and no settings of the run.
	made.command = append(made.command, "-c", "ssl_cert_file="+inside+"/server.crt", "-c", "ssl_key_file="+inside+"/server.key",
		"-c", "hba_file="+inside+"/pg_hba.conf")
	made.files["pg_hba.conf"] = []byte(hostBased)
	made.environment = map[string]string{
		"POSTGRES_USER": made.administrator, "POSTGRES_DB": maintenance, "POSTGRES_PASSWORD_FILE": passwordFile,
		// 12 and 13 would store md5 otherwise; text sorts the same on every image.
		"POSTGRES_INITDB_ARGS":      strings.Join(append([]string{"--auth-host=scram-sha-256", "--encoding=UTF8", "--locale=" + serverLocale}, spec.InitDB...), " "),
		"POSTGRES_HOST_AUTH_METHOD": "scram-sha-256",
	}
	made.root, made.settled = "/var/lib/tristore", "[ ! -e data/postmaster.pid ]" // it ended in order
	made.adopt = func(ctx context.Context, address string, kept drivers.Secret) error {
		initial := made.target("postgres", address, maintenance, nil)
		initial.URL = initial.URL.WithUser(made.administrator, kept)
		return postgres.SetPassword(ctx, initial, made.administrator, made.password)
	}
	made.large = laidOut(spec.Recovery)
	made.port, made.account, made.entrypoint = "5432", "postgres", "docker-entrypoint.sh"
	made.launch, made.info = launchPostgres, postgresInfo(made.settings)
	made.admin = func(address string) drivers.Target { return made.target("postgres", address, maintenance, nil) }
	return made
}

// maintenance is the database that exists on every server.
const maintenance = "postgres"

// containerPostgresSettings are those of the embedded reach, but that the server listens
// for the daemon's proxy, and keeps the socket that the image's set-up goes through.
func containerPostgresSettings(spec Spec) map[string]string {
	settings := postgresSettings(spec, inside)
	settings["listen_addresses"] = "*"
	delete(settings, "unix_socket_directories")
	return settings
}

// postgresInfo also reads back what was asked for and ServerInfo does not tell.
func postgresInfo(asked map[string]string) func(context.Context, drivers.Target) (string, map[string]string, error) {
	return func(ctx context.Context, target drivers.Target) (string, map[string]string, error) {
		version, settings, err := postgres.ServerInfo(ctx, target)
		if err != nil {
			return "", nil, err
		}
		var untold []string
		for name := range asked {
			if _, told := settings[name]; !told {
				untold = append(untold, name)
			}
		}
		rest, err := postgres.Settings(ctx, target, untold)
		return version, merged(settings, rest), err
	}
}
