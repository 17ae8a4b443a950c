package effect

import (
	"fmt"
	"slices"

	"tristore/reports/result"
)

// sign is whether a channel's statistics rose when collections came beside auth.
type sign struct {
	seen bool
	says string
}

// symptom is what a channel shows itself by: a reading that is at least floor beside
// collections, and at least twice what it is without them.
type symptom struct {
	channel, reading, says string
	floor                  float64
}

func symptoms(cores int) []symptom {
	return []symptom{
		{"CPU", "on_cpu", "sessions active and not waiting", 0.5 * float64(max(1, cores))},
		{"cache", "blocks_read", "blocks read from outside the cache per second", 100},
		{"checkpoints", "wal_bytes", "bytes of WAL per second", 1 << 20},
		{Vacuum, "vacuums", "vacuums under way", 0.2},
		{"locks", "lock_waits", "sessions waiting for a lock", 0.1},
		{"connections", "connections_max", "connections", 100},
		{Index, "rows_read", "rows read by scans per second", 100_000},
		{"replication", "standbys", "standbys", 1},
		{"backup", "backups", "backups under way", 0.5},
	}
}

func channelNames() (all []string) {
	for _, s := range symptoms(1) {
		all = append(all, s.channel)
	}
	return all
}

// signsOf compares the windows of the two arms without a change, in the middle. Replication
// and backups are there or not, whatever is offered.
func signsOf(facts *result.Interference, base [2]string) map[string]sign {
	all := map[string]sign{}
	for _, s := range symptoms(facts.Cores) {
		alone, both := middle(facts, base[0], s.reading), middle(facts, base[1], s.reading)
		standing := s.channel == "replication" || s.channel == "backup"
		seen := both >= s.floor && (standing || both >= 2*alone)
		says := fmt.Sprintf("%s: %.3g alone, %.3g beside collections", s.says, alone, both)
		if both < 0 || alone < 0 {
			seen, says = false, s.says+" could not be read"
		}
		all[s.channel] = sign{seen, says}
	}
	return all
}

// middle of a reading over an arm's valid windows; -1 when none has it.
func middle(facts *result.Interference, arm, reading string) float64 {
	var all []float64
	for _, w := range facts.Windows {
		if value, known := w.Seen[reading]; known && w.Arm == arm && w.Invalid == "" {
			all = append(all, value)
		}
	}
	if len(all) == 0 {
		return -1
	}
	slices.Sort(all)
	return all[len(all)/2]
}
