package main

import (
	"fmt"
	"os"
	"runtime"
	"strings"
)

// hostFacts describe the machine of a run. What cannot be read is left out.
func hostFacts() map[string]string {
	facts := map[string]string{"system": runtime.GOOS + "/" + runtime.GOARCH, "cores": fmt.Sprint(runtime.NumCPU())}
	if name, err := os.Hostname(); err == nil {
		facts["name"] = name
	}
	if kernel, err := os.ReadFile("/proc/sys/kernel/osrelease"); err == nil {
		facts["kernel"] = strings.TrimSpace(string(kernel))
	}
	memory, _ := os.ReadFile("/proc/meminfo") // absent: no total below
	for line := range strings.Lines(string(memory)) {
		var kib int64
		if _, err := fmt.Sscanf(line, "MemTotal: %d kB", &kib); err == nil {
			facts["memory"] = fmt.Sprintf("%.1f GiB", float64(kib)/(1<<20))
		}
	}
	return facts
}
