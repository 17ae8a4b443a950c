package trace

import (
	"encoding/json"
	"unicode/utf8"
)

// jsonlog reads PostgreSQL's jsonlog (15 and later): one object a line.
type jsonlog struct {
	lines *lines
	clock moments
}

func (j *jsonlog) next() (entry, error) {
	line, err := j.lines.next()
	if err != nil {
		return entry{}, err
	}
	if !utf8.Valid(line) { // or it would be read as if it were
		return entry{}, oddity(oddUTF8)
	}
	var row struct {
		Timestamp string `json:"timestamp"`
		Database  string `json:"dbname"`
		Session   string `json:"session_id"`
		Severity  string `json:"error_severity"`
		Message   string `json:"message"`
		Detail    string `json:"detail"`
	}
	if json.Unmarshal(line, &row) != nil {
		return entry{}, oddity(oddDamaged)
	}
	at, ok, err := j.clock.read(row.Timestamp)
	if err != nil {
		return entry{}, err
	}
	if !ok {
		return entry{}, oddity(oddDamaged)
	}
	return entry{at: at, session: row.Session, database: row.Database, severity: row.Severity, message: row.Message, detail: row.Detail}, nil
}
