// Package cluster starts one running engine and ends it again.
//
// A Cluster is what a provider hands back: addresses, the CA made for the run,
// the administrator's account, and every setting as asked and as in force. There
// are three providers: embedded (server processes on loopback), container
// (testcontainers-go, the only package that imports it) and external (a URL).
//
// Opinion: whoever starts a process or container owns its end, also when the
// program is interrupted or dies; durability is stated aloud and read back; a
// cluster is ready when a real query over TLS is answered, never before.
// Arrow: cluster imports drivers and reports/result.
package cluster

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"tristore/drivers"
)

// Durability is what an acknowledged write may rely on. The zero value is the safe one.
type Durability int

// The two levels. Relaxed turns fsync off and is for conformance only.
const (
	Strict Durability = iota
	Relaxed
)

func (d Durability) String() string { return [...]string{"strict", "relaxed"}[d] }

// Spec asks for one cluster.
type Spec struct {
	Engine     drivers.Engine
	Reach      drivers.Reach // Embedded, Container or External; Auto is resolved by Choose
	Durability Durability
	Limits     Limits
	// Settings are server parameters by name, on top of those the provider sets.
	Settings map[string]string
	// InitDB are further arguments of PostgreSQL's initdb, for a cluster that is started here.
	InitDB []string
	// Images says where container images come from.
	Images Images
	// Address is the external cluster; unused otherwise.
	Address External
	// Dir is the folder of this cluster: logs are kept there, data is removed at Close.
	Dir string
	// Cache is the per-user folder of fetched binaries and templates.
	Cache string
	// RunID labels everything started, so that it can be found and swept.
	RunID string
	// Seeded lets the cluster begin with content; nil begins empty. See CanSeed.
	Seeded *Seeded
	// Archiving keeps the WAL that the server writes, for FetchWAL. See CanArchive.
	Archiving bool
	// Recovery lets the cluster begin from a base backup; nil begins empty.
	Recovery *Recovery
	// Patience bounds the wait for readiness; zero means two minutes.
	Patience time.Duration
	// Log hears of slow steps (fetching, building, starting); nil discards.
	Log *slog.Logger
}

// Limits are the resources a cluster may use; zero values mean the whole machine.
type Limits struct {
	CPUs        float64 // container: quota; embedded: rounded up to whole cores of CPUSet
	CPUSet      []int   // cores the server may run on
	MemoryBytes int64   // container: hard limit; both: shared_buffers is a quarter of it
}

// Images names container images; Registry prefixes the official names, for a mirror.
type Images struct {
	Registry string
	Override map[string]string // engine word to whole image name
}

// External is an existing cluster, by one administrator URL.
type External struct {
	URL        drivers.URL
	CAFile     string
	SelfSigned bool
}

// Cluster is one running engine. It does not change after Start; Close ends it.
type Cluster struct {
	Engine  drivers.Engine
	Reach   drivers.Reach
	Version string // as the server says
	// Admin opens the maintenance database as administrator.
	Admin drivers.Target
	// CAFile signed the server's certificate; OtherCAFile is a CA that did not.
	CAFile, OtherCAFile string
	// Asked and InForce are settings before and after.
	Asked, InForce map[string]string
	// Ready is the time from Start to the first answered query.
	Ready time.Duration
	// Dir holds the logs.
	Dir string
	// Tools runs client tools of the engine's family near this cluster.
	Tools Tools

	close    func(context.Context) error
	kill     func(context.Context) error                    // nil where the server is not ours to kill
	material material                                       // of an embedded server
	fetchWAL func(ctx context.Context, folder string) error // nil where nothing is archived
}

// Close stops the server and removes its data; logs stay. It is safe to call twice.
func (c *Cluster) Close(ctx context.Context) error {
	if c.close == nil {
		return nil
	}
	end := c.close
	c.close = nil
	return end(ctx)
}

// ErrUnreachable marks a cluster that could not be started or reached for a reason
// the user can mend: exit 2 when it concerns what was asked for by name.
var ErrUnreachable = errors.New("unreachable")
