package cluster

import (
	"context"

	"github.com/testcontainers/testcontainers-go"
	"github.com/testcontainers/testcontainers-go/modules/postgres"
)

// launchPostgres starts a container by testcontainers' PostgreSQL module. The module turns
// fsync off unless the command is replaced, which the options do.
func launchPostgres(ctx context.Context, image string, options ...testcontainers.ContainerCustomizer) (testcontainers.Container, error) {
	// The module's own password would stand beside our file, which the image refuses.
	withoutPassword := func(request *testcontainers.GenericContainerRequest) error {
		delete(request.Env, "POSTGRES_PASSWORD")
		return nil
	}
	return postgres.Run(ctx, image, append(options, testcontainers.CustomizeRequestOption(withoutPassword))...)
}

// launchAny starts a container without a module. That for MongoDB has no option for TLS,
// announces the replica set at an address that only the container can reach, and passes
// the administrator's password on the command line of a shell inside; see containerMongo.
func launchAny(ctx context.Context, image string, options ...testcontainers.ContainerCustomizer) (testcontainers.Container, error) {
	return testcontainers.Run(ctx, image, options...)
}
