package capacity

import (
	"fmt"
	"maps"
	"math"
	"runtime"
	"slices"
	"strings"

	"tristore/drivers"
	"tristore/drivers/cluster"
	"tristore/drivers/store"
)

// remedy is one thing that the platform's documents ask for before a split.
type remedy struct {
	name string
	rule string // by which its values are chosen
	// apply changes a shape, or says why it cannot be made here.
	apply func(p Plan, s *shape) (absent string)
}

// shape is a cluster and how the stores are opened on it. Remedies are put on it one after
// the other, so that a combination is made like a single one.
type shape struct {
	limits   cluster.Limits
	settings map[string]string
	pools    map[store.Name]int
	indexes  bool // those that are declared and missing are made
	own      bool // it needs a cluster of its own, since a restart or other limits do
	rules    []string
}

// remedies are in the order in which the documents name them.
func remedies() []remedy {
	return []remedy{
		{"settings", "PostgreSQL's manual: shared_buffers up to 40 % of the memory and effective_cache_size 75 % of it; checkpoints by time and not by volume, spread over 90 % of their interval, full pages compressed; nothing that an acknowledged write relies on is touched", settingsRemedy},
		{"indexes", "those that the stores' own declarations ask for and that the cluster as it is lacks", func(_ Plan, s *shape) string { s.indexes = true; return "" }},
		{"pool-caps", "the platform's suggested caps of each pool", poolsRemedy},
		{"cpu", "twice the cores", cpuRemedy},
		{"memory", "twice the memory, of which shared_buffers is a quarter", memoryRemedy},
	}
}

// settingsRemedy chooses by the memory that the cluster has. max_wal_size is four times the
// default, so that checkpoints come by time at four times the writes.
func settingsRemedy(_ Plan, s *shape) string {
	const buffers, cache = 0.40, 0.75
	s.own = true
	s.settings = map[string]string{
		"shared_buffers":       fmt.Sprintf("%dMB", int64(buffers*float64(s.limits.MemoryBytes))>>20),
		"effective_cache_size": fmt.Sprintf("%dMB", int64(cache*float64(s.limits.MemoryBytes))>>20),
		"max_wal_size":         "4GB", "checkpoint_timeout": "15min", "checkpoint_completion_target": "0.9",
		"wal_compression": "on", "wal_buffers": "16MB",
	}
	return ""
}

func poolsRemedy(_ Plan, s *shape) string {
	s.pools = map[store.Name]int{store.UsersStore: 5, store.PermissionsStore: 5, store.CollectionsStore: 3}
	return ""
}

func cpuRemedy(p Plan, s *shape) string {
	s.own = true
	if s.limits.CPUs *= 2; s.limits.CPUs > float64(runtime.NumCPU()) {
		return fmt.Sprintf("this machine has %d cores, and twice the cluster's %g are %g: give fewer --cpus (with --reach container a share of a core), or measure on a larger machine", runtime.NumCPU(), p.CPUs, s.limits.CPUs)
	}
	if s.limits.CPUs = math.Ceil(s.limits.CPUs); p.Reach == drivers.Container {
		s.limits.CPUs = 2 * p.CPUs
	}
	var err error
	if s.limits.CPUSet, err = UsableCores(s.limits.CPUs); err != nil {
		return err.Error()
	}
	return ""
}

func memoryRemedy(p Plan, s *shape) string {
	s.own = true
	s.limits.MemoryBytes *= 2
	available, err := cluster.AvailableMemory()
	switch {
	case err != nil:
		return err.Error()
	case s.limits.MemoryBytes > available:
		return fmt.Sprintf("this machine has %d MiB available, and twice the cluster's %d MiB are more: give less --memory, or measure on a larger machine", available>>20, p.MemoryBytes>>20)
	}
	return ""
}

// Remedies are the names of those that can be tried.
func Remedies() (all []string) {
	for _, r := range remedies() {
		all = append(all, r.name)
	}
	return all
}

// ParseRemedies reads a list of names, or all.
func ParseRemedies(words []string) (all []string, err error) {
	if slices.Equal(words, []string{"all"}) {
		return Remedies(), nil
	}
	for _, name := range words {
		switch name = strings.TrimSpace(name); {
		case !slices.Contains(Remedies(), name):
			return nil, fmt.Errorf("remedy %q is not known; did you mean %s? known: all, %s", name, drivers.Nearest(name, Remedies()), strings.Join(Remedies(), ", "))
		case slices.Contains(all, name):
			return nil, fmt.Errorf("remedy %s is given twice: give it once", name)
		}
		all = append(all, name)
	}
	return all, nil
}

// shaped puts remedies on top of each other. Memory and cores come before what is chosen by them.
func (p Plan) shaped(names []string) (s *shape, absent string) {
	cores, err := UsableCores(p.CPUs)
	if err != nil {
		return nil, err.Error()
	}
	s = &shape{limits: cluster.Limits{CPUs: p.CPUs, CPUSet: cores, MemoryBytes: p.MemoryBytes}}
	for _, r := range slices.Backward(remedies()) {
		if !slices.Contains(names, r.name) {
			continue
		}
		if absent := r.apply(p, s); absent != "" {
			return s, absent
		}
		s.rules = append([]string{r.rule}, s.rules...)
	}
	return s, ""
}

// words say what the shape changes.
func (s *shape) words(p Plan) string {
	var all []string
	for _, name := range slices.Sorted(maps.Keys(s.settings)) {
		all = append(all, name+"="+s.settings[name])
	}
	for _, name := range store.Names() {
		if most := s.pools[name]; most > 0 {
			all = append(all, fmt.Sprintf("at most %d connections of each pool of %s", most, name))
		}
	}
	if s.limits.CPUs != p.CPUs {
		all = append(all, fmt.Sprintf("%g cores for %g", s.limits.CPUs, p.CPUs))
	}
	if s.limits.MemoryBytes != p.MemoryBytes {
		all = append(all, fmt.Sprintf("%d MiB for %d MiB", s.limits.MemoryBytes>>20, p.MemoryBytes>>20))
	}
	return strings.Join(all, ", ")
}
