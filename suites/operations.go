package suites

import (
	"slices"

	"tristore/reports/result"
	"tristore/scenarios"
	"tristore/scenarios/backup"
	"tristore/scenarios/judge"
)

// Restore is the area of the claims about one restored dump. They are no rows of the
// catalogue: what they are tried on is the user's dump, not an engine.
const Restore = "restore"

// Restores lists the claims of tristore restore verify, in the order they are tried. They
// have no check of their own: backup.Verify tries all three on one restored copy.
func Restores() []Row {
	row := func(id, domain, source, sentence string) result.Claim {
		return result.Claim{ID: id, Domain: domain, Area: Restore, Source: source, Depth: string(scenarios.Smoke), Sentence: sentence}
	}
	return []Row{
		{Claim: row(backup.RestoreTool, "31", documented, "The dump restores into an empty database: the tools exit 0 and write no error."), Rule: restoreToolRule()},
		{Claim: row(backup.RestoreWhole, "31", documented+"+"+inferred, "What came back has rows and a catalogue, and every index, constraint, trigger and sequence of it is in force."), Rule: restoreWholeRule()},
		{Claim: row(backup.RestoreServe, "32", documented+"+"+inferred, "The application role starts on the restored copy, reads what is there, and makes the next write."), Rule: restoreServeRule()},
	}
}

// Beside lists every claim that stands beside the catalogue: certify neither tries nor misses it.
func Beside() []Row {
	return slices.Concat(Restores(), Imports(), Drills(nil), Upgrades(), Failovers())
}

// RulesOf are the rules of rows by claim id.
func RulesOf(rows []Row) judge.Rules {
	all := judge.Rules{}
	for _, row := range rows {
		all[row.ID] = row.Rule
	}
	return all
}

func restoreToolRule() judge.Rule {
	return judge.Rule{
		Floors: []judge.Limit{
			exactly("restores", 1, "the dump must be restored, once"),
			atLeast("bytes", 1, "the dump holds nothing"),
		},
		Limits: []judge.Limit{
			none("tools_failed", "the restore ended badly"),
			none("stderr_errors", "the restore wrote errors"),
		},
	}
}

func restoreWholeRule() judge.Rule {
	return judge.Rule{
		Floors: []judge.Limit{
			atLeast("tables", 1, "no table came back"),
			atLeast("rows", 1, "no row came back"),
			atLeast("objects", 1, "no catalogue came back"),
		},
		Limits: []judge.Limit{
			none("not_in_force", "an index, constraint or trigger is not in force"),
			none("sequences_behind", "the next value of a sequence is taken already"),
			none("tables_missing", "tables of the store are missing"),
		},
	}
}

func restoreServeRule() judge.Rule {
	return judge.Rule{
		Floors: []judge.Limit{
			exactly("starts", 1, "the role must start on the copy"),
			atLeast("reads", 1, "no restored row was read"),
			atLeast("writes", 1, "no write was tried"),
			known(),
		},
		Limits: []judge.Limit{
			none("start_errors", "the application role could not start on the copy"),
			none("applied_again", "a start on the copy applied versions that it had"),
			none("refused", "the copy refused to read what it holds"),
			none("wrong", "the copy answered with another record"),
			none("writes_refused", "the copy refused the next write"),
		},
	}
}
