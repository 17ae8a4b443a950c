package programs

import (
	"context"
	"fmt"
	"os/exec"
	"path/filepath"
)

// GoYCSB returns the path of go-ycsb 1.0.1, which benchmarks compare with.
func (c Cache) GoYCSB(ctx context.Context) (string, error) {
	const version = "v1.0.1"
	dir, err := c.goProgramDir(ctx, goProgram{
		title: "go-ycsb", key: "go-ycsb-" + version, mod: "ycsb/go.mod.txt", sum: "ycsb/go.sum.txt",
		packages: map[string]string{"go-ycsb": "github.com/pingcap/go-ycsb/cmd/go-ycsb"},
		checked:  "go-ycsb", ask: "--help", version: "YCSB run benchmark", // it knows no version of its own; go.sum pins it
	})
	return filepath.Join(dir, "go-ycsb"), err
}

// Sysbench returns sysbench, which benchmarks compare with: this machine's, else Debian's
// package, unpacked into the cache.
func (c Cache) Sysbench(ctx context.Context) (Client, error) {
	if path, err := exec.LookPath("sysbench"); err == nil {
		return Client{Path: path}, nil
	}
	unpacked, err := c.debian(ctx, "bookworm", "sysbench")
	if err != nil {
		return Client{}, fmt.Errorf("no sysbench is on this machine, and Debian's was not to be had; install it: %w", err)
	}
	return viaLoader(unpacked, filepath.Join(unpacked, "usr/bin/sysbench"))
}
