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
	if !spec.Archiving {
		return
	}
	settings := maps.Clone(spec.Settings)
	if settings == nil {
		settings = map[string]string{}
	}
	settings["archive_command"] = "true"
	spec.Settings = settings
}
