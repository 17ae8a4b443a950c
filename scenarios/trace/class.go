package trace

import (
	"slices"
	"strconv"
	"strings"
)

// Class is what a replay may do with a statement.
type Class int

// The classes. The zero value is never sent.
const (
	Never Class = iota
	Read        // changes nothing, inside a transaction that is read only
	Write       // changes rows
	Begin
	Commit
	Rollback
	Savepoint // inside a transaction: savepoints
)

// Classify reads a statement's class off its words; why says why it is Never, in words
// that do not depend on the statement. A read that PostgreSQL takes for a write is
// refused by the server, since reads are sent in read-only transactions only.
func Classify(statement string) (class Class, why string) {
	tokens, err := lex(statement)
	if err != nil {
		return Never, err.Error()
	}
	return classify(tokens)
}

func classify(tokens []token) (Class, string) {
	words := meaning(tokens)
	if why := unfit(words); why != "" {
		return Never, why
	}
	for len(words) > 0 && words[0].raw == "(" {
		words = words[1:]
	}
	if len(words) == 0 {
		return Never, "holds no statement"
	}
	first := strings.ToUpper(words[0].raw)
	switch first {
	case "SELECT", "VALUES", "TABLE", "WITH", "SHOW":
		return query(words)
	case "EXPLAIN":
		return query(words[1:])
	case "INSERT", "UPDATE", "DELETE", "MERGE", "CALL":
		return Write, ""
	}
	if class := control(first, words); class != Never {
		return class, ""
	}
	return Never, other(first)
}

// meaning leaves out what says nothing: white space, comments, the semicolon at the end.
func meaning(tokens []token) []token {
	var words []token
	for _, t := range tokens {
		if t.kind != space {
			words = append(words, t)
		}
	}
	for len(words) > 0 && words[len(words)-1].raw == ";" {
		words = words[:len(words)-1]
	}
	return words
}

// unfit finds what no message of the extended protocol may hold, or what acts outside
// its transaction.
func unfit(words []token) string {
	for i, t := range words {
		switch {
		case t.raw == ";" && !insideBody(words[:i]):
			return "several statements in one message"
		case (t.kind == word || t.kind == quoted) && i+1 < len(words) && words[i+1].raw == "(" && reachesOut(t):
			return "calls a function that acts outside its transaction"
		}
	}
	return ""
}

// insideBody: CREATE FUNCTION … BEGIN ATOMIC holds statements of its own; such a
// statement is never sent anyway.
func insideBody(before []token) bool {
	return len(before) > 0 && before[0].is("CREATE")
}

// reachesOut tells whether a function acts on the server or on other sessions, or for
// longer than the transaction, which being read only does not prevent.
func reachesOut(function token) bool {
	name := strings.ToLower(function.raw)
	if function.kind == quoted {
		name = function.inner
	}
	outside := []string{"set_config", "pg_terminate_backend", "pg_cancel_backend", "pg_reload_conf", "pg_rotate_logfile", "pg_notify", "pg_promote", "pg_switch_wal",
		"pg_backup_start", "pg_start_backup", "pg_backup_stop", "pg_stop_backup", "pg_logfile_rotate", "pg_log_backend_memory_contexts"}
	families := []string{"pg_advisory_", "pg_try_advisory_", "dblink", "lo_", "pg_file_", "pg_stat_reset", "pg_stat_statements_reset", "pg_wal_replay_", "pg_create_", "pg_drop_", "pg_replication_", "pg_logical_"}
	return slices.Contains(outside, name) || slices.ContainsFunc(families, func(family string) bool { return strings.HasPrefix(name, family) })
}

