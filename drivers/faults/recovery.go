package faults

import (
	"maps"
	"time"

	"tristore/drivers/cluster"
)

// untimely takes the target out of a recovery.
func untimely(spec *cluster.Spec) {
	if spec.Recovery == nil || spec.Recovery.Target.IsZero() {
		return
	}
	late := *spec.Recovery
	late.Target = time.Time{}
	spec.Recovery = &late
}

// archivingNothing is the archive command of many a guide that was meant to be replaced.
func archivingNothing(spec *cluster.Spec) {
	if spec.Archiving {
		set(spec, "archive_command", "true")
	}
}

func ignoringChecksums(spec *cluster.Spec) {
	if spec.Recovery != nil {
		set(spec, "ignore_checksum_failure", "on")
	}
}

func set(spec *cluster.Spec, name, value string) {
	settings := map[string]string{}
	maps.Copy(settings, spec.Settings)
	settings[name] = value
	spec.Settings = settings
}
