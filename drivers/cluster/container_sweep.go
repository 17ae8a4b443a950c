package cluster

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"

	"github.com/containerd/errdefs"
	"github.com/moby/moby/client"
)

// The labels by which a later run finds what an earlier one left. A process number alone
// may have gone to another program since, so that the time it started belongs to it.
const (
	labelOwner   = "tristore.owner"   // process number
	labelStarted = "tristore.started" // clock ticks since boot, field 22 of /proc/PID/stat
	labelKernel  = "tristore.kernel"  // where that process number counts: boot and namespace
	labelRun     = "tristore.run"
	labelCluster = "tristore.cluster" // one Start
)

// ownerLabels are those of this process.
func ownerLabels(runID string) map[string]string {
	return map[string]string{
		labelOwner:   strconv.Itoa(os.Getpid()),
		labelStarted: startTicks(os.Getpid()),
		labelKernel:  kernelOf(),
		labelRun:     runID,
	}
}

// sweepContainers removes containers, with their volumes, and networks whose owner is
// dead, and returns what it removed. What a live run owns, or a run that this process
// cannot see (another container that shares the daemon), stays. Sweeps may overlap.
func sweepContainers(ctx context.Context) (removed []string, err error) {
	daemon, err := openDaemon(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, daemon.Close()) }()
	owned := make(client.Filters).Add("label", labelOwner)
	containers, err := daemon.ContainerList(ctx, client.ContainerListOptions{All: true, Filters: owned})
	if err != nil {
		return nil, fmt.Errorf("listing the containers of earlier runs: %w", err)
	}
	for _, container := range containers.Items {
		if !ownerDead(container.Labels) {
			continue
		}
		gone, err := removeContainer(ctx, daemon, container.ID)
		if err != nil {
			return removed, err
		}
		if gone {
			removed = append(removed, "container "+container.ID[:12]+" of run "+container.Labels[labelRun])
		}
	}
	networks, err := daemon.NetworkList(ctx, client.NetworkListOptions{Filters: owned})
	if err != nil {
		return removed, fmt.Errorf("listing the networks of earlier runs: %w", err)
	}
	for _, network := range networks.Items {
		if !ownerDead(network.Labels) {
			continue
		}
		if _, err := daemon.NetworkRemove(ctx, network.ID, client.NetworkRemoveOptions{}); err != nil && !errdefs.IsNotFound(err) {
			return removed, fmt.Errorf("removing network %s: %w", network.Name, err)
		}
		removed = append(removed, "network "+network.Name)
	}
	return removed, nil
}

// removeContainer tells whether it was this call that removed it: another may be at it.
func removeContainer(ctx context.Context, daemon client.APIClient, id string) (gone bool, err error) {
	_, err = daemon.ContainerRemove(ctx, id, client.ContainerRemoveOptions{RemoveVolumes: true, Force: true})
	if errdefs.IsNotFound(err) || errdefs.IsConflict(err) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("removing container %.12s: %w", id, err)
	}
	return true, nil
}

// ownerDead is true only when it is certain: an unreadable label means a live owner.
func ownerDead(labels map[string]string) bool {
	owner, err := strconv.Atoi(labels[labelOwner])
	if err != nil || owner <= 0 {
		return false
	}
	boot, namespace, _ := strings.Cut(labels[labelKernel], "/")
	hereBoot, here, _ := strings.Cut(kernelOf(), "/")
	if boot != hereBoot {
		return boot != "" && hereBoot != "" // its machine was started anew
	}
	if namespace != here {
		return false // its process numbers are not ours to judge
	}
	if started := startTicks(owner); started != "" {
		return started != labels[labelStarted] || zombie(owner)
	}
	return errors.Is(syscall.Kill(owner, 0), syscall.ESRCH)
}

// startTicks is when a process started, in clock ticks since boot; empty when there is no
// such process, or this system has no /proc.
func startTicks(pid int) string { return statField(pid, 19) }

// kernelOf is the boot and the process-number namespace of this process, "/"-separated;
// both empty on a system without /proc.
func kernelOf() string {
	boot, _ := os.ReadFile("/proc/sys/kernel/random/boot_id")
	namespace, _ := os.Readlink("/proc/self/ns/pid")
	return strings.TrimSpace(string(boot)) + "/" + namespace
}