// query is a read unless a word of it changes or locks something. A column of such a
// name is taken for the word: the statement is then not sent read-only, and counted.
func query(words []token) (Class, string) {
	class := Read
	for i, t := range words {
		if i > 0 && words[i-1].raw == "." {
			continue // the column of a table
		}
		switch {
		case t.is("INSERT"), t.is("UPDATE"), t.is("DELETE"), t.is("MERGE"):
			class = Write // in WITH, or FOR UPDATE
		case t.is("FOR") && i+1 < len(words) && (words[i+1].is("SHARE") || words[i+1].is("KEY") || words[i+1].is("NO")):
			class = Write // it locks rows
		case (t.is("NEXTVAL") || t.is("SETVAL")) && i+1 < len(words) && words[i+1].raw == "(":
			class = Write
		case t.is("INTO") && class == Read:
			return Never, "makes a table"
		case i == 0 && (t.is("CREATE") || t.is("EXECUTE") || t.is("DECLARE") || t.is("REFRESH")): // EXPLAIN of it
			return Never, other(strings.ToUpper(t.raw))
		}
	}
	return class, ""
}

// control is the class of a word of transaction control, Never of any other.
func control(first string, words []token) Class {
	second := ""
	if len(words) > 1 {
		second = strings.ToUpper(words[1].raw)
	}
	chains := slices.ContainsFunc(words, func(t token) bool { return t.is("CHAIN") }) && !slices.ContainsFunc(words, func(t token) bool { return t.is("NO") })
	switch {
	case second == "PREPARED", second == "TRANSACTION" && first == "PREPARE", chains:
		return Never
	case first == "BEGIN", first == "START" && second == "TRANSACTION":
		return Begin
	case first == "COMMIT", first == "END":
		return Commit
	case first == "ROLLBACK" && slices.ContainsFunc(words, func(t token) bool { return t.is("TO") }), first == "SAVEPOINT", first == "RELEASE":
		return Savepoint
	case first == "ROLLBACK", first == "ABORT":
		return Rollback
	default:
		return Never
	}
}

// other says why a statement that begins with this word is never sent.
func other(first string) string {
	switch first {
	case "SET", "RESET", "DISCARD":
		return "changes a setting of its session"
	case "COPY":
		return "COPY, whose rows no log holds"
	case "PREPARE", "EXECUTE", "DEALLOCATE":
		return "PREPARE or EXECUTE written in SQL"
	case "DECLARE", "FETCH", "MOVE", "CLOSE":
		return "a cursor"
	case "CREATE", "ALTER", "DROP", "TRUNCATE", "COMMENT", "GRANT", "REVOKE", "REINDEX", "CLUSTER", "REFRESH", "IMPORT", "SECURITY", "REASSIGN":
		return "changes the schema or empties a table"
	case "VACUUM", "ANALYZE", "ANALYSE", "CHECKPOINT", "LOAD":
		return "maintenance"
	case "LISTEN", "UNLISTEN", "NOTIFY":
		return "LISTEN or NOTIFY"
	case "LOCK":
		return "locks a table"
	case "DO":
		return "runs a program written in the statement"
	case "COMMIT", "ROLLBACK", "END", "ABORT":
		return "a prepared or chained transaction"
	default:
		return "begins with no word of SQL that a replay knows"
	}
}

// ReadOnlyBegin is the BEGIN of a read-only transaction of the same isolation.
func ReadOnlyBegin(statement string) string {
	tokens, _ := lex(statement) // it was classified
	words := meaning(tokens)
	for i, t := range words {
		if !t.is("LEVEL") {
			continue
		}
		level := ""
		for _, w := range words[i+1 : min(i+3, len(words))] {
			level += strings.ToUpper(w.raw) + " "
		}
		for _, known := range []string{"SERIALIZABLE", "REPEATABLE READ", "READ COMMITTED", "READ UNCOMMITTED"} {
			if strings.HasPrefix(level, known+" ") {
				return "BEGIN ISOLATION LEVEL " + known + " READ ONLY"
			}
		}
	}
	return "BEGIN READ ONLY"
}

// highestParameter is the n of the greatest $n.
func highestParameter(tokens []token) int {
	highest := 0
	for _, t := range tokens {
		if t.kind == parameter {
			n, err := strconv.Atoi(t.raw[1:])
			if err != nil || n > paramsMax {
				return paramsMax + 1
			}
			highest = max(highest, n)
		}
	}
	return highest
}
