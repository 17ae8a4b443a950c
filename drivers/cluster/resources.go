package cluster

import (
	"fmt"
	"math"
	"os"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// needs is what an embedded server wants before it is started. It is asked beforehand,
// since a server that runs out of either later fails in ways that look like its own fault.
type needs struct{ memoryBytes, diskBytes int64 }

// met compares the needs with what this machine has now; dir is where the data will lie.
func (n needs) met(dir string) error {
	memory, err := AvailableMemory()
	if err != nil {
		return err
	}
	disk, err := freeBytes(dir)
	if err != nil {
		return err
	}
	return n.within(memory, disk, dir)
}

func (n needs) within(memoryBytes, diskBytes int64, dir string) error {
	if memoryBytes < n.memoryBytes {
		return fmt.Errorf("%w: not enough memory: this server needs %s and %s are available; run fewer engines at once, or lower the limits",
			ErrUnreachable, megabytes(n.memoryBytes), megabytes(memoryBytes))
	}
	if diskBytes < n.diskBytes {
		return fmt.Errorf("%w: not enough room: this server needs %s and %s has %s free; make room, or name another cache folder with --cache",
			ErrUnreachable, megabytes(n.diskBytes), dir, megabytes(diskBytes))
	}
	return nil
}

// AvailableMemory is what the kernel could give to a new program without swapping, or
// less where a control group holds us.
func AvailableMemory() (int64, error) {
	content, err := os.ReadFile("/proc/meminfo")
	if err != nil {
		return 0, fmt.Errorf("asking for the available memory: %w", err)
	}
	available, err := meminfo(string(content))
	if err != nil {
		return 0, err
	}
	for _, group := range []struct{ limit, used string }{
		{"/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory.current"},
		{"/sys/fs/cgroup/memory/memory.limit_in_bytes", "/sys/fs/cgroup/memory/memory.usage_in_bytes"},
	} {
		limit, used, is := number(group.limit), number(group.used), true
		if limit < 0 || used < 0 {
			is = false // no such control group, or one without a limit ("max")
		}
		if is {
			available = min(available, max(0, limit-used))
		}
	}
	return available, nil
}

func meminfo(content string) (int64, error) {
	for line := range strings.Lines(content) {
		fields := strings.Fields(line)
		if len(fields) == 3 && fields[0] == "MemAvailable:" && fields[2] == "kB" {
			kilobytes, err := strconv.ParseInt(fields[1], 10, 64)
			return kilobytes << 10, err
		}
	}
	return 0, fmt.Errorf("/proc/meminfo does not tell the available memory")
}

// number reads a file that holds one number; -1 when it does not.
func number(path string) int64 {
	content, err := os.ReadFile(path)
	if err != nil {
		return -1
	}
	value, err := strconv.ParseInt(strings.TrimSpace(string(content)), 10, 64)
	if err != nil {
		return -1
	}
	return value
}

// cores are those a server may run on: whole ones, the first of the set or of ours.
// Empty means no limit.
func cores(limits Limits) ([]int, error) {
	wanted := int(math.Ceil(limits.CPUs))
	if wanted <= 0 && len(limits.CPUSet) == 0 {
		return nil, nil
	}
	ours, err := coresOf(0)
	if err != nil {
		return nil, err
	}
	from := limits.CPUSet
	if len(from) == 0 {
		from = ours
	}
	if wanted <= 0 {
		wanted = len(from)
	}
	for _, cpu := range from {
		if !slices.Contains(ours, cpu) {
			return nil, fmt.Errorf("%w: core %d is asked for and this machine lets us use %s only", ErrUnreachable, cpu, joinCores(ours))
		}
	}
	if wanted > len(from) {
		return nil, fmt.Errorf("%w: %d cores are asked for and %d can be had (%s)", ErrUnreachable, wanted, len(from), joinCores(from))
	}
	return from[:wanted], nil
}

// coresOf are the cores that a process may run on; 0 is ourselves.
func coresOf(pid int) ([]int, error) {
	var set unix.CPUSet
	if err := unix.SchedGetaffinity(pid, &set); err != nil {
		return nil, fmt.Errorf("asking for the cores of process %d: %w", pid, err)
	}
	var all []int
	for cpu := range len(set) * 64 {
		if set.IsSet(cpu) {
			all = append(all, cpu)
		}
	}
	return all, nil
}
