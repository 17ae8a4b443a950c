package cluster

import (
	"maps"
	"slices"
	"strconv"

	"tristore/drivers"
	"tristore/drivers/postgres"
)

// hostBased lets nobody in without TLS and a SCRAM password; the socket is for the
// image's own set-up.
const hostBased = `local   all all scram-sha-256
hostssl all all all scram-sha-256
hostssl replication all all scram-sha-256
`

// postgresRecipe runs the official image, or one that honours its environment.
func postgresRecipe(spec Spec, made recipe) recipe {
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
		"POSTGRES_USER": administrator, "POSTGRES_DB": maintenance, "POSTGRES_PASSWORD_FILE": passwordFile,
		// 12 and 13 would store md5 otherwise; text sorts the same on every image.
		"POSTGRES_INITDB_ARGS":      "--auth-host=scram-sha-256 --encoding=UTF8 --locale=C.UTF-8",
		"POSTGRES_HOST_AUTH_METHOD": "scram-sha-256",
	}
	made.port, made.account, made.entrypoint = "5432", "postgres", "docker-entrypoint.sh"
	made.launch, made.info = launchPostgres, postgres.ServerInfo
	made.admin = func(address string) drivers.Target { return made.target("postgres", address, maintenance, nil) }
	return made
}

// maintenance is the database that exists on every server.
const maintenance = "postgres"

// containerPostgresSettings are the server parameters that are stated aloud, also where
// they are the default; those of the spec win.
func containerPostgresSettings(spec Spec) map[string]string {
	durable := map[Durability]string{Strict: "on", Relaxed: "off"}[spec.Durability]
	settings := map[string]string{
		"fsync": durable, "synchronous_commit": durable, "full_page_writes": durable,
		"listen_addresses": "*", "ssl": "on", "ssl_min_protocol_version": "TLSv1.2",
		"password_encryption":      "scram-sha-256",
		"shared_preload_libraries": "pg_stat_statements", "track_io_timing": "on",
	}
	if spec.Limits.MemoryBytes > 0 {
		settings["shared_buffers"] = strconv.FormatInt(spec.Limits.MemoryBytes/4/1024, 10) + "kB"
	}
	maps.Copy(settings, spec.Settings)
	return settings
}
