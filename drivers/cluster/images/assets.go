// Package images holds what the local images are made of: the script that makes the file
// system they all stand on, and a Dockerfile and an entry point each. `make images`
// builds them (cluster.BuildImages). It imports nothing of ours.
//
// The images stand in for the official ones on machines that reach no registry: they
// honour the environment and the arguments of the official PostgreSQL image, and share
// one base layer. daemon.sh gives a bare Debian machine a Docker daemon.
package images

import "embed"

// Files are the scripts, Dockerfiles and entry points, by their path below this folder.
//
//go:embed base.sh documentdb.sh postgres ferretdb1 ferretdb2
var Files embed.FS
