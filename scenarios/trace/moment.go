package trace

import (
	"fmt"
	"strings"
	"time"
)

// moments reads the times of one log. A zone that has only a name, such as CET, is
// taken as the log's own, since only differences count; a second one cannot be told from it.
type moments struct{ zone string }

// zoneError says that a log changes its zone.
type zoneError struct{ from, to string }

func (e zoneError) Error() string {
	return fmt.Sprintf("its times change from zone %s to %s, which have no offsets: import the parts one by one, or log with log_timezone = 'UTC'", e.from, e.to)
}

// read reads "2024-01-31 23:59:59.123 UTC", with or without the part behind the point.
func (m *moments) read(text string) (at time.Duration, ok bool, err error) {
	if len(text) < len("2024-01-31 23:59:59") {
		return 0, false, nil
	}
	clock, zone, _ := strings.Cut(text[len("2024-01-31 "):], " ")
	parsed, ok := parseMoment(text[:len("2024-01-31 ")] + clock)
	if !ok {
		return 0, false, nil
	}
	offset, known := offsetOf(zone)
	if !known {
		if m.zone != "" && m.zone != zone {
			return 0, false, zoneError{m.zone, zone}
		}
		m.zone = zone
	}
	return time.Duration(parsed.UnixNano()) - offset, true, nil
}

// parseMoment reads a date and time of day; a fraction is read too.
func parseMoment(text string) (time.Time, bool) {
	parsed, err := time.Parse("2006-01-02 15:04:05", text)
	return parsed, err == nil && parsed.Year() >= 1990 && parsed.Year() <= 2200
}

// offsetOf knows UTC, GMT, and zones that are named by their offset, such as +0530.
func offsetOf(zone string) (time.Duration, bool) {
	if zone == "" || zone == "UTC" || zone == "GMT" {
		return 0, true
	}
	for _, layout := range []string{"-07", "-0700", "-07:00"} {
		if parsed, err := time.Parse(layout, zone); err == nil {
			_, seconds := parsed.Zone()
			return time.Duration(seconds) * time.Second, true
		}
	}
	return 0, false
}
