package suites

import (
	"tristore/reports/result"
	"tristore/scenarios"
	"tristore/scenarios/judge"
	"tristore/scenarios/upgrade"
)

// Upgrade is the area of the claims about one upgrade of the major. They are no rows of
// the catalogue: what they are tried on is a pair of majors.
const Upgrade = "upgrade"

// Upgrades lists the claims of tristore upgrade drill, in the order they are shown. They
// have no check of their own: upgrade.Drill tries all of them on one pair.
func Upgrades() []Row {
	row := func(id, source, sentence string) result.Claim {
		return result.Claim{ID: id, Domain: "38", Area: Upgrade, Source: source, Depth: string(scenarios.Nightly), Sentence: sentence}
	}
	both := documented + "+" + inferred
	return []Row{
		{Claim: row(upgrade.Snapshot, documented, "Before the upgrade each store was dumped, and the dump was restored and found equal; without that no upgrade begins."), Rule: upgradeSnapshotRule()},
		{Claim: row(upgrade.Content, both, "On the new major is what was on the old: every row by typed content, and the catalogue but for what the majors write otherwise."), Rule: upgradeContentRule()},
		{Claim: row(upgrade.Serve, both, "The application role starts on the new major, which serves every sign-in and the next write of each kind."), Rule: upgradeServeRule()},
		{Claim: row(upgrade.Answers, both, "The hot statements give the same rows in the promised order, the same refusals and plans of the same class."), Rule: upgradeAnswersRule()},
		{Claim: row(upgrade.Order, both, "Text sorts as it did, and every index is in the order that the new major sorts in."), Rule: upgradeOrderRule()},
		{Claim: row(upgrade.Statistics, inferred, "The planner has statistics of every table that holds rows."), Rule: upgradeStatisticsRule()},
		{Claim: row(upgrade.CutOver, both, "No acknowledged write is lost in the cut-over, nothing is left behind unseen, and there is a way back."), Rule: upgradeCutOverRule()},
	}
}

func upgradeSnapshotRule() judge.Rule {
	return judge.Rule{
		Floors: []judge.Limit{
			exactly("stores", 3, "all three stores must have been looked at"),
			atLeast("rows", 2000, "too few rows were compared"),
		},
		Limits: []judge.Limit{
			none("unproven", "a store has no snapshot that was restored and found equal, so the upgrade did not begin"),
			none("stderr_errors", "a tool wrote errors"),
		},
	}
}

func upgradeContentRule() judge.Rule {
	return judge.Rule{
		MinCases: 6,
		Floors: []judge.Limit{
			exactly("stores", 3, "all three stores must be compared"),
			atLeast("rows", 2000, "too few rows were compared"),
			atLeast("tables", 27, "too few tables were compared"),
			atLeast("objects", 100, "too few catalogue lines were compared"),
		},
		Limits: []judge.Limit{
			none("tools_failed", "a tool of the upgrade failed"),
			none("rows_missing", "rows are missing on the new major"),
			none("rows_extra", "the new major has rows that the old one had not"),
			none("tables_changed", "a table has another content on the new major"),
			none("catalogue_differences", "the new major has another catalogue, beyond what majors write otherwise"),
		},
	}
}

func upgradeServeRule() judge.Rule {
	return judge.Rule{
		MinCases: 8,
		Floors: []judge.Limit{
			atLeast("starts", 3, "the role did not start on every store"),
			atLeast("next_releases", 3, "a next release was not tried on every store"),
			atLeast("reads", 500, "too few reads were replayed"),
			atLeast("writes", 8, "too few writes were tried"),
			exactly("numbered", 1, "no insert into a table with a sequence was tried"),
			atLeast("sequences", 1, "no sequence was looked at"),
			known(),
		},
		Limits: []judge.Limit{
			none("start_errors", "the application role could not start on the new major"),
			none("applied_again", "a start on the new major applied versions that it had"),
			none("refused", "the new major refused a read of the replay"),
			none("wrong", "the new major answered with somebody else's record"),
			none("writes_refused", "the new major refused the next write"),
			none("sequences_behind", "the next value of a sequence is taken already"),
			none("numbered_refused", "the next insert into a table with a sequence was refused"),
		},
	}
}

func upgradeAnswersRule() judge.Rule {
	return judge.Rule{
		MinCases: 20,
		Floors: []judge.Limit{
			atLeast("questions", 150, "too few questions were asked"),
			atLeast("rows", 300, "too few rows were answered with"),
			atLeast("refusals", 8, "too few refusals were compared"),
			atLeast("statements", 12, "too few statements were planned"),
		},
		Limits: []judge.Limit{
			none("other_answers", "the new major answered otherwise than the old one"),
			none("other_plans", "the new major plans a hot statement in another class"),
		},
	}
}

func upgradeOrderRule() judge.Rule {
	return judge.Rule{
		Floors: []judge.Limit{
			atLeast("words", 40, "too few words were sorted"),
			atLeast("collations", 1, "no collation was compared"),
			atLeast("indexes", 30, "too few indexes were walked"),
		},
		Limits: []judge.Limit{
			none("sorted_otherwise", "text sorts otherwise on the new major"),
			none("version_changed", "an index was made with another version of its collation than the library has"),
			none("out_of_order", "an index is not in order or lacks rows"),
		},
	}
}

func upgradeStatisticsRule() judge.Rule {
	return judge.Rule{
		Floors: []judge.Limit{atLeast("tables", 20, "too few tables with rows were looked at")},
		Limits: []judge.Limit{none("without_statistics", "the planner knows nothing of a table that holds rows: run ANALYZE before the application is switched")},
	}
}

func upgradeCutOverRule() judge.Rule {
	return judge.Rule{
		Floors: []judge.Limit{
			atLeast("acknowledged", 15, "too few writes were acknowledged before the cut-over"),
			atLeast("acknowledged_after", 15, "too few writes were acknowledged after it"),
			exactly("back_writes", 3, "the way back was not tried on every store"),
			atLeast("downtime_ms", 0.001, "no downtime was measured"),
		},
		Limits: []judge.Limit{
			none("lost", "an acknowledged write is not on the new major"),
			none("not_carried", "the method leaves something behind that nobody saw to"),
			none("back_refused", "the old major took no write on the way back"),
			none("back_lost", "a write to the new major did not get back to the old one"),
		},
	}
}
